# SPDX-License-Identifier: LGPL-2.1-or-later
"""Uploads that go on where their connection broke."""

import json
import stat
from pathlib import Path

import support
import tap
import upload_peer

from gi.repository import Gio, GLib, URLSession

Error = URLSession.Error
SIZE = 3_000_000


def patient():
    """A policy that does not make a test wait."""
    policy = URLSession.RetryPolicy()
    policy.props.initial_delay = 0.01
    policy.props.maximum_delay = 0.05
    return policy


class Scene(support.TestCase):
    def setUp(self):
        super().setUp()
        self.session = self.new_session()
        self.peer = upload_peer.UploadServer()
        self.addCleanup(self.peer.stop)
        self.body = self.pattern(SIZE)

    def new_session(self):
        configuration = URLSession.SessionConfiguration.new_ephemeral()
        policy = patient()
        configuration.props.retry_policy = policy
        return URLSession.Session(configuration=configuration)

    def request(self, path="/files", body=None, file=None, headers=(), host="127.0.0.1"):
        request = URLSession.Request.new(self.peer.uri(path, host))
        request.props.method = "POST"
        for name, value in headers:
            request.props.headers.append(name, value)
        if file is not None:
            request.set_body_file(Gio.File.new_for_path(str(file)), None)
        else:
            request.set_body_bytes(GLib.Bytes.new(self.body if body is None else body), "image/png")
        return request

    def task(self, **arguments):
        task = self.session.create_upload_task(self.request(**arguments))
        task.props.resumable = True
        return task

    def finish(self, task, seconds=20):
        """Until it is over; returns what the task said meanwhile."""
        said, totals = [], []
        for name in ("informational-response", "challenge", "decide-redirect", "decide-response", "received-data",
                     "waiting-for-connectivity", "completed"):
            task.connect(name, lambda *arguments, name=name: said.append(name) and False)
        task.connect("sent-data", lambda task, *numbers: totals.append(numbers))
        task.resume()
        self.iterate_until(lambda: "completed" in said, seconds)
        self.assertEqual(said.count("completed"), 1)
        self.said = said
        self.totals = totals
        return task

    def assertStored(self, task, body=None, uploads=1):
        self.assertIsNone(task.props.error)
        self.assertEqual(len(self.peer.uploads), uploads)
        stored = self.peer.uploads[f"/upload/{uploads}"]
        self.assertTrue(stored.complete)
        self.assertEqual(bytes(stored.data), self.body if body is None else body)
        self.assertEqual(task.props.response.props.status_code, 201)

    def assertFailed(self, task, code):
        self.assertIsNotNone(task.props.error)
        self.assertIsError(task.props.error, code)

    def break_everything(self):
        """From here on no connection lasts."""
        for method in ("HEAD", "PATCH"):
            self.peer.rules[method] = lambda server, request, upload: server.reset(request) or "close"


