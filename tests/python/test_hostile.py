# SPDX-License-Identifier: LGPL-2.1-or-later
"""Servers that send what they should not: each time one clear end."""

import gzip

import peers
import support
import tap

from gi.repository import GLib, URLSession

Error = URLSession.Error

KNOWN = [Error.CANNOT_PARSE_RESPONSE, Error.BAD_SERVER_RESPONSE, Error.NETWORK_CONNECTION_LOST,
         Error.CANNOT_DECODE_CONTENT_DATA, Error.CANNOT_DECODE_RAW_DATA, Error.ZERO_BYTE_RESOURCE]


def ok(*fields, body=b"hello"):
    head = b"HTTP/1.1 200 OK\r\n" + b"".join(field + b"\r\n" for field in fields)
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


class Hostile(support.TestCase):
    def setUp(self):
        super().setUp()
        self.session = URLSession.Session(configuration=URLSession.SessionConfiguration.new_ephemeral())

    def load(self, answer, request=None):
        """Returns the task when it is over, and its body. It is over once."""
        server = peers.RawServer(answer)
        self.addCleanup(server.stop)
        request = request or URLSession.Request.new(server.uri())
        request.props.uri = server.uri()
        request.props.timeout = 20
        task = self.session.create_data_task(request)
        ends, pieces = [], []
        task.connect("completed", lambda task, error: ends.append(error))
        task.connect("received-data", lambda task, data: pieces.append(data.get_data()))
        task.resume()
        self.iterate_until(lambda: ends, seconds=40)
        self.assertEqual(len(ends), 1)
        return task, b"".join(pieces)

    def assertClear(self, task, codes=KNOWN):
        """A code that says what it is, and a sentence that says where."""
        error = task.props.error
        self.assertIsNotNone(error)
        self.assertTrue(any(error.matches(URLSession.error_quark(), code) for code in codes), error)
        self.assertIn("127.0.0.1", error.message)
        self.assertRegex(error.message, r"[.!]$")

    def test_r273_status_lines(self):
        for line in (b"HTTP/1.1\r\n\r\n", b"HTTP/1.1 abc OK\r\n\r\n", b"HTTP/1.1 20 OK\r\n\r\n", b"HTTP/9.9 200 OK\r\n\r\n",
                     b"\r\n\r\n", b"hello\r\n\r\n", b"HTTP/1.1 2000 OK\r\n\r\n", b"\x00\x01\x02", b""):
            task, body = self.load(line)
            self.assertClear(task)
            self.assertIsNone(task.props.response, line)
            self.assertEqual(body, b"", line)

    def test_r273_any_status(self):
        task, body = self.load(b"HTTP/1.1 999 What\r\nContent-Length: 5\r\n\r\nhello")
        self.assertIsNone(task.props.error)
        self.assertEqual((task.props.response.props.status_code, body), (999, b"hello"))

    def test_r273_body_to_the_end(self):
        task, body = self.load(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 100000)
        self.assertIsNone(task.props.error)
        self.assertEqual(body, b"x" * 100000)

    def test_malformed_fields(self):
        """What is no header field is left out, or the end; what is one with nonsense in it changes nothing."""
        for field in (b"Set-Cookie: =", b"Set-Cookie: a=b; Domain=.; Path=; Max-Age=x; Expires=never", b"Set-Cookie:",
                      b"Set-Cookie: " + b"a" * 9000, b"Set-Cookie: \xff\xfe=\xfd", b"Content-Type: ;;;", b"Content-Type:",
                      b"Content-Type: text/html; charset=", b"Content-Disposition: attachment; filename=", b"Content-Range: x",
                      b"Content-Encoding: unknown", b"Location: http://[", b"Location:", b"Retry-After: soon",
                      b"WWW-Authenticate: Digest", b"Strict-Transport-Security: max-age=x", b"Date: never", b"ETag: x",
                      b"Repr-Digest: sha-256=:x:", b"NoColon", b": no name", b"Bad Name: x", b"Folded: a\r\n b"):
            task, body = self.load(ok(field))
            if task.props.error is None:
                self.assertEqual(body, b"hello", field)
            else:
                self.assertClear(task)

    def test_lengths(self):
        for field in (b"Content-Length: -1", b"Content-Length: x", b"Content-Length: 99999999999999999999999", b"Content-Length: 5, 6",
                      b"Content-Length: 5\r\nContent-Length: 6", b"Transfer-Encoding: nonsense"):
            task, body = self.load(b"HTTP/1.1 200 OK\r\n" + field + b"\r\n\r\nhello")
            if task.props.error is None:
                self.assertEqual(body, b"hello", field)
            else:
                self.assertClear(task)

    def test_large_heads(self):
        for answer in (ok(b"X: " + b"x" * (1 << 20)), ok(*[b"X-%d: y" % i for i in range(10000)])):
            task, body = self.load(answer)
            if task.props.error is None:
                self.assertEqual(body, b"hello")
            else:
                self.assertClear(task)

    def test_r076_redirect_loop(self):
        task, body = self.load(lambda head, connection: connection.sendall(
            b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
        self.assertClear(task, [Error.TOO_MANY_REDIRECTS])

    def test_gzip_bomb(self):
        bomb = gzip.compress(bytes(300 << 20), 9)
        self.assertLess(len(bomb), 1 << 20)
        before = support.resident_peak()
        request = URLSession.Request.new("")
        request.props.maximum_body_length = 1 << 20
        task, body = self.load(ok(b"Content-Encoding: gzip", body=bomb), request)
        self.assertClear(task, [Error.DATA_LENGTH_EXCEEDS_MAXIMUM])
        self.assertLessEqual(len(body), 1 << 20)
        self.assertLess(support.resident_peak() - before, 24 << 20)

    def test_maximum_length(self):
        for length, expected in ((5, None), (4, Error.DATA_LENGTH_EXCEEDS_MAXIMUM)):
            request = URLSession.Request.new("")
            request.props.maximum_body_length = length
            task, body = self.load(ok(), request)
            if expected is None:
                self.assertEqual((task.props.error, body), (None, b"hello"))
            else:
                self.assertClear(task, [expected])
                self.assertEqual(body, b"")

    def test_answer_before_the_body(self):
        """It is the answer, or the connection that went: never silence."""
        def refuse(head, connection):
            connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
        request = URLSession.Request.new("")
        request.props.method = "PUT"
        request.set_body_bytes(GLib.Bytes.new(bytes(4 << 20)), "application/octet-stream")
        task, body = self.load(refuse, request)
        if task.props.error is None:
            self.assertEqual((task.props.response.props.status_code, body), (413, b"no"))
        else:
            self.assertClear(task)


if __name__ == "__main__":
    tap.main()
