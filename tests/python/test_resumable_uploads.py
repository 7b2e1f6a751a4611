# SPDX-License-Identifier: LGPL-2.1-or-later
"""Uploads that go on where their connection broke."""

import ssl
import subprocess

import tap
import upload_peer
from upload_scene import SIZE, Scene

from gi.repository import Gio, GLib, URLSession

Error = URLSession.Error


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

    def test_r198_an_offer_that_is_no_place_to_send_to(self):
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

    def test_r201_a_server_that_falls_silent(self):
        def stall(server, request, upload):
            request.connection.recv(1)
            server.wait_for(lambda: server.counts["HEAD"] == 2)
            return "close"

        self.peer.breaks = [1_000_000]
        self.peer.rules["PATCH", 0] = stall
        request = self.request()
        request.props.timeout = 0.3
        task = self.session.create_upload_task(request)
        task.props.resumable = True
        self.finish(task)
        self.assertStored(task)
        self.assertEqual(self.peer.methods, ["POST", "HEAD", "PATCH", "HEAD", "PATCH"])

    def test_r199_redirected(self):
        def redirect(server, request, upload):
            server.say(request, 307, [("Location", "/other")], b"")
            return "close"

        self.peer.rules["POST", 0] = redirect
        self.peer.breaks = [1_000_000]
        task = self.finish(self.task())
        self.assertStored(task)
        self.assertEqual([(request.method, request.path) for request in self.peer.requests],
                         [("POST", "/files"), ("POST", "/other"), ("HEAD", "/upload/1"), ("PATCH", "/upload/1")])
        self.assertEqual(self.peer.requests[0].n_read, 0)
        self.assertEqual(self.peer.requests[1].get("upload-complete"), "?1")

    def test_r199_redirected_to_what_is_no_upload(self):
        def answer(server, request, upload):
            if request.method == "POST":
                server.say(request, 303, [("Location", "/result")], b"")
            else:
                server.say(request, 200, [], b"the result")
            return "close"

        self.peer.rules.update({"POST": answer, "GET": answer})
        task = self.finish(self.task())
        self.assertIsNone(task.props.error)
        self.assertEqual(task.props.response.props.status_code, 200)
        _, result = self.peer.requests
        for name in ("upload-complete", "upload-draft-interop-version", "expect", "content-type"):
            self.assertIsNone(result.get(name))

    def test_r199_asked_who_it_is(self):
        def guard(server, request, upload):
            if request.get("authorization"):
                return None
            server.say(request, 401, [("WWW-Authenticate", 'Basic realm="x"')], b"who?")
            return "close"

        self.peer.rules["POST"] = guard
        self.peer.breaks = [1_000_000]
        task = self.task()
        task.connect("challenge", lambda task, challenge: challenge.use_credential(
            URLSession.Credential.new("anna", "x", URLSession.CredentialPersistence.NONE)) or True)
        self.finish(task)
        self.assertStored(task)
        self.assertEqual([request.n_read > 0 for request in self.peer.requests], [False, True, False, True])
        # The same server, so the same login.
        self.assertEqual(len({request.get("authorization") for request in self.peer.requests[1:]}), 1)

    def test_r200_is_measured(self):
        self.peer.breaks = [1_000_000]
        task = self.task()
        task.connect("collected-metrics", lambda *arguments: None)
        self.finish(task)
        self.assertStored(task)
        self.assertEqual([transaction.props.request.props.method for transaction in task.props.metrics.transactions],
                         ["POST", "HEAD", "PATCH"])

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


class Secure(Scene):
    def setUp(self):
        super().setUp()
        certificate, key = self.folder / "certificate.pem", self.folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
                        "-out", certificate, "-keyout", key], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        # This one speaks nothing else.
        context.set_alpn_protocols(["http/1.1"])
        self.peer = upload_peer.UploadServer(context)
        self.addCleanup(self.peer.stop)
        database = Gio.TlsFileDatabase.new(str(certificate))
        configuration = self.session.props.configuration.copy()
        configuration.props.tls_database = database
        self.session = URLSession.Session(configuration=configuration)

    def test_r200_over_tls(self):
        self.peer.breaks = [1_000_000, 2_000_000]
        task = self.finish(self.task())
        self.assertStored(task)
        self.assertEqual(self.peer.methods, ["POST", "HEAD", "PATCH", "HEAD", "PATCH"])

    def test_r200_not_on_in_the_clear(self):
        plain = upload_peer.UploadServer()
        self.addCleanup(plain.stop)
        plain.uploads = self.peer.uploads
        self.peer.location = f"http://127.0.0.1:{plain.port}/upload/{{}}"
        self.peer.breaks = [1_000_000]
        task = self.finish(self.task())
        self.assertFailed(task, Error.NETWORK_CONNECTION_LOST)
        self.assertEqual(plain.requests, [])


if __name__ == "__main__":
    tap.main()
