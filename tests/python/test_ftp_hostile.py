# SPDX-License-Identifier: LGPL-2.1-or-later
"""Servers of FTP that do what they should not: each time one clear end."""

import json

import ftp_peers
import support
import tap

from gi.repository import URLSession

Error = URLSession.Error


class FtpHostile(support.TestCase):
    def setUp(self):
        super().setUp()
        self.session = URLSession.Session(configuration=URLSession.SessionConfiguration.new_ephemeral())

    def load(self, server, path="/dir/file.txt", timeout=20):
        """Returns the task when it is over, and its body. It is over once."""
        self.addCleanup(server.stop)
        request = URLSession.Request.new(server.uri(path))
        request.props.timeout = timeout
        task = self.session.create_data_task(request)
        ends, pieces = [], []
        task.connect("completed", lambda task, error: ends.append(error))
        task.connect("received-data", lambda task, data: pieces.append(data.get_data()))
        task.resume()
        self.iterate_until(lambda: ends, seconds=40)
        self.assertEqual(len(ends), 1)
        return task, b"".join(pieces)

    def assertClear(self, task, *codes):
        error = task.props.error
        self.assertIsNotNone(error)
        self.assertTrue(any(error.matches(URLSession.error_quark(), code) for code in codes), error)
        self.assertIn("127.0.0.1", error.message)
        self.assertRegex(error.message, r"[.!]$")

    def test_r273_well(self):
        """The server of these tests can be spoken to; the address in PASV is not gone to."""
        for replies in ({}, {"EPSV": b"500 no\r\n"}, {"SIZE": b"500 no\r\n"}, {"MDTM": b"550 no\r\n"}):
            task, body = self.load(ftp_peers.ScriptedFtpServer(replies))
            self.assertIsNone(task.props.error)
            self.assertEqual(body, b"hello")

    def test_r274_size_too_large(self):
        task, body = self.load(ftp_peers.ScriptedFtpServer({"SIZE": b"213 1000\r\n"}))
        self.assertClear(task, Error.NETWORK_CONNECTION_LOST)

    def test_size_too_small(self):
        """What is said first counts: no more than that comes."""
        task, body = self.load(ftp_peers.ScriptedFtpServer({"SIZE": b"213 3\r\n"}))
        self.assertIsNone(task.props.error)
        self.assertEqual(task.props.response.props.expected_content_length, 3)
        self.assertEqual(body, b"hel")

    def test_size_is_nonsense(self):
        for size in (b"-5", b"99999999999999999999999", b"x", b""):
            task, body = self.load(ftp_peers.ScriptedFtpServer({"SIZE": b"213 " + size + b"\r\n"}))
            if task.props.error is not None:
                self.assertClear(task, Error.NETWORK_CONNECTION_LOST, Error.BAD_SERVER_RESPONSE)
            else:
                self.assertEqual(body, b"hello")

    def test_r273_stalls(self):
        for command in ("USER", "PASS", "PWD", "CWD", "MDTM", "EPSV", "TYPE", "SIZE", "RETR", "END"):
            task, body = self.load(ftp_peers.ScriptedFtpServer({command: None}), timeout=1)
            self.assertClear(task, Error.TIMED_OUT)
        task, body = self.load(ftp_peers.ScriptedFtpServer(greeting=None), timeout=1)
        self.assertClear(task, Error.TIMED_OUT)

    def test_r273_closes(self):
        for command in ("USER", "PASS", "PWD", "CWD", "MDTM", "EPSV", "TYPE", "SIZE", "RETR"):
            task, body = self.load(ftp_peers.ScriptedFtpServer({command: b""}))
            self.assertClear(task, Error.NETWORK_CONNECTION_LOST, Error.CANNOT_CONNECT_TO_HOST)
        task, body = self.load(ftp_peers.ScriptedFtpServer(greeting=b""))
        self.assertClear(task, Error.NETWORK_CONNECTION_LOST)

    def test_r273_too_many(self):
        task, body = self.load(ftp_peers.ScriptedFtpServer(greeting=b"421 too many\r\n"))
        self.assertClear(task, Error.NETWORK_CONNECTION_LOST)
        for command in ("CWD", "SIZE", "RETR"):
            task, body = self.load(ftp_peers.ScriptedFtpServer({command: b"421 bye\r\n"}))
            self.assertClear(task, Error.NETWORK_CONNECTION_LOST)

    def test_r273_garbage(self):
        for greeting in (b"hello\r\n", b"\x00\x01\x02\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"999 what\r\n"):
            task, body = self.load(ftp_peers.ScriptedFtpServer(greeting=greeting), timeout=2)
            self.assertClear(task, Error.BAD_SERVER_RESPONSE, Error.TIMED_OUT)

    def test_endless_line(self):
        def endless(connection):
            while True:
                connection.sendall(b"x" * 65536)

        before = support.resident_peak()
        for replies in ({"USER": endless}, {"SIZE": endless}):
            task, body = self.load(ftp_peers.ScriptedFtpServer(replies), timeout=2)
            self.assertClear(task, Error.TIMED_OUT, Error.NETWORK_CONNECTION_LOST)
        self.assertLess(support.resident_peak() - before, 32 << 20)

    def test_endless_lines(self):
        def endless(connection):
            while True:
                connection.sendall(b"230-more\r\n" * 1000)

        task, body = self.load(ftp_peers.ScriptedFtpServer({"PASS": endless}), timeout=2)
        self.assertClear(task, Error.TIMED_OUT, Error.NETWORK_CONNECTION_LOST)

    def test_no_data_connection(self):
        task, body = self.load(ftp_peers.ScriptedFtpServer({"EPSV": b"500 no\r\n", "PASV": b"500 no\r\n"}))
        self.assertClear(task, Error.CANNOT_CONNECT_TO_HOST)
        task, body = self.load(ftp_peers.ScriptedFtpServer({"RETR": b"425 no\r\n"}))
        self.assertClear(task, Error.CANNOT_CONNECT_TO_HOST)
        task, body = self.load(ftp_peers.ScriptedFtpServer({"RETR": b"451 no\r\n"}))
        self.assertClear(task, Error.RESOURCE_UNAVAILABLE)

    def test_broken_end(self):
        for end in (b"426 aborted\r\n", b"451 disk\r\n", b""):
            task, body = self.load(ftp_peers.ScriptedFtpServer({"END": end}))
            self.assertClear(task, Error.NETWORK_CONNECTION_LOST)

    def test_names(self):
        """What is no name of something in the folder is not there."""
        body = (b"type=file; ok\r\ntype=file; ../../etc/passwd\r\ntype=file; /etc/passwd\r\ntype=cdir; .\r\n"
                b"type=pdir; ..\r\ntype=dir; ..\r\ntype=file;size=-1; b\x01c\r\ntype=file;size=7; \xff\r\n"
                b"nonsense\r\n\r\n" + b"type=file; " + b"n" * 100_000 + b"\r\ntype=file; last")
        server = ftp_peers.ScriptedFtpServer({}, body=body)
        task, listing = self.load(server, "/dir/")
        self.assertIsNone(task.props.error)
        self.assertEqual([(entry["name"], entry["href"]) for entry in json.loads(listing)],
                         [("ok", "ok"), ("\ufffd", "%FF"), ("last", "last")])

    def test_suggested_filename(self):
        for path in ("/a/%2e%2e%2fpasswd", "/a/%2Fetc%2Fpasswd", "/a/.."):
            server = ftp_peers.ScriptedFtpServer({})
            task, body = self.load(server, path)
            if task.props.response is not None:
                name = task.props.response.props.suggested_filename
                self.assertNotIn("/", name)
                self.assertFalse(name.startswith("."), name)

    def test_password_is_not_repeated(self):
        server = ftp_peers.ScriptedFtpServer({"PASS": b"550 no sesame\r\n"})
        self.addCleanup(server.stop)
        task = self.session.create_data_task(server.uri().replace("127", "user:sesame@127"))
        ends = []
        task.connect("completed", lambda task, error: ends.append(error))
        task.resume()
        self.iterate_until(lambda: ends)
        self.assertClear(task, Error.USER_AUTHENTICATION_REQUIRED)
        self.assertNotIn("sesame", task.props.error.message)


if __name__ == "__main__":
    tap.main()
