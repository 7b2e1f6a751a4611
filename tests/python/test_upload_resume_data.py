# SPDX-License-Identifier: LGPL-2.1-or-later
"""Uploads that another task goes on with, and those that cannot go on."""

import json
import stat
from pathlib import Path

import tap
from upload_scene import SIZE, Scene

from gi.repository import GLib, URLSession

Error = URLSession.Error


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
