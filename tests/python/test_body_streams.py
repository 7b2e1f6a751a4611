# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bodies of requests from streams, asked for again after a refusal, a redirect and a lost connection."""

import base64
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import support
import tap

from gi.repository import Gio, GLib, URLSession

Error = URLSession.Error
TEXT = b"from Python " * 20_000


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_PUT(self):
        if "Content-Length" in self.headers:
            body = self.rfile.read(int(self.headers["Content-Length"]))
        else:
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        self.server.seen.append((self.path, body))
        allowed = self.headers.get("Authorization") == "Basic " + base64.b64encode(b"anna:secret").decode()
        if self.path == "/lost" and len(self.server.seen) == 1:
            self.close_connection = True
            return
        if self.path == "/guarded" and not allowed:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="r"')
        elif self.path == "/moved":
            self.send_response(307)
            self.send_header("Location", "/there")
        else:
            self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


class BodyStreams(support.TestCase):
    def setUp(self):
        super().setUp()
        self.peer = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.peer.seen = []
        thread = threading.Thread(target=self.peer.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.peer.server_close)
        self.addCleanup(self.peer.shutdown)

    def run_task(self, path, stream, length=-1, give=None, streamed=False):
        request = URLSession.Request(f"http://127.0.0.1:{self.peer.server_port}{path}", method="PUT")
        if stream is not None:
            request.set_body_stream(stream, length, "text/plain")
        create = self.session.create_upload_task_with_streamed_request if streamed else self.session.create_upload_task
        task = create(request)
        self.asked = []
        loop = GLib.MainLoop()

        def need(task, question):
            self.asked.append(question.props.offset)
            question.provide(give())
            return True

        if give:
            task.connect("need-body-stream", need)
        credential = URLSession.Credential.new("anna", "secret", URLSession.CredentialPersistence.NONE)
        task.connect("challenge", lambda task, challenge: challenge.use_credential(credential) or True)
        task.connect("completed", lambda *a: loop.quit())
        task.resume()
        loop.run()
        return task

    @staticmethod
    def memory():
        return Gio.MemoryInputStream.new_from_bytes(GLib.Bytes.new(TEXT))

    def test_r84_first(self):
        task = self.run_task("/", None, give=self.memory, streamed=True)
        self.assertIsNone(task.props.error)
        self.assertEqual(self.asked, [0])
        self.assertEqual(self.peer.seen, [("/", TEXT)])

    def test_r83_r85_again(self):
        for path in ("/guarded", "/moved", "/lost"):
            with self.subTest(path=path):
                self.peer.seen.clear()
                task = self.run_task(path, self.memory(), len(TEXT), self.memory)
                self.assertIsNone(task.props.error)
                self.assertEqual(self.asked, [0])
                self.assertEqual([body for _, body in self.peer.seen], [TEXT, TEXT])

    def test_r88_rewinds(self):
        for path in ("/guarded", "/moved", "/lost"):
            with self.subTest(path=path):
                self.peer.seen.clear()
                task = self.run_task(path, self.memory())
                self.assertIsNone(task.props.error)
                self.assertEqual([body for _, body in self.peer.seen], [TEXT, TEXT])

    def test_r44_pipe(self):
        reader, writer = os.pipe()

        def write():
            with open(writer, "wb") as file:
                file.write(TEXT)

        thread = threading.Thread(target=write)
        thread.start()
        task = self.run_task("/", Gio.UnixInputStream.new(reader, True))
        thread.join()
        self.assertIsNone(task.props.error)
        self.assertEqual(self.peer.seen, [("/", TEXT)])

    def test_r87_a_stream_that_is_closed(self):
        stream = self.memory()
        stream.close()
        task = self.run_task("/", stream)
        self.assertIsError(task.props.error, Error.REQUEST_BODY_STREAM_EXHAUSTED)
        self.assertIn("could not be read", task.props.error.message)


if __name__ == "__main__":
    tap.main()
