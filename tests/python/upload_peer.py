# SPDX-License-Identifier: LGPL-2.1-or-later
"""A server of resumable uploads: draft-ietf-httpbis-resumable-upload, interoperability version 6.

It speaks HTTP/1.1 on raw sockets, since what it has to say before the end of a request is what it is about, and it can
break off wherever a test wants it to.
"""

import contextlib
import json
import socket
import struct
import threading

BLOCK = 65536


class Upload:
    """One resource."""

    def __init__(self, request):
        self.created_by = request
        self.data = bytearray()
        self.length = request.length if request.get("upload-complete") == "?1" else None
        self.complete = False


class Request:
    def __init__(self, head, rest, connection):
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.path, _ = lines[0].split(" ", 2)
        self.fields = [tuple(line.split(": ", 1)) for line in lines[1:] if line]
        self.rest = rest
        self.connection = connection
        self.n_read = 0
        self.chunked = self.get("transfer-encoding") == "chunked"
        self.length = int(self.get("content-length") or 0) if not self.chunked else None

    def get(self, name):
        values = [value for key, value in self.fields if key.lower() == name]
        return ", ".join(values) if values else None

    def recv(self):
        piece, self.rest = self.rest, b""
        return piece or self.connection.recv(BLOCK)

    def take(self, n):
        """n bytes at most, at least one; nothing when the client is gone."""
        piece = self.recv()
        self.rest = piece[n:]
        return piece[:n]

    def line(self):
        text = b""
        while not text.endswith(b"\r\n"):
            piece = self.take(1)
            if not piece:
                raise ConnectionError
            text += piece
        return text[:-2]

    def pieces(self):
        """The body, as it comes."""
        if not self.chunked:
            while self.n_read < self.length:
                piece = self.take(self.length - self.n_read)
                if not piece:
                    raise ConnectionError
                self.n_read += len(piece)
                yield piece
            return
        while True:
            size = int(self.line(), 16)
            left = size
            while left > 0:
                piece = self.take(left)
                if not piece:
                    raise ConnectionError
                left -= len(piece)
                self.n_read += len(piece)
                yield piece
            self.line()
            if size == 0:
                return


