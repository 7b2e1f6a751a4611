# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tasks for streams, in conversation with servers of Python's library and of OpenSSL."""

import asyncio
import contextlib
import shutil
import socket
import socketserver
import ssl
import subprocess
import threading
import time

import support
import tap

from gi.repository import Gio, GLib, URLSession

Error = URLSession.Error


def make_certificate(folder):
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                    "-out", certificate, "-keyout", key], check=True, capture_output=True)
    return certificate, key


class LineServer:
    """Answers lines; those that begin with a command in capitals do something else."""

    def __init__(self, certificate=None, key=None):
        outer = self
        self.heard = []

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                with contextlib.suppress(ConnectionError, ssl.SSLError):
                    while line := self.rfile.readline():
                        outer.heard.append(line)
                        if line == b"STARTTLS\n":
                            self.start_tls()
                        elif line.startswith(b"SEND "):
                            for _ in range(int(line.split()[1]) // 50000):
                                self.wfile.write(bytes(50000))
                        elif line == b"TWO\n":
                            self.wfile.write(b"one\ntwo\n")
                        elif line == b"QUIT\n":
                            return
                        else:
                            self.wfile.write(b"> " + line)

            def start_tls(self):
                self.wfile.write(b"go on\n")
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(certificate, key)
                self.request = context.wrap_socket(self.request, server_side=True)
                self.rfile = self.request.makefile("rb")
                self.wfile = self.request.makefile("wb", buffering=0)

            def finish(self):
                super().finish()
                self.request.close()

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True

            def handle_error(self, request, address):
                """A client that went away."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class StreamTasks(support.TestCase):
    def line_server(self, *args):
        server = LineServer(*args)
        self.addCleanup(server.stop)
        return server

    def task(self, port):
        task = self.session.create_stream_task("127.0.0.1", port)
        self.log = []
        for signal in "read-closed", "write-closed":
            task.connect(signal, lambda *args, signal=signal: self.log.append(signal))
        task.connect("completed", lambda task, error: self.log.append("completed"))
        return task

    async def test_r257_conversation(self):
        server = self.line_server()
        task = self.task(server.port)
        async with task:
            await task.write(b"hello\n")
            self.assertEqual(await task.readline(), b"> hello\n")
            await task.write(GLib.Bytes.new(b"one\ntwo\n"))
            self.assertEqual(await task.read(minimum=6, maximum=6), b"> one\n")
            self.assertEqual(await task.read(), b"> two\n")
            await task.write(b"a\nb\nQUIT\n")
            self.assertEqual([line async for line in task], [b"> a\n", b"> b\n"])
            self.assertEqual(await task.read(), b"")
            self.assertEqual(await task.readline(), b"")
            task.close_write()
            while "completed" not in self.log:
                await asyncio.sleep(0.001)
        self.assertEqual(self.log, ["read-closed", "write-closed", "completed"])
        self.assertIsNone(task.error)
        await self.assertFails(Error.NETWORK_CONNECTION_LOST, task.write(b"x"))

    async def test_r257_without_the_override(self):
        server = self.line_server()
        task = self.task(server.port)
        task.resume()
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        task.write_async(GLib.Bytes.new(b"x\n"), 0, None, lambda task, result: task.write_finish(result))
        task.read_async(1, 100, 0, None, lambda task, result: done.set_result(task.read_finish(result)))
        data, at_end = await done
        self.assertEqual(data.get_data(), b"> x\n")
        self.assertFalse(at_end)
        task.cancel()

    async def test_r258_timeout(self):
        server = self.line_server()
        async with self.task(server.port) as task:
            await self.assertFails(Error.TIMED_OUT, task.read(timeout=0.05))
            await task.write(b"still here\n")
            self.assertEqual(await task.readline(timeout=20), b"> still here\n")

    async def test_cancelled_read_loses_nothing(self):
        server = self.line_server()
        async with self.task(server.port) as task:
            for i in range(50):
                reading = asyncio.create_task(task.read())
                await task.write(b"%d\n" % i)
                for _ in range(i % 7):
                    await asyncio.sleep(0)
                reading.cancel()
                try:
                    line = await reading
                except asyncio.CancelledError:
                    line = b""
                while not line.endswith(b"\n"):
                    line += await task.read()
                self.assertEqual(line, b"> %d\n" % i)

    async def test_r260_starttls(self):
        certificate, key = make_certificate(self.folder)
        server = self.line_server(certificate, key)
        asked = []

        def challenge(session, task, challenge):
            space = challenge.get_protection_space()
            asked.append((space.authentication_method, space.protocol, space.host))
            challenge.trust_server(False)
            return True

        self.session.connect("challenge", challenge)
        async with self.task(server.port) as task:
            await task.write(b"in clear\n")
            self.assertEqual(await task.readline(), b"> in clear\n")
            await task.write(b"STARTTLS\n")
            self.assertEqual(await task.readline(), b"go on\n")
            task.start_secure_connection()
            await task.write(b"in secret\n")
            self.assertEqual(await task.readline(), b"> in secret\n")
        self.assertEqual(asked, [(URLSession.AuthenticationMethod.SERVER_TRUST, "tls", "127.0.0.1")])
        self.assertEqual(server.heard[-1], b"in secret\n")

    async def test_r260_starttls_untrusted(self):
        server = self.line_server(*make_certificate(self.folder))
        async with self.task(server.port) as task:
            await task.write(b"STARTTLS\n")
            self.assertEqual(await task.readline(), b"go on\n")
            task.start_secure_connection()
            await self.assertFails(Error.SERVER_CERTIFICATE_HAS_UNKNOWN_ROOT, task.write(b"password\n"))
        self.assertNotIn(b"password\n", server.heard)

    async def test_r260_read_ahead(self):
        server = self.line_server()
        async with self.task(server.port) as task:
            await task.write(b"TWO\n")
            self.assertEqual(await task.readline(), b"one\n")
            with self.assertRaises(ValueError):
                task.start_secure_connection()

    async def test_r260_openssl(self):
        certificate, key = make_certificate(self.folder)
        server = subprocess.Popen(["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", certificate, "-key", key,
                                   "-rev"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        while not (line := server.stdout.readline()).startswith("ACCEPT"):
            self.assertNotEqual(line, "")
        configuration = URLSession.SessionConfiguration.new_ephemeral()
        configuration.set_tls_database(Gio.TlsFileDatabase.new(str(certificate)))
        session = URLSession.Session(configuration)
        task = session.create_stream_task("localhost", int(line.rsplit(":", 1)[1]))
        task.start_secure_connection()
        async with task:
            await task.write(b"hello\n")
            self.assertEqual(await task.readline(), b"olleh\n")

    async def test_r261_captured_streams(self):
        server = self.line_server()
        task = self.task(server.port)
        async with task:
            await task.write(b"by the task\n")
            self.assertEqual(await task.readline(), b"> by the task\n")
            stream = await task.capture_streams()
        self.assertIsNone(task.error)
        self.assertIsInstance(stream, Gio.SocketConnection)
        del task, self.session
        self.session = None
        stream.get_output_stream().write_all(b"by hand\n", None)
        self.assertEqual(stream.get_input_stream().read_bytes(100, None).get_data(), b"> by hand\n")
        stream.close(None)

    async def test_both_directions(self):
        """More than any buffer holds, both ways at once."""
        server = self.line_server()
        line = b"x" * 9999 + b"\n"
        async with self.task(server.port) as task:
            async def write():
                for _ in range(2000):
                    await task.write(line)
                task.close_write()
            writing = asyncio.create_task(write())
            n_lines = 0
            async for answer in task:
                self.assertEqual(len(answer), len(line) + 2)
                n_lines += 1
            await writing
        self.assertEqual(n_lines, 2000)

    async def test_memory(self):
        server = self.line_server()
        async with self.task(server.port) as task:
            await task.write(b"SEND 1000000\n")
            before = support.resident_peak()
            await task.write(b"SEND 200000000\n")
            left = 201000000
            while left > 0:
                left -= len(await task.read(maximum=256 * 1024))
            self.assertLess(support.resident_peak() - before, 32 * 1024 * 1024)

    async def test_r032_response_as_a_stream(self):
        task = self.session.create_data_task(self.uri("/bytes/0?body=one%0Atwo%0Athree"))
        became = asyncio.get_running_loop().create_future()

        def decide(task, decision):
            decision.become_stream()
            return True

        task.connect("decide-response", decide)
        task.connect("became-stream", lambda task, stream: became.set_result(stream))
        task.resume()
        stream = await became
        self.assertIsInstance(stream, URLSession.StreamTask)
        await self.assertFails(Error.UNSUPPORTED_BY_SESSION, stream.write(b"x"))
        self.assertEqual([line async for line in stream], [b"one\n", b"two\n", b"three"])

    async def test_socks(self):
        program = shutil.which("microsocks")
        if program is None:
            self.skipTest("danted or microsocks is not installed")
        server = self.line_server()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        proxy = subprocess.Popen([program, "-i", "127.0.0.1", "-p", str(port), "-u", "user", "-P", "secret"],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(proxy.wait)
        self.addCleanup(proxy.kill)
        for _ in range(1000):
            with contextlib.suppress(ConnectionError):
                socket.create_connection(("127.0.0.1", port)).close()
                break
            time.sleep(0.01)
        configuration = URLSession.SessionConfiguration.new_ephemeral()
        configuration.set_proxy_resolver(Gio.SimpleProxyResolver.new(f"socks5://127.0.0.1:{port}", None))
        session = URLSession.Session(configuration)
        asked = []

        def challenge(session, task, challenge):
            asked.append(challenge.get_protection_space().is_proxy)
            challenge.use_credential(URLSession.Credential.new("user", "secret", URLSession.CredentialPersistence.NONE))
            return True

        session.connect("challenge", challenge)
        async with session.create_stream_task("127.0.0.1", server.port) as task:
            await task.write(b"around the corner\n")
            self.assertEqual(await task.readline(), b"> around the corner\n")
        self.assertEqual(asked, [True])

    async def test_errors(self):
        async with self.session.create_stream_task("127.0.0.1", 1) as task:
            await self.assertFails(Error.CANNOT_CONNECT_TO_HOST, task.read())
        async with self.session.create_stream_task("127.0.0.1", 0) as task:
            await self.assertFails(Error.BAD_URL, task.read())
        await self.assertFails(Error.UNSUPPORTED_URL, self.session.data("tcp://127.0.0.1:1/"))
        server = self.line_server()
        task = self.task(server.port)
        task.resume()
        reading = asyncio.create_task(task.read())
        await task.write(b"x")
        task.cancel()
        await self.assertFails(Error.CANCELLED, reading)
        await self.assertFails(Error.CANCELLED, task.read())


if __name__ == "__main__":
    tap.main()
