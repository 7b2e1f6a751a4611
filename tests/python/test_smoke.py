# SPDX-License-Identifier: LGPL-2.1-or-later
"""The test server and the typelib of the library, from Python."""

import unittest

import gi

gi.require_version("URLSession", "1")
gi.require_version("URLSessionTest", "1")
from gi.repository import Gio, URLSession, URLSessionTest  # noqa: E402

import tap  # noqa: E402


class Smoke(unittest.TestCase):
    def setUp(self):
        self.server = URLSessionTest.Server.new()
        self.assertTrue(self.server.start())
        self.addCleanup(self.server.stop)

    def ask(self, target):
        connection = Gio.SocketClient.new().connect_to_host("127.0.0.1", self.server.props.port, None)
        text = "GET {} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n".format(target)
        connection.get_output_stream().write_all(text.encode(), None)
        answer = b""
        while data := connection.get_input_stream().read_bytes(4096, None).get_data():
            answer += data
        return answer.split(b"\r\n\r\n", 1)

    def test_server_bytes(self):
        head, body = self.ask("/bytes/10000")
        self.assertTrue(head.startswith(b"HTTP/1.1 200 OK\r\n"))
        self.assertEqual(body, URLSessionTest.pattern_bytes(10000).get_data())

    def test_server_log(self):
        self.ask("/status/404?id=1")
        self.assertTrue(self.server.wait_for_requests(1, 0))
        self.assertEqual(self.server.dup_requests(), ["GET /status/404?id=1"])
        self.assertEqual(self.server.dup_request_header(0, "host"), "test")
        self.assertEqual(list(self.server.dup_connection_ids()), [1])
        self.assertTrue(self.server.get_uri("/x").endswith(":{}/x".format(self.server.get_port())))

    def test_error_domain(self):
        self.assertIsNotNone(URLSession.Error.quark())


if __name__ == "__main__":
    tap.main()
