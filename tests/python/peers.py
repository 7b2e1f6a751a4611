# SPDX-License-Identifier: LGPL-2.1-or-later
"""Servers that tests talk to, each on a free port of the loopback address."""

import contextlib
import http.server
import socket
import subprocess
import sys
import threading


class Request:
    """What came."""

    def __init__(self, handler):
        length = int(handler.headers.get("Content-Length") or 0)
        self.method = handler.command
        self.path = handler.path
        self.headers = handler.headers
        self.body = handler.rfile.read(length)


class ScriptServer:
    """Answers each request with what a function makes of it: (status, [(name, value), …], body)."""

    def __init__(self, answer):
        self.requests = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def handle_any(self):
                request = Request(self)
                outer.requests.append(request)
                status, headers, body = answer(request)
                self.send_response_only(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    with contextlib.suppress(ConnectionError):
                        self.wfile.write(body)

            do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = handle_any

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def uri(self, path="/", host="127.0.0.1", user_info=""):
        return f"http://{user_info}{host}:{self.port}{path}"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Httpbin:
    """The service that many HTTP clients are tested with."""

    SCRIPT = ("from httpbin import app; from werkzeug.serving import make_server;"
              "s = make_server('127.0.0.1', 0, app, threaded=True); print(s.server_port, flush=True);"
              "s.serve_forever()")

    def __init__(self):
        self.process = subprocess.Popen([sys.executable, "-W", "ignore", "-c", self.SCRIPT], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        self.port = int(self.process.stdout.readline())

    def uri(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class FlaskEvents:
    """Events from Flask: two for each connection, which count on from the Last-Event-ID; after six there are no more."""

    SCRIPT = """
from flask import Flask, Response, request
from werkzeug.serving import make_server

app = Flask("events")

@app.route("/events")
def events():
    first = int(request.headers.get("Last-Event-ID", 0)) + 1
    if first > 6:
        return "", 204
    body = ("id: {0}\\nevent: tick\\ndata: number\\ndata: {0}\\n\\n".format(i) for i in range(first, first + 2))
    return Response((piece for part in (["retry: 10\\n"], body) for piece in part), mimetype="text/event-stream")

server = make_server("127.0.0.1", 0, app, threaded=True)
print(server.server_port, flush=True)
server.serve_forever()
"""

    def __init__(self):
        self.process = subprocess.Popen([sys.executable, "-W", "ignore", "-c", self.SCRIPT], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        self.port = int(self.process.stdout.readline())

    def uri(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class RawServer:
    """Sends bytes as they are, one answer to each connection, and closes it. An answer may be a function of the head of
    the request and the socket."""

    def __init__(self, answer):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.socket.getsockname()[1]
        self.answer = answer
        self.n_requests = 0
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve_one, args=(connection,), daemon=True).start()

    def serve_one(self, connection):
        with connection:
            try:
                head = b""
                while b"\r\n\r\n" not in head:
                    piece = connection.recv(65536)
                    if not piece:
                        return
                    head += piece
                self.n_requests += 1
                if callable(self.answer):
                    self.answer(head, connection)
                else:
                    connection.sendall(self.answer)
                connection.shutdown(socket.SHUT_WR)
                # What is still coming is read, so that the answer is not lost with a reset.
                while connection.recv(65536):
                    pass
            except OSError:
                pass

    def uri(self, path="/"):
        return f"http://127.0.0.1:{self.port}{path}"

    def stop(self):
        self.socket.close()