class UploadServer:
    """What a test may change:

    breaks: bytes of the upload at which a connection is reset, each once
    rules: (method, n) or method → a function of the server, the request and the upload, called in the place of the
        usual answer to the nth request of that method, from 0; it returns True when it has dealt with it, "close" when
        the connection is to be closed, or None for the usual
    offers: whether uploads can be resumed
    expects: "after": 100 comes behind 104; "before"; "never"
    location: what 104 says instead, None for no Location
    max_append: of Upload-Limit
    reports: a 104 with the offset for each block
    final: the answer to a complete upload: status, headers, body
    """

    def __init__(self, tls=None):
        """tls: a context, for a server of https:."""
        self.tls = tls
        self.breaks = []
        self.rules = {}
        self.offers = True
        self.expects = "after"
        self.location = "/upload/{}"
        self.max_append = None
        self.reports = False
        self.final = (201, [], b"stored")
        self.requests = []
        self.counts = {}
        self.uploads = {}
        self.lock = threading.Lock()
        self.changed = threading.Condition(self.lock)
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.socket.getsockname()[1]
        self.connections = set()
        threading.Thread(target=self.serve, daemon=True).start()

    def uri(self, path="/files", host="127.0.0.1"):
        return f"http{'s' if self.tls else ''}://{host}:{self.port}{path}"

    def stop(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        with self.lock:
            connections = list(self.connections)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def wait_for(self, condition, seconds=20):
        """Waits until something is the case; called with the lock."""
        with self.changed:
            assert self.changed.wait_for(condition, seconds), "it did not happen"

    @property
    def methods(self):
        return [request.method for request in self.requests]

    # --- the protocol ---

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve_one, args=(connection,), daemon=True).start()

    def serve_one(self, connection):
        if self.tls:
            try:
                connection = self.tls.wrap_socket(connection, server_side=True)
            except OSError:
                connection.close()
                return
        with self.lock:
            self.connections.add(connection)
        rest = b""
        with connection, contextlib.suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while True:
                while b"\r\n\r\n" not in rest:
                    piece = connection.recv(BLOCK)
                    if not piece:
                        break
                    rest += piece
                if b"\r\n\r\n" not in rest:
                    break
                head, rest = rest.split(b"\r\n\r\n", 1)
                request = Request(head, rest, connection)
                if not self.answer(request):
                    break
                rest = request.rest
        with self.lock:
            self.connections.discard(connection)

    def say(self, request, status, headers=(), body=None):
        text = f"HTTP/1.1 {status} X\r\n"
        for name, value in headers:
            text += f"{name}: {value}\r\n"
        if body is not None and status != 204:
            text += f"Content-Length: {len(body)}\r\n"
        request.connection.sendall(text.encode("latin-1") + b"\r\n" +
                                   (body if body and request.method != "HEAD" else b""))

    @staticmethod
    def reset(request):
        request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.connection.close()

    def answer(self, request):
        """Whether another request may come on the same connection."""
        with self.changed:
            n = self.counts.get(request.method, 0)
            self.counts[request.method] = n + 1
            self.requests.append(request)
            self.changed.notify_all()
        upload = self.uploads.get(request.path)
        rule = self.rules.get((request.method, n)) or self.rules.get(request.method)
        if rule:
            done = rule(self, request, upload)
            if done is not None:
                return done != "close"
        if upload is None:
            return self.create(request)
        if request.method == "HEAD":
            return self.tell(request, upload)
        if request.method == "PATCH":
            return self.append(request, upload)
        self.say(request, 405, [], b"")
        return False

    def is_ours(self, request):
        return self.offers and request.get("upload-draft-interop-version") == "6" and request.get("upload-complete")

    def create(self, request):
        if request.method in ("HEAD", "PATCH") and request.path.startswith("/upload/"):
            self.say(request, 404, [], b"")
            return False
        continues = (request.get("expect") or "").lower() == "100-continue" and self.expects != "never"
        if continues and self.expects == "before":
            self.say(request, 100)
        upload = Upload(request)
        if self.is_ours(request):
            path = f"/upload/{len(self.uploads) + 1}"
            self.uploads[path] = upload
            self.offer(request, self.location.format(len(self.uploads)) if self.location else None)
        if continues and self.expects == "after":
            self.say(request, 100)
        return self.store(request, upload)

    def limits(self):
        return [("Upload-Limit", f"max-size=99999999999, max-append-size={self.max_append}")] if self.max_append else []

    def offer(self, request, location):
        headers = [("Upload-Draft-Interop-Version", "6")] + self.limits()
        if location:
            headers.append(("Location", location))
        self.say(request, 104, headers)

    def store(self, request, upload):
        """Takes a body, up to where it is to break."""
        for piece in request.pieces():
            with self.changed:
                stop = min((at for at in self.breaks if at <= len(upload.data) + len(piece)), default=None)
                if stop is not None:
                    self.breaks.remove(stop)
                    upload.data += piece[:max(stop - len(upload.data), 0)]
                    self.changed.notify_all()
                else:
                    upload.data += piece
            if stop is not None:
                self.reset(request)
                return False
            if self.reports:
                self.say(request, 104, [("Upload-Offset", len(upload.data))])
        if upload.length is None and request.get("upload-complete") == "?1":
            upload.length = len(upload.data)
        if self.is_ours(request) and request.get("upload-complete") != "?1":
            path = next(path for path, other in self.uploads.items() if other is upload)
            created = request.path != path
            headers = [("Upload-Complete", "?0"), ("Upload-Offset", len(upload.data))]
            self.say(request, 201 if created else 204, headers + ([("Location", path)] if created else []), b"")
            return True
        upload.complete = True
        status, headers, body = self.final
        self.say(request, status, headers + ([("Upload-Complete", "?1")] if request.method == "PATCH" else []), body)
        return True

    def tell(self, request, upload):
        self.say(request, 204, [("Upload-Offset", len(upload.data)),
                                ("Upload-Complete", "?1" if upload.complete else "?0"),
                                ("Cache-Control", "no-store")] + self.limits())
        return True

    def append(self, request, upload):
        problem = None
        if request.get("content-type") != "application/partial-upload":
            problem = (415, {})
        elif request.get("upload-offset") != str(len(upload.data)):
            problem = (409, {"type": "https://iana.org/assignments/http-problem-types#mismatching-upload-offset",
                             "expected-offset": len(upload.data), "provided-offset": request.get("upload-offset")})
        elif upload.complete:
            problem = (400, {"type": "https://iana.org/assignments/http-problem-types#completed-upload"})
        elif request.get("upload-complete") not in ("?0", "?1"):
            problem = (400, {})
        elif self.max_append and (request.length is None or request.length > self.max_append):
            problem = (413, {})
        if problem:
            for _ in request.pieces():
                pass
            self.say(request, problem[0], [("Content-Type", "application/problem+json"),
                                           ("Upload-Offset", len(upload.data))], json.dumps(problem[1]).encode())
            return True
        return self.store(request, upload)