class Creation(Scene):
    def test_r199_first_attempt(self):
        task = self.finish(self.task())
        self.assertStored(task)
        request, = self.peer.requests
        self.assertEqual(request.get("upload-complete"), "?1")
        self.assertEqual(request.get("upload-draft-interop-version"), "6")
        self.assertEqual(request.get("content-length"), str(SIZE))
        self.assertEqual(request.get("content-type"), "image/png")
        self.assertEqual(self.totals[-1][1:], (SIZE, SIZE))

    def test_r199_not_unless_asked_for(self):
        task = self.task()
        task.props.resumable = False
        self.finish(task)
        self.assertIsNone(task.props.error)
        request, = self.peer.requests
        self.assertIsNone(request.get("upload-complete"))
        self.assertIsNone(request.get("upload-draft-interop-version"))
        self.assertIsNone(request.get("expect"))

    def test_r199_an_ordinary_server(self):
        self.peer.offers = False
        for expects in ("after", "never"):
            self.peer.expects = expects
            self.finish(self.task())
            self.assertEqual(self.said.count("completed"), 1)
        self.assertEqual([request.n_read for request in self.peer.requests], [SIZE, 0, SIZE])

    def test_r199_httpbin_does_not_mind(self):
        uri = self.uri("/echo")
        request = URLSession.Request.new(uri)
        request.props.method = "POST"
        request.set_body_bytes(GLib.Bytes.new(b"hello"), "text/plain")
        task = self.session.create_upload_task(request)
        task.props.resumable = True
        self.finish(task)
        self.assertIsNone(task.props.error)
        self.assertEqual(task.props.response.props.status_code, 200)

    def test_r199_empty_body(self):
        task = self.finish(self.task(body=b""))
        self.assertStored(task, b"")
        self.assertEqual(self.totals, [])
        self.assertIsNone(self.peer.requests[0].get("expect"))

    def test_r199_a_server_that_offers_and_does_not_let_the_body_come(self):
        self.peer.expects = "never"
        task = self.finish(self.task())
        self.assertStored(task)
        self.assertEqual(self.peer.methods, ["POST", "HEAD", "PATCH"])

    def test_r202_informational_responses(self):
        seen = []
        task = self.task()
        task.connect("informational-response",
                     lambda task, response: seen.append((response.props.status_code,
                                                         response.props.headers.get("location"))))
        self.finish(task)
        self.assertIn((104, "/upload/1"), seen)

    def test_r198_rejected_before_the_body(self):
        def reject(server, request, upload):
            server.say(request, 413, [], b"too large")
            return "close"

        self.peer.rules["POST"] = reject
        task = self.finish(self.task())
        self.assertIsNone(task.props.error)
        self.assertEqual(task.props.response.props.status_code, 413)
        self.assertEqual(self.peer.requests[0].n_read, 0)

    def test_r198_a_secure_offer_for_an_upload_in_the_clear_only(self):
        # The other way round has no server here: the unit tests have it.
        self.peer.location = "ftp://127.0.0.1/upload/{}"
        self.peer.breaks = [1_000_000]
        task = self.finish(self.task())
        self.assertFailed(task, Error.NETWORK_CONNECTION_LOST)
        self.assertEqual(self.peer.methods, ["POST"])


