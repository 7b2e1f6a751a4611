# SPDX-License-Identifier: LGPL-2.1-or-later
"""Challenges and credentials, as an application meets them."""

import base64

import peers
import support
import tap

from gi.repository import URLSession

Error = URLSession.Error
Method = URLSession.AuthenticationMethod
Persistence = URLSession.CredentialPersistence


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


GOOD = basic("anna", "right")


def guard(request, challenge='Basic realm="the realm"'):
    """Lets Anna in."""
    if request.headers.get("Authorization") == GOOD:
        return 200, [], b"welcome"
    return 401, [("WWW-Authenticate", challenge)], b"who are you?"


class Scene(support.TestCase):
    def setUp(self):
        super().setUp()
        self.session = URLSession.Session(configuration=URLSession.SessionConfiguration.new_ephemeral())

    def serve(self, answer=guard):
        server = peers.ScriptServer(answer)
        self.addCleanup(server.stop)
        return server

    def finish(self, task):
        task.resume()
        self.iterate_until(lambda: task.props.state == URLSession.TaskState.COMPLETED)
        return task

    def load(self, uri, answers, session=None):
        """Loads it; each challenge is answered by the next of the functions. Returns the task, its body, and what the
        challenges said."""
        task = (session or self.session).create_data_task(uri)
        seen, pieces, responses = [], [], []
        answers = iter(answers)

        def challenged(task, challenge):
            seen.append(challenge)
            next(answers)(challenge)
            return True

        task.connect("challenge", challenged)
        task.connect("received-data", lambda task, data: pieces.append(data.get_data()))
        task.connect("decide-response", lambda task, decision: responses.append(decision) and False)
        self.finish(task)
        self.assertLessEqual(len(responses), 1)
        return task, b"".join(pieces), seen

    def login(self, user="anna", password="right", persistence=Persistence.NONE):
        credential = URLSession.Credential.new(user, password, persistence)
        return lambda challenge: challenge.use_credential(credential)

    def status(self, task):
        return task.props.response.props.status_code


