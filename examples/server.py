#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Serves the files of a folder over HTTP, for the examples: with ranges, ETags, and no faster than one can watch.

It prints its URL in one line when it is ready, and serves until it is terminated or its standard input is closed.
"""

import argparse
import email.utils
import hashlib
import os
import random
import re
import signal
import sys
import threading
import time
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CHUNK = 16 * 1024


class Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def send_head(self):
        """Answers with the head of a file. Returns the open file and the part that is to be sent."""
        path = self.translate_path(self.path)
        try:
            file = open(path, "rb")
        except OSError:
            self.send_error(HTTPStatus.NOT_FOUND)
            return None

        info = os.fstat(file.fileno())
        etag = '"{:x}-{:x}"'.format(info.st_mtime_ns, info.st_size)
        first, last = 0, info.st_size - 1
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if wanted and self.headers.get("If-Range", etag) == etag:
            first = int(wanted[1])
            last = min(last, int(wanted[2] or last))
            if first > last:
                self.send_response(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
                self.send_header("Content-Range", "bytes */{}".format(info.st_size))
                self.send_header("Content-Length", "0")
                self.end_headers()
                file.close()
                return None
            self.send_response(HTTPStatus.PARTIAL_CONTENT)
            self.send_header("Content-Range", "bytes {}-{}/{}".format(first, last, info.st_size))
        else:
            self.send_response(HTTPStatus.OK)

        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Length", str(last - first + 1))
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("ETag", etag)
        self.send_header("Last-Modified", email.utils.formatdate(info.st_mtime, usegmt=True))
        self.end_headers()
        return file, first, last - first + 1

    def do_GET(self):
        if answer := self.send_head():
            self.send_slowly(*answer)

    def do_HEAD(self):
        if answer := self.send_head():
            answer[0].close()

    def send_slowly(self, file, offset, length):
        begin = time.monotonic()
        sent = 0
        with file:
            file.seek(offset)
            while chunk := file.read(min(CHUNK, length - sent)):
                self.wfile.write(chunk)
                sent += len(chunk)
                time.sleep(max(0.0, begin + sent / self.server.rate - time.monotonic()))

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        # A client that goes away in the middle, as one that pauses does, is no error.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def generate(folder, megabytes):
    """Writes files with the same content each time, and their digests as sha256sum reads them."""
    with open(folder / "SHA256SUMS", "w") as sums:
        for size in megabytes:
            name = "sample-{:02}-MB.bin".format(size)
            content = random.Random(size).randbytes(size * 1000 * 1000)
            (folder / name).write_bytes(content)
            os.utime(folder / name, (1700000000, 1700000000))
            sums.write("{}  {}\n".format(hashlib.sha256(content).hexdigest(), name))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=0, help="by default a free one")
    parser.add_argument("--rate", type=float, default=8e6, help="bytes per second of one response")
    parser.add_argument("--generate", type=int, nargs="+", default=[], metavar="MB", help="make files of these sizes")
    options = parser.parse_args()

    if options.generate:
        generate(options.folder, options.generate)
    server = Server(("127.0.0.1", options.port), lambda *args: Handler(*args, directory=options.folder))
    server.rate = options.rate

    # Ctrl-C is meant for the client; whoever started this server ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("http://127.0.0.1:{}".format(server.server_port), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