class Resumption(Scene):
    def check(self, breaks, **arguments):
        self.peer.breaks = list(breaks)
        task = self.finish(self.task(**arguments))
        self.assertStored(task)
        self.assertEqual(self.peer.methods, ["POST"] + ["HEAD", "PATCH"] * len(breaks))
        self.assertEqual([int(request.get("upload-offset")) for request in self.peer.requests
                          if request.method == "PATCH"], sorted(breaks))
        return task

    def test_r200_bytes(self):
        task = self.check([1_000_000])
        head, patch = self.peer.requests[1:]
        self.assertEqual(head.path, "/upload/1")
        self.assertEqual(head.get("upload-draft-interop-version"), "6")
        for name in ("upload-complete", "upload-offset", "content-type", "expect"):
            self.assertIsNone(head.get(name))
        self.assertEqual(patch.path, "/upload/1")
        self.assertEqual(patch.get("upload-complete"), "?1")
        self.assertEqual(patch.get("content-type"), "application/partial-upload")
        self.assertEqual(patch.get("content-length"), str(SIZE - 1_000_000))
        # The task is still about what it was made for.
        self.assertEqual(task.props.current_request.props.uri, self.peer.uri())
        self.assertEqual(task.props.current_request.props.method, "POST")

    def test_r200_file(self):
        file = self.folder / "body"
        file.write_bytes(self.body)
        self.check([1_000_000], file=file)

    def test_r200_segments(self):
        form = URLSession.FormData()
        form.add_field("name", "value")
        (self.folder / "body").write_bytes(self.body)
        form.add_file("file", Gio.File.new_for_path(str(self.folder / "body")), None)
        request = URLSession.Request.new(self.peer.uri())
        request.props.method = "POST"
        request.set_body_form(form)
        task = self.session.create_upload_task(request)
        task.props.resumable = True
        self.peer.breaks = [40, 2_000_000]
        self.finish(task)
        self.assertIsNone(task.props.error)
        stored = self.peer.uploads["/upload/1"]
        self.assertTrue(stored.complete)
        self.assertIn(self.body, bytes(stored.data))
        self.assertEqual(len(stored.data), stored.length)

    def test_r200_again_and_again(self):
        self.check([100_000 * n for n in range(1, 12)])

    def test_r200_at_the_very_beginning_and_end(self):
        self.check([1, SIZE - 1])

    def test_r200_all_arrived_and_nobody_said_so(self):
        self.peer.breaks = [SIZE]
        task = self.finish(self.task())
        self.assertStored(task)
        self.assertEqual(self.peer.requests[-1].get("content-length"), "0")

    def test_r200_complete_and_the_answer_was_lost(self):
        def complete(server, request, upload):
            upload.data[:] = self.body
            upload.complete = True
            return None

        self.peer.breaks = [1_000_000]
        self.peer.rules["HEAD", 0] = complete
        task = self.finish(self.task())
        self.assertIsNone(task.props.error)
        self.assertEqual(self.peer.methods, ["POST", "HEAD"])
        self.assertEqual(task.props.response.props.status_code, 204)
        self.assertEqual(task.props.bytes_sent, SIZE)

    def test_r200_a_server_that_takes_a_little_at_a_time(self):
        self.peer.max_append = 700_000
        self.peer.breaks = [100_000, 1_000_000]
        task = self.finish(self.task())
        self.assertStored(task)
        patches = [request for request in self.peer.requests if request.method == "PATCH"]
        self.assertEqual([patch.get("upload-complete") for patch in patches], ["?0"] * (len(patches) - 1) + ["?1"])
        self.assertLessEqual(max(patch.length for patch in patches), 700_000)

    def test_r200_moved(self):
        def move(server, request, upload):
            server.uploads["/elsewhere"] = upload
            server.say(request, 307, [("Location", "/elsewhere")], b"")
            return True

        self.peer.breaks = [1_000_000]
        self.peer.rules["HEAD", 0] = move
        task = self.finish(self.task())
        self.assertIsNone(task.props.error)
        self.assertEqual([request.path for request in self.peer.requests],
                         ["/files", "/upload/1", "/elsewhere", "/elsewhere"])
        self.assertEqual(bytes(self.peer.uploads["/elsewhere"].data), self.body)

    def test_r201_nothing_is_said_of_it(self):
        task = self.task()
        twins = []
        for name in ("task-challenge", "task-decide-redirect", "task-waiting-for-connectivity", "task-completed"):
            self.session.connect(name, lambda *arguments, name=name: twins.append(name) and False)
        self.peer.breaks = [1_000_000, 2_000_000]
        self.finish(task)
        self.assertStored(task)
        self.assertEqual([name for name in self.said if name != "informational-response"],
                         ["decide-response", "received-data", "completed"])
        self.assertEqual(twins, ["task-completed"])
        self.assertEqual(self.peer.methods, ["POST", "HEAD", "PATCH", "HEAD", "PATCH"])

    def test_r203_totals_continue_from_the_offset(self):
        self.check([1_000_000])
        total = 0
        for n, now, expected in self.totals:
            self.assertEqual(expected, SIZE)
            self.assertGreater(n, 0)
            # Either on from the last one, or on from what had arrived.
            self.assertIn(now - n, (total, 1_000_000))
            total = now
        self.assertEqual(total, SIZE)

    def test_r200_offset_conflict(self):
        def conflict(server, request, upload):
            for _ in request.pieces():
                pass
            upload.data += self.body[len(upload.data):len(upload.data) + 1000]
            server.say(request, 409, [("Upload-Offset", len(upload.data))], b"{}")
            return True

        self.peer.breaks = [1_000_000]
        self.peer.rules["PATCH", 0] = conflict
        task = self.finish(self.task())
        self.assertStored(task)
        self.assertEqual(self.peer.requests[-1].get("upload-offset"), "1001000")

    def test_r200_a_gateway_lost_the_server(self):
        def gateway(server, request, upload):
            request.n_read = 0
            upload = upload_peer.Upload(request)
            server.uploads["/upload/1"] = upload
            server.offer(request, "/upload/1")
            server.say(request, 100)
            for piece in request.pieces():
                upload.data += piece
                if len(upload.data) > 500_000:
                    break
            server.say(request, 502, [], b"")
            return "close"

        self.peer.rules["POST", 0] = gateway
        self.body = self.pattern(20_000_000)
        task = self.finish(self.task())
        self.assertIsNone(task.props.error)
        self.assertEqual(bytes(self.peer.uploads["/upload/1"].data), self.body)

    def test_r200_busy_for_a_while(self):
        def busy(server, request, upload):
            for _ in request.pieces():
                pass
            server.say(request, 503, [("Retry-After", "0")], b"")
            return True

        self.peer.breaks = [1_000_000]
        self.peer.rules.update({("HEAD", 0): busy, ("PATCH", 0): busy})
        task = self.finish(self.task())
        self.assertStored(task)

    def test_r200_without_a_policy(self):
        self.session = URLSession.Session(configuration=URLSession.SessionConfiguration.new_ephemeral())
        self.check([1_000_000])

    def test_r201_while_it_is_suspended(self):
        task = self.task()
        blocked = []

        def hold(server, request, upload):
            blocked.append(request)
            return None

        self.peer.rules["HEAD", 0] = hold
        self.peer.breaks = [1_000_000]
        task.resume()
        self.iterate_until(lambda: self.peer.requests)
        task.suspend()
        self.session.flush_async(None, None) if hasattr(self.session, "flush_async") else None
        self.iterate_until(lambda: task.props.state == URLSession.TaskState.SUSPENDED)
        self.finish(task)
        self.assertStored(task)