class Challenges(Scene):
    def test_r091_routing(self):
        server = self.serve()
        asked = []
        self.session.connect("challenge", lambda *a: asked.append("session") and False)
        self.session.connect("task-challenge", lambda *a: asked.append("twin") and False)
        task = self.session.create_data_task(server.uri())
        task.connect("challenge", lambda *a: asked.append("task") and False)
        self.finish(task)
        self.assertEqual(asked, ["task", "twin"])

    def test_r091_r113_one_line_call(self):
        server = self.serve()
        self.session.connect("task-challenge", lambda session, task, challenge: self.login()(challenge) or True)

        async def load():
            data, response = await self.session.data(server.uri())
            self.assertEqual(bytes(data), b"welcome")
        URLSession.run(load())

    def test_r092_nobody_answers(self):
        server = self.serve()
        task = self.finish(self.session.create_data_task(server.uri()))
        self.assertIsNone(task.props.error)
        self.assertEqual(self.status(task), 401)
        self.assertEqual(len(server.requests), 1)

    def test_r092_r112_user_info(self):
        server = self.serve()
        task = self.finish(self.session.create_data_task(server.uri("/x", user_info="anna:right@")))
        self.assertEqual(self.status(task), 200)
        self.assertEqual(task.props.response.props.uri, server.uri("/x"))
        for request in server.requests:
            self.assertNotIn("anna", request.headers.get("Referer") or "")
            self.assertNotIn("anna", request.headers["Host"])

    def test_r092_storage(self):
        server = self.serve()
        storage = self.session.props.configuration.props.credential_storage
        space = URLSession.ProtectionSpace.new("127.0.0.1", server.port, "http", "the realm", Method.HTTP_BASIC)
        storage.set_credential(space, URLSession.Credential.new("anna", "right", Persistence.FOR_SESSION))
        task = self.finish(self.session.create_data_task(server.uri()))
        self.assertEqual(self.status(task), 200)

    def test_r093_use_default(self):
        server = self.serve()
        task, body, seen = self.load(server.uri(user_info="anna:right@"), [lambda c: c.use_default()])
        self.assertEqual((self.status(task), body), (200, b"welcome"))
        task, body, seen = self.load(server.uri("/other"), [lambda c: c.use_default()] * 2)

    def test_r094_without(self):
        server = self.serve()
        task, body, seen = self.load(server.uri(), [lambda c: c.use_credential(None)])
        self.assertIsNone(task.props.error)
        self.assertEqual((self.status(task), body), (401, b"who are you?"))

    def test_r095_cancel(self):
        server = self.serve()
        task, body, seen = self.load(server.uri(), [lambda c: c.cancel_task()])
        self.assertIsError(task.props.error, Error.CANCELLED)
        self.assertEqual(body, b"")

    def test_r096_r100_reject(self):
        server = self.serve(lambda r: guard(r, 'Basic realm="b", Digest realm="d", nonce="n", qop="auth"'))
        task, body, seen = self.load(server.uri(), [lambda c: c.reject_space(), self.login()])
        self.assertEqual([c.props.protection_space.props.authentication_method for c in seen],
                         [Method.HTTP_DIGEST, Method.HTTP_BASIC])
        self.assertEqual([c.props.protection_space.props.realm for c in seen], ["d", "b"])
        self.assertEqual(body, b"welcome")
        task, body, seen = self.load(server.uri("/again"), [lambda c: c.reject_space()] * 2)
        self.assertEqual((self.status(task), task.props.error), (401, None))

    def test_r097_failures(self):
        server = self.serve()
        task, body, seen = self.load(server.uri(), [self.login(password="wrong"), self.login("otto"), self.login()])
        self.assertEqual([c.props.previous_failure_count for c in seen], [0, 1, 2])
        self.assertIsNone(seen[0].props.proposed_credential)
        self.assertEqual(seen[1].props.proposed_credential.props.user, "anna")
        self.assertEqual(seen[2].props.proposed_credential.props.user, "otto")
        for challenge in seen:
            self.assertEqual(challenge.props.failure_response.props.status_code, 401)
        self.assertEqual(body, b"welcome")

    def test_r098_no_loop(self):
        server = self.serve()
        storage = self.session.props.configuration.props.credential_storage
        space = URLSession.ProtectionSpace.new("127.0.0.1", server.port, "http", "the realm", Method.HTTP_BASIC)
        storage.set_credential(space, URLSession.Credential.new("anna", "wrong", Persistence.FOR_SESSION))
        task = self.finish(self.session.create_data_task(server.uri()))
        self.assertEqual(self.status(task), 401)
        self.assertEqual(len(server.requests), 2)

    def test_r099_proposed(self):
        server = self.serve()
        task, body, seen = self.load(server.uri(user_info="anna:wrong@"), [self.login()])
        self.assertEqual(seen[0].props.previous_failure_count, 0)
        self.assertEqual(seen[0].props.proposed_credential.props.user, "anna")
        self.assertEqual(body, b"welcome")

    def test_r101_body_of_refusal(self):
        server = self.serve()
        task, body, seen = self.load(server.uri(), [self.login()])
        self.assertEqual(body, b"welcome")
        self.assertEqual(task.props.bytes_received, len(b"welcome"))

    def test_r102_no_challenge(self):
        server = self.serve(lambda r: (401, [], b"no"))
        task, body, seen = self.load(server.uri(), [])
        self.assertEqual((self.status(task), body, seen, task.props.error), (401, b"no", [], None))

    def test_r103_persistence(self):
        server = self.serve()
        self.load(server.uri("/1"), [self.login(persistence=Persistence.NONE)])
        task, body, seen = self.load(server.uri("/2"), [self.login(persistence=Persistence.FOR_SESSION)])
        self.assertEqual(len(seen), 1)
        count = len(server.requests)
        task, body, seen = self.load(server.uri("/3"), [])
        self.assertEqual((body, seen), (b"welcome", []))
        self.assertEqual(len(server.requests), count + 1)

    def test_r103_another_session(self):
        server = self.serve()
        self.load(server.uri(), [self.login(persistence=Persistence.FOR_SESSION)])
        other = URLSession.Session(configuration=URLSession.SessionConfiguration.new_ephemeral())
        task, body, seen = self.load(server.uri(), [lambda c: c.use_credential(None)], session=other)
        self.assertEqual(len(seen), 1)

    def test_r104_r105_realms(self):
        challenges = {"/one/": 'basic REALM="a \\"quoted\\" realm"', "/two/": 'Basic realm=""',
                      "/three/": 'Bearer error="x", bASIC Realm=token'}
        server = self.serve(lambda r: guard(r, challenges[r.path]))
        realms = []
        for path in challenges:
            task, body, seen = self.load(server.uri(path), [self.login(persistence=Persistence.FOR_SESSION)])
            realms += [c.props.protection_space.props.realm for c in seen]
            self.assertEqual(body, b"welcome")
        self.assertEqual(realms, ['a "quoted" realm', "", "token"])

    def test_r105_malformed(self):
        fields = ["", ",", "Basic", "=", "Basic realm", 'Basic realm="', "Digest", 'Digest realm="x"',
                  'Digest nonce="x"', "Basic " + "x" * 70000, 'Basic realm="\\', ", , ,Basic", "\x01", "Nothing known=1",
                  'Digest realm="r", nonce="n", algorithm=UNKNOWN']
        server = self.serve(lambda r: (401, [("WWW-Authenticate", fields[int(r.path[1:])])], b"no"))
        for i, field in enumerate(fields):
            task, body, seen = self.load(server.uri(f"/{i}"), [lambda c: c.use_credential(None)] * 3)
            if task.props.error is None:
                self.assertEqual((self.status(task), body), (401, b"no"), field)
            else:
                # The HTTP parser below may refuse what is no header field at all.
                self.assertIsNone(task.props.response, field)

    def test_r110_timer_stands_still(self):
        server = self.serve()
        request = URLSession.Request.new(server.uri())
        request.props.timeout = 0.2
        task = self.session.create_data_task(request)
        open_ones = []
        task.connect("challenge", lambda task, challenge: open_ones.append(challenge) or True)
        task.resume()
        self.iterate_until(lambda: open_ones)
        other = URLSession.Request.new(self.uri("/stall"))
        other.props.timeout = 0.6
        self.assertIsError(self.finish(self.session.create_data_task(other)).props.error, Error.TIMED_OUT)
        self.assertEqual(task.props.state, URLSession.TaskState.RUNNING)
        self.login()(open_ones[0])
        self.iterate_until(lambda: task.props.state == URLSession.TaskState.COMPLETED)
        self.assertEqual(self.status(task), 200)

    def test_r111_body_is_sent_again(self):
        server = self.serve()
        file = self.folder / "body"
        file.write_bytes(b"from a file" * 10000)
        for body in (b"from memory" * 10000, file):
            server.requests.clear()
            request = URLSession.Request.new(server.uri("/upload"))
            request.props.method = "PUT"
            if body is file:
                from gi.repository import Gio
                request.set_body_file(Gio.File.new_for_path(str(file)), None)
            else:
                from gi.repository import GLib
                request.set_body_bytes(GLib.Bytes.new(body), None)
            task, answer, seen = self.load(request, [self.login()])
            self.assertEqual(answer, b"welcome")
            expected = file.read_bytes() if body is file else body
            self.assertEqual([r.body for r in server.requests], [expected, expected])

    def test_r112_other_origin(self):
        target = self.serve(lambda r: guard(r))
        server = self.serve(lambda r: (302, [("Location", target.uri("/"))], b""))
        task = self.finish(self.session.create_data_task(server.uri(user_info="anna:right@")))
        self.assertEqual(self.status(task), 401)
        for request in target.requests:
            self.assertIsNone(request.headers.get("Authorization"))

    def test_nothing_is_told(self):
        server = self.serve()
        task, body, seen = self.load(server.uri(user_info="anna:topsecret@"), [lambda c: c.cancel_task()])
        for text in (str(task.props.error), task.props.failing_uri or "", repr(seen[0].props.proposed_credential)):
            self.assertNotIn("topsecret", text)


class Digest(Scene):
    """Against a server of others."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.httpbin = peers.Httpbin()
        cls.addClassCleanup(cls.httpbin.stop)

    def test_r100_httpbin(self):
        paths = ["/basic-auth/anna/right"]
        for qop in ("auth", "auth-int"):
            for algorithm in ("MD5", "SHA-256"):
                paths.append(f"/digest-auth/{qop}/anna/right/{algorithm}")
        for path in paths:
            task, body, seen = self.load(self.httpbin.uri(path), [self.login()])
            if "auth-int" in path and not seen:
                continue
            self.assertEqual(self.status(task), 200, path)
            task, body, seen = self.load(self.httpbin.uri(path), [self.login(password="wrong"),
                                                                   lambda c: c.use_credential(None)])
            self.assertEqual(self.status(task), 401, path)
            self.assertEqual([c.props.previous_failure_count for c in seen], [0, 1])


if __name__ == "__main__":
    tap.main()
