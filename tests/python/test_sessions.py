# SPDX-License-Identifier: LGPL-2.1-or-later
"""Cookies, redirects and counts of sessions, as servers and applications see them."""

import os
import pathlib

import peers
import support
import tap

from gi.repository import GLib, URLSession, URLSessionTest


def sent(request):
    return request.headers.get("Cookie")


class Sessions(support.TestCase):
    def ephemeral(self, **properties):
        configuration = URLSession.SessionConfiguration.new_ephemeral()
        for name, value in properties.items():
            setattr(configuration.props, name, value)
        return URLSession.Session(configuration=configuration)

    def serve(self, answer=None):
        """A server that sets a cookie wherever it is asked to by the query, and remembers what it was sent."""
        def standard(request):
            path, _, query = request.path.partition("?")
            fields = [("Set-Cookie", query)] if query else []
            if path.startswith("/hop"):
                return 302, fields + [("Location", "/end")], b""
            return 200, fields, b"ok"
        server = peers.ScriptServer(answer or standard)
        self.addCleanup(server.stop)
        return server

    def get(self, session, uri, **properties):
        request = URLSession.Request.new(uri)
        for name, value in properties.items():
            setattr(request.props, name, value)
        task = session.create_data_task(request)
        task.resume()
        self.iterate_until(lambda: task.props.state == URLSession.TaskState.COMPLETED)
        self.assertIsNone(task.props.error)
        return task

    def cookies(self, session):
        return [cookie.name for cookie in session.props.configuration.props.cookie_storage]

    def test_r078_r158_r161_hops(self):
        server = self.serve()
        session = self.ephemeral()
        self.get(session, server.uri("/hop?a=1"))
        self.assertEqual([sent(request) for request in server.requests], [None, "a=1"])
        # What is set meanwhile is sent by a task that was made before.
        task = session.create_data_task(server.uri("/later"))
        self.get(session, server.uri("/set?b=2"))
        task.resume()
        self.iterate_until(lambda: task.props.state == URLSession.TaskState.COMPLETED)
        self.assertEqual(sorted(sent(server.requests[-1]).split("; ")), ["a=1", "b=2"])

    def test_refusal_sets_cookies(self):
        server = self.serve(lambda request: (401, [("Set-Cookie", "a=1")], b"no"))
        session = self.ephemeral()
        self.get(session, server.uri())
        self.assertEqual(self.cookies(session), ["a"])

    def test_r153_never(self):
        server = self.serve()
        session = self.ephemeral(cookie_accept_policy=URLSession.CookieAcceptPolicy.NEVER)
        task = self.get(session, server.uri("/?a=1"))
        self.assertEqual(task.props.response.get_headers().get("Set-Cookie"), "a=1")
        self.assertEqual(self.cookies(session), [])
        self.get(session, server.uri("/"))
        self.assertEqual([sent(request) for request in server.requests], [None, None])

    def test_r154_not_sent(self):
        server = self.serve()
        session = self.ephemeral(sends_cookies=False)
        self.get(session, server.uri("/?a=1"))
        self.get(session, server.uri("/"))
        self.assertEqual(self.cookies(session), ["a"])
        self.assertIsNone(sent(server.requests[-1]))

    def test_r155_no_storage(self):
        server = self.serve()
        session = self.ephemeral(cookie_storage=None)
        self.get(session, server.uri("/?a=1"))
        self.get(session, server.uri("/"))
        self.assertIsNone(session.props.configuration.props.cookie_storage)
        self.assertIsNone(sent(server.requests[-1]))

    def test_r156_request_without(self):
        server = self.serve()
        session = self.ephemeral()
        self.get(session, server.uri("/?a=1"))
        self.get(session, server.uri("/?b=2"), handles_cookies=False)
        self.assertIsNone(sent(server.requests[-1]))
        self.assertEqual(self.cookies(session), ["a"])

    def test_r159_sessions_share_what_they_are_given(self):
        server = self.serve()
        one, other = self.ephemeral(), self.ephemeral()
        self.get(one, server.uri("/?a=1"))
        self.get(other, server.uri("/"))
        self.assertIsNone(sent(server.requests[-1]))
        storage = URLSession.CookieStorage()
        one, other = self.ephemeral(cookie_storage=storage), self.ephemeral(cookie_storage=storage)
        self.get(one, server.uri("/?a=1"))
        self.get(other, server.uri("/"))
        self.assertEqual(sent(server.requests[-1]), "a=1")

    def test_r159_same_configuration(self):
        """Two sessions that were made with the same ephemeral configuration are strangers, too."""
        server = self.serve()
        configuration = URLSession.SessionConfiguration.new_ephemeral()
        self.get(URLSession.Session(configuration=configuration), server.uri("/?a=1"))
        self.get(URLSession.Session(configuration=configuration), server.uri("/"))
        self.assertIsNone(sent(server.requests[-1]))

    def test_r164_own_cookie(self):
        server = self.serve()
        session = self.ephemeral()
        self.get(session, server.uri("/?a=stored"))
        request = URLSession.Request.new(server.uri("/"))
        request.get_headers().set("Cookie", "a=own; b=own")
        self.get(session, server.uri("/"))
        task = session.create_data_task(request)
        task.resume()
        self.iterate_until(lambda: task.props.state == URLSession.TaskState.COMPLETED)
        self.assertEqual(sorted(sent(server.requests[-1]).split("; ")), ["a=stored", "b=own"])

    def test_other_host(self):
        server = self.serve()
        session = self.ephemeral()
        self.get(session, server.uri("/?a=1"))
        self.get(session, server.uri("/", host="localhost"))
        self.assertIsNone(sent(server.requests[-1]))

    def test_ephemeral_leaves_nothing(self):
        homes = [os.environ[name] for name in ("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME")
                 if name in os.environ]
        before = {path for home in homes for path in pathlib.Path(home).rglob("*")}
        server = self.serve()
        session = self.ephemeral()
        self.get(session, server.uri("/?a=1; Max-Age=1000"))
        URLSession.run(session.flush())
        after = {path for home in homes for path in pathlib.Path(home).rglob("*")}
        self.assertEqual(after - before, set())

    def test_reset_forgets(self):
        server = self.serve()
        session = self.ephemeral()
        self.get(session, server.uri("/?a=1"))
        URLSession.run(session.reset())
        self.assertEqual(self.cookies(session), [])
        self.get(session, server.uri("/"))
        self.assertIsNone(sent(server.requests[-1]))

    def test_reset_asks_again(self):
        server = URLSessionTest.Server.new_tls()
        self.assertTrue(server.start())
        self.addCleanup(server.stop)
        session = self.ephemeral()
        asked = []
        session.connect("challenge", lambda session, task, challenge: asked.append(1) or challenge.trust_server(True) or True)
        for reset in (False, False, True):
            if reset:
                URLSession.run(session.reset())
            self.get(session, server.get_uri("/bytes/5"))
        self.assertEqual(len(asked), 2)

    def test_failing_trust(self):
        server = URLSessionTest.Server.new_tls()
        self.assertTrue(server.start())
        self.addCleanup(server.stop)
        task = self.ephemeral().create_data_task(server.get_uri("/bytes/5"))
        task.resume()
        self.iterate_until(lambda: task.props.state == URLSession.TaskState.COMPLETED)
        self.assertIsError(task.props.error, URLSession.Error.SERVER_CERTIFICATE_HAS_UNKNOWN_ROOT)
        self.assertEqual(len(task.props.failing_trust.dup_fingerprint().split(":")), 32)
        self.assertEqual(server.get_n_requests(), 0)

    def test_r083_body_is_sent_to_the_next_hop(self):
        """A body that the task can read again; what cannot be read twice comes with upload tasks."""
        server = self.serve(lambda request: (307, [("Location", "/end")], b"") if request.path == "/" else (200, [], b""))
        request = URLSession.Request.new(server.uri())
        request.props.method = "POST"
        request.set_body_bytes(GLib.Bytes.new(b"x" * 100000), "text/plain")
        task = self.ephemeral().create_data_task(request)
        task.resume()
        self.iterate_until(lambda: task.props.state == URLSession.TaskState.COMPLETED)
        self.assertEqual([len(request.body) for request in server.requests], [100000, 100000])

    def test_r210_head(self):
        server = self.serve(lambda request: (200, [], b"x" * 5000))
        task = self.get(self.ephemeral(), server.uri(), method="HEAD")
        self.assertEqual(task.props.response.get_headers().get("Content-Length"), "5000")
        self.assertEqual((task.props.bytes_received, task.props.fraction_completed), (0, 1.0))

    def test_r211_counts_of_hops(self):
        """What a redirect or a refusal brought is not counted, and what is sent again counts from the beginning."""
        def answer(request):
            if request.path == "/":
                return 307, [("Location", "/guarded")], b"r" * 700
            if request.headers.get("Authorization") is None:
                return 401, [("WWW-Authenticate", 'Basic realm="x"')], b"u" * 900
            return 200, [], b"final"
        server = self.serve(answer)
        request = URLSession.Request.new(server.uri())
        request.props.method = "PUT"
        request.set_body_bytes(GLib.Bytes.new(b"x" * 1000), None)
        task = self.ephemeral().create_data_task(request)
        credential = URLSession.Credential.new("a", "b", URLSession.CredentialPersistence.NONE)
        task.connect("challenge", lambda task, challenge: challenge.use_credential(credential) or True)
        task.resume()
        self.iterate_until(lambda: task.props.state == URLSession.TaskState.COMPLETED)
        self.assertEqual(len(server.requests), 3)
        self.assertEqual(task.props.bytes_received, 5)
        self.assertEqual((task.props.bytes_sent, task.props.bytes_expected_to_send), (1000, 1000))

    def test_r074_second_answers(self):
        server = self.serve()
        task = self.ephemeral().create_data_task(server.uri("/hop?a=1"))
        decisions = []

        def decide(task, decision):
            decisions.append(decision)
            decision.follow()
            decision.deliver_response()
            return True
        task.connect("decide-redirect", decide)
        task.resume()
        self.iterate_until(lambda: task.props.state == URLSession.TaskState.COMPLETED)
        decisions[0].deliver_response()
        decisions[0].use_default()
        self.assertEqual(task.props.response.props.status_code, 200)
        self.assertEqual(len(server.requests), 2)


if __name__ == "__main__":
    tap.main()