class OtherOrigin(Scene):
    def test_r200_gets_nothing_of_the_first(self):
        other = upload_peer.UploadServer()
        self.addCleanup(other.stop)
        # Other names, and other ports, are other origins; the resources are the same here.
        other.uploads = self.peer.uploads
        self.peer.location = f"http://localhost:{other.port}/upload/{{}}"
        self.peer.breaks = [1_000_000]
        configuration = self.session.props.configuration.copy()
        configuration.props.cookie_storage = URLSession.CookieStorage()
        self.session = URLSession.Session(configuration=configuration)
        self.peer.final = (201, [], b"")
        request = self.request(headers=[("Authorization", "Bearer secret"), ("X-Api-Key", "secret"),
                                        ("Cookie", "id=secret"), ("X-Plain", "1")])
        task = self.session.create_upload_task(request)
        task.props.resumable = True
        self.finish(task)
        self.assertStored(task)
        self.assertEqual(other.methods, ["HEAD", "PATCH"])
        self.assertEqual(self.peer.requests[0].get("authorization"), "Bearer secret")
        for request in other.requests:
            self.assertNotIn("secret", repr(request.fields))
            self.assertEqual(request.get("x-plain"), "1")
            self.assertEqual(request.get("host"), f"localhost:{other.port}")

    def test_r200_the_same_origin_gets_them(self):
        self.peer.breaks = [1_000_000]
        task = self.finish(self.task(headers=[("Authorization", "Bearer secret")]))
        self.assertStored(task)
        self.assertEqual({request.get("authorization") for request in self.peer.requests}, {"Bearer secret"})

    def test_r200_asked_who_it_is(self):
        """A login that the upload needs now, and did not at first."""
        def guard(server, request, upload):
            if request.get("authorization"):
                return None
            server.say(request, 401, [("WWW-Authenticate", 'Basic realm="x"')], b"")
            return True

        self.peer.rules["HEAD"] = guard
        self.peer.breaks = [1_000_000]
        task = self.task()
        task.connect("challenge", lambda task, challenge: challenge.use_credential(
            URLSession.Credential.new("anna", "x", URLSession.CredentialPersistence.NONE)) or True)
        self.finish(task)
        self.assertStored(task)
        self.assertIsNotNone(self.peer.requests[-1].get("authorization"))


class Hostile(Scene):
    """Each of these ends the task, once and for a reason."""

    def fail(self, code, rules=None, breaks=(1_000_000,)):
        self.peer.breaks = list(breaks)
        self.peer.rules.update(rules or {})
        task = self.finish(self.task())
        self.assertFailed(task, code)
        return task

    @staticmethod
    def says(status, *headers):
        def say(server, request, upload):
            for _ in request.pieces():
                pass
            server.say(request, status, headers, b"")
            return True
        return say

    def test_r198_offer_without_location(self):
        self.peer.location = None
        self.fail(Error.NETWORK_CONNECTION_LOST)
        self.assertEqual(self.peer.methods, ["POST"])

    def test_r200_no_offset(self):
        self.fail(Error.BAD_SERVER_RESPONSE, {"HEAD": self.says(200)})

    def test_r200_offsets(self):
        for offset in (SIZE + 1, "-1", "many", "1, 2", "9" * 30, "1.5", '"5"', "?1", ""):
            with self.subTest(offset=offset):
                self.fail(Error.BAD_SERVER_RESPONSE, {"HEAD": self.says(204, ("Upload-Offset", offset))})

    def test_r200_an_offset_that_goes_back(self):
        def forget(server, request, upload):
            del upload.data[10:]
            return None

        task = self.fail(Error.BAD_SERVER_RESPONSE, {("HEAD", 1): forget}, [1_000_000, 2_000_000])
        self.assertIsNone(task.dup_resume_data())

    def test_r200_gone(self):
        for status in (404, 410, 403):
            with self.subTest(status=status):
                task = self.fail(Error.NOT_RESUMABLE, {"HEAD": self.says(status)})
                self.assertIn(str(status), task.props.error.message)
                self.assertIsNone(task.dup_resume_data())

    def test_r200_gone_later(self):
        self.fail(Error.NOT_RESUMABLE, {"PATCH": self.says(404)})

    def test_r200_never_ready(self):
        self.fail(Error.BAD_SERVER_RESPONSE, {"HEAD": self.says(503)})
        self.assertEqual(self.peer.methods.count("HEAD"), 3 - 1)

    def test_r200_always_in_conflict(self):
        self.peer.breaks = [1_000_000]
        self.peer.rules["PATCH"] = self.says(409, ("Upload-Offset", "7"))
        task = self.finish(self.task())
        # The last word of the server is the answer.
        self.assertIsNone(task.props.error)
        self.assertEqual(task.props.response.props.status_code, 409)
        self.assertLess(len(self.peer.methods), 12)

    def test_r200_moves_for_ever(self):
        self.fail(Error.TOO_MANY_REDIRECTS, {"HEAD": self.says(307, ("Location", "/upload/1"))})

    def test_r200_breaks_whenever_it_is_asked(self):
        self.break_everything()
        self.fail(Error.NETWORK_CONNECTION_LOST)
        self.assertLess(len(self.peer.methods), 6)

    def test_r200_breaks_whenever_it_is_given_something(self):
        self.peer.rules["PATCH"] = lambda server, request, upload: server.reset(request) or "close"
        self.fail(Error.NETWORK_CONNECTION_LOST)
        self.assertLess(len(self.peer.methods), 9)

    def test_r200_answers_with_garbage(self):
        def garbage(server, request, upload):
            request.connection.sendall(b"\x00\x01\x02 what?\r\n\r\n")
            return "close"

        task = self.finish_with(garbage)
        self.assertIsNotNone(task.props.error)

    def finish_with(self, rule):
        self.peer.breaks = [1_000_000]
        self.peer.rules["HEAD"] = rule
        return self.finish(self.task())

    def test_r202_endless_reports(self):
        def report(server, request, upload):
            while True:
                server.say(request, 104, [("Upload-Offset", "5")])

        self.peer.rules["POST"] = report
        task = self.finish(self.task())
        self.assertFailed(task, Error.BAD_SERVER_RESPONSE)

    def test_r202_reports_of_progress_are_no_harm(self):
        self.peer.reports = True
        self.peer.breaks = [1_000_000]
        task = self.finish(self.task())
        self.assertStored(task)

    def test_r202_reports_that_lie(self):
        def lie(server, request, upload):
            server.say(request, 104, [("Upload-Offset", str(SIZE * 2))])
            server.say(request, 104, [("Upload-Offset", "x")])
            server.say(request, 104, [("Location", "http://127.0.0.1:1/")])
            return None

        self.peer.rules["PATCH"] = lie
        self.peer.breaks = [1_000_000, 2_000_000]
        task = self.finish(self.task())
        self.assertStored(task)

    def test_r200_the_file_is_another_one_meanwhile(self):
        file = self.folder / "body"
        file.write_bytes(self.body)

        def shorten(server, request, upload):
            file.write_bytes(self.body[:-1])
            return None

        self.peer.breaks = [1_000_000]
        self.peer.rules["HEAD", 0] = shorten
        task = self.finish(self.task(file=file))
        self.assertIsNotNone(task.props.error)
        self.assertFalse(self.peer.uploads["/upload/1"].complete)

    def test_cancelled_in_every_state(self):
        for method in ("POST", "HEAD", "PATCH"):
            with self.subTest(method=method):
                reached = []

                def stall(server, request, upload):
                    reached.append(request)
                    request.connection.recv(1)
                    return "close"

                self.peer.rules = {method: stall}
                self.peer.breaks = [1_000_000]
                task = self.task()
                done = []
                task.connect("completed", lambda task, error: done.append(error))
                task.resume()
                self.iterate_until(lambda: reached)
                task.cancel()
                self.iterate_until(lambda: done)
                self.assertFailed(task, Error.CANCELLED)
                self.assertIsNone(task.dup_resume_data())


class ResumeData(Scene):
    def fail_midway(self, at=1_000_000, **arguments):
        """A task that ended with resume data, and that data."""
        self.peer.breaks = [at]
        self.break_everything()
        task = self.finish(self.task(**arguments))
        self.assertFailed(task, Error.NETWORK_CONNECTION_LOST)
        self.peer.rules = {}
        self.peer.requests.clear()
        data = task.dup_resume_data()
        self.assertIsNotNone(data)
        return data

    async def produce(self, task):
        """Cancels it in the middle."""
        held = []

        def hold(server, request, upload):
            held.append(request)
            request.connection.recv(1)
            return "close"

        self.peer.breaks = [1_000_000]
        self.peer.rules["HEAD", 0] = hold
        task.resume()
        self.iterate_until(lambda: held)
        data = await task.cancel_by_producing_resume_data()
        self.peer.rules = {}
        self.peer.requests.clear()
        return data

    def private_files(self):
        folder = Path(GLib.get_user_cache_dir()) / "urlsession-1" / "uploads"
        return sorted(folder.iterdir()) if folder.exists() else []

    def test_r198_after_an_error(self):
        file = self.folder / "body"
        file.write_bytes(self.body)
        data = self.fail_midway(file=file, headers=[("Authorization", "Bearer secret"), ("X-Plain", "1")])
        self.session = self.new_session()
        task = self.session.resume_upload_task(data, None)
        self.assertEqual(task.props.original_request.props.uri, self.peer.uri())
        self.assertEqual(task.props.original_request.props.method, "POST")
        self.finish(task)
        self.assertStored(task)
        self.assertEqual(self.peer.methods, ["HEAD", "PATCH"])
        for request in self.peer.requests:
            self.assertEqual(request.get("authorization"), "Bearer secret")
            self.assertEqual(request.get("x-plain"), "1")
        self.assertEqual(self.totals[-1][1:], (SIZE, SIZE))
        self.assertEqual(self.totals[0][1] - self.totals[0][0], 1_000_000)

    async def test_r198_cancel_by_producing(self):
        data = await self.produce(self.task())
        task = self.session.resume_upload_task(data, self.request())
        self.finish(task)
        self.assertStored(task)
        self.assertEqual(self.peer.methods, ["HEAD", "PATCH"])

    async def test_r198_there_was_no_offer(self):
        self.peer.offers = False
        task = self.task()
        reached = []

        def stall(server, request, upload):
            reached.append(request)
            request.connection.recv(1)
            return "close"

        self.peer.rules["POST"] = stall
        task.resume()
        self.iterate_until(lambda: reached)
        await self.assertFails(Error.NOT_RESUMABLE, task.cancel_by_producing_resume_data())
        self.assertFailed(task, Error.CANCELLED)
        self.assertIsNone(task.dup_resume_data())

    async def test_r198_before_and_after_its_life(self):
        await self.assertFails(Error.NOT_RESUMABLE, self.task().cancel_by_producing_resume_data())
        task = self.finish(self.task())
        await self.assertFails(Error.NOT_RESUMABLE, task.cancel_by_producing_resume_data())
        self.assertIsNone(task.dup_resume_data())

    def test_r204_only_once(self):
        file = self.folder / "body"
        file.write_bytes(self.body)
        data = self.fail_midway(file=file)
        first = self.session.resume_upload_task(data, None)
        second = self.session.resume_upload_task(data, None)
        self.finish(second)
        self.assertFailed(second, Error.NOT_RESUMABLE)
        self.assertEqual(self.peer.methods, [])
        self.finish(first)
        self.assertStored(first)

    def test_r204_each_failure_has_its_own(self):
        file = self.folder / "body"
        file.write_bytes(self.body)
        data = self.fail_midway(file=file)
        self.break_everything()
        task = self.finish(self.session.resume_upload_task(data, None))
        again = task.dup_resume_data()
        self.assertIsNotNone(again)
        self.assertNotEqual(data.get_data(), again.get_data())
        self.peer.rules = {}
        task = self.finish(self.session.resume_upload_task(again, None))
        self.assertStored(task)

    def test_r198_no_secret_in_it(self):
        file = self.folder / "body"
        file.write_bytes(self.body)
        data = self.fail_midway(file=file, headers=[("Authorization", "Bearer secret"), ("Cookie", "a=secret")])
        text = data.get_data().decode()
        self.assertNotIn("secret", text)
        self.assertEqual(json.loads(text)["kind"], "urlsession-upload")
        for path in self.private_files():
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)

    def test_nobody_wants_it(self):
        before = self.private_files()
        self.peer.breaks = [1_000_000]
        self.break_everything()
        task = self.finish(self.task())
        self.assertFailed(task, Error.NETWORK_CONNECTION_LOST)
        self.assertEqual(len(self.private_files()), len(before) + 1)
        ref = task.weak_ref()
        del task
        self.assertGoes(ref)
        self.iterate_until(lambda: self.private_files() == before)

    def test_r198_garbage(self):
        for text in (b"", b"{}", b"nonsense", b'{"kind":"urlsession-download","version":1}', b"[" * 5000):
            task = self.finish(self.session.resume_upload_task(GLib.Bytes.new(text), None))
            self.assertFailed(task, Error.NOT_RESUMABLE)
        self.assertEqual(self.peer.methods, [])

    def test_r198_another_body(self):
        data = self.fail_midway()
        task = self.finish(self.session.resume_upload_task(data, self.request(body=self.body[:-1])))
        self.assertFailed(task, Error.NOT_RESUMABLE)
        self.assertFalse(self.peer.uploads["/upload/1"].complete)

    def test_r198_a_fresh_request(self):
        data = self.fail_midway(headers=[("Authorization", "Bearer old")])
        task = self.session.resume_upload_task(data, self.request(headers=[("Authorization", "Bearer new")]))
        self.finish(task)
        self.assertStored(task)
        self.assertEqual({request.get("authorization") for request in self.peer.requests}, {"Bearer new"})

    def test_r198_gone_meanwhile(self):
        data = self.fail_midway()
        self.peer.uploads.clear()
        task = self.finish(self.session.resume_upload_task(data, self.request()))
        self.assertFailed(task, Error.NOT_RESUMABLE)


if __name__ == "__main__":
    tap.main()
