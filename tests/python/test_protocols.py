# SPDX-License-Identifier: LGPL-2.1-or-later
"""A protocol that is written in Python."""

import asyncio
import contextlib
import sys
import threading
import unittest.mock
import weakref

import support
import tap

from gi.repository import Gio, GLib, URLSession

Error = URLSession.Error


class Greeter(URLSession.Protocol):
    """Calls a function for each load of x: or of one address of the web."""

    def __init__(self, answer):
        super().__init__()
        self.answer = answer
        self.log = []

    def do_can_load(self, request):
        return request.uri.startswith(("x:", "https://www.example.com/"))

    def do_start(self, load):
        self.log.append("start")
        self.answer(load)

    def do_stop(self, load):
        self.log.append("stop")


class AsyncGreeter(Greeter):
    async def do_start(self, load):
        self.log.append("start")
        await self.answer(load)


def hello(load):
    load.respond(mime_type="text/plain", length=5)
    load.send_data(b"hello")
    load.finish()


class Protocols(support.TestCase):
    def configure(self, answer, kind=Greeter):
        self.protocol = kind(answer)
        configuration = URLSession.SessionConfiguration.new_ephemeral()
        configuration.add_protocol(self.protocol)
        self.session = URLSession.Session(configuration)
        self.assertEqual(self.session.configuration.protocols, [self.protocol])

    async def test_hello(self):
        self.configure(hello)
        data, response = await self.session.data("x:one")
        self.assertEqual(data, b"hello")
        self.assertEqual((response.uri, response.mime_type), ("x:one", "text/plain"))
        self.assertEqual(self.protocol.log, ["start", "stop"])
        data, _ = await self.session.data(self.uri("/bytes/3"))
        self.assertEqual(len(data), 3)
        self.assertEqual(len(self.protocol.log), 2)

    async def test_mock(self):
        def answer(load):
            self.assertEqual(load.request.headers["X-One"], "1")
            load.respond(status=201, headers={"Content-Type": "application/json"})
            load.send_data(b'{"a": 1}')
            load.finish()

        self.configure(answer)
        value, response = await self.session.json("https://www.example.com/api", headers={"X-One": "1"})
        self.assertEqual((value, response.status_code), ({"a": 1}, 201))

    async def test_registered(self):
        protocol = Greeter(hello)
        await self.assertFails(Error.UNSUPPORTED_URL, self.session.data("x:one"))
        protocol.register()
        try:
            self.assertEqual((await self.session.data("x:one"))[0], b"hello")
        finally:
            protocol.unregister()
        await self.assertFails(Error.UNSUPPORTED_URL, self.session.data("x:one"))

    async def test_body(self):
        async def answer(load):
            body = load.open_body()
            load.respond()
            load.send_data(b"none" if body is None else await body.read())
            load.finish()

        self.configure(answer, AsyncGreeter)
        path = self.folder / "f"
        path.write_bytes(b"in a file")
        self.assertEqual((await self.session.data("x:one"))[0], b"none")
        self.assertEqual((await self.session.data("x:one", body=b"bytes"))[0], b"bytes")
        self.assertEqual((await self.session.data("x:one", body=path))[0], b"in a file")
        request = URLSession.Request("x:one", method="POST")
        request.set_body_stream(Gio.MemoryInputStream.new_from_bytes(GLib.Bytes.new(b"a stream")), -1, None)
        self.assertEqual((await self.session.data(request))[0], b"a stream")
        form, _ = await self.session.data("x:one", form={"a": "1", "b": path})
        self.assertIn(b"\r\n\r\nin a file\r\n", form)

    async def test_download_of_a_gigabyte(self):
        async def answer(load):
            piece = GLib.Bytes.new(bytes(1024 * 1024))
            load.respond(length=1024 ** 3)
            for _ in range(1024):
                await load.send(piece)
            load.finish()

        self.configure(answer, AsyncGreeter)
        before = support.resident_peak()
        file, _ = await self.session.download("x:big", self.folder / "big")
        self.assertEqual(file.query_info("standard::size", 0, None).get_size(), 1024 ** 3)
        self.assertLess(support.resident_peak() - before, 64 * 1024 ** 2)

    async def test_resume(self):
        """A download goes on, when the protocol answers as a server does."""
        body = self.pattern(3000000)
        ranges = []

        async def answer(load):
            asked = load.request.headers.get("Range")
            ranges.append(asked)
            start = int(asked[len("bytes="):-1]) if asked else 0
            headers = {"ETag": '"a"', "Accept-Ranges": "bytes", "Content-Length": str(len(body) - start)}
            if start > 0:
                headers["Content-Range"] = "bytes {}-{}/{}".format(start, len(body) - 1, len(body))
            load.respond(status=206 if start else 200, headers=headers)
            if start == 0:
                await load.send(body[:1000000])
                await asyncio.sleep(1000)
            await load.send(body[start:])
            load.finish()

        self.configure(answer, AsyncGreeter)
        task = self.session.create_download_task("https://www.example.com/f")
        task.resume()
        while task.bytes_received < 1000000:
            await asyncio.sleep(0.001)
        data = await task.cancel_by_producing_resume_data()
        file = await self.session.resume_download_task(data).save(self.folder / "f")
        self.assertEqual(ranges, [None, "bytes=1000000-"])
        self.assertEqual(file.load_contents(None)[1], body)

    async def test_thread(self):
        def work(load):
            load.respond(length=500000)
            for _ in range(500):
                load.send_data(bytes(1000))
            load.finish()

        self.configure(lambda load: threading.Thread(target=work, args=[load]).start())
        bodies = await asyncio.gather(*[self.session.data("x:one") for _ in range(10)])
        self.assertEqual([len(data) for data, _ in bodies], [500000] * 10)

    async def fail(self, code, answer, kind=Greeter):
        self.configure(answer, kind)
        with unittest.mock.patch.object(sys, "excepthook") as self.excepthook:
            error = await self.assertFails(code, self.session.data("x:one"))
        self.assertEqual(self.protocol.log, ["start", "stop"])
        return error.message

    async def test_r278_raises(self):
        def answer(load):
            raise ValueError("out of cheese")

        async def answer_later(load):
            await asyncio.sleep(0)
            answer(load)

        for function, kind in (answer, Greeter), (answer_later, AsyncGreeter):
            self.assertIn("ValueError: out of cheese", await self.fail(Error.UNKNOWN, function, kind))
            self.assertEqual(self.excepthook.call_count, 1)

    async def test_r278_fails(self):
        gone = GLib.Error.new_literal(Gio.io_error_quark(), "gone fishing", Gio.IOErrorEnum.NOT_FOUND)
        self.assertIn("gone fishing", await self.fail(Error.FILE_DOES_NOT_EXIST, lambda load: load.fail(gone)))
        self.assertIn("/nonexistent", await self.fail(Error.FILE_DOES_NOT_EXIST, lambda load: open("/nonexistent")))
        self.assertEqual(self.excepthook.call_count, 0)
        await self.fail(Error.TIMED_OUT, lambda load: load.fail(TimeoutError()))

    async def test_r278_lets_go(self):
        self.assertIn("without finishing", await self.fail(Error.UNKNOWN, lambda load: None))

        async def answer(load):
            load.respond()

        self.assertIn("without finishing", await self.fail(Error.UNKNOWN, answer, AsyncGreeter))

    async def test_r278_cancelled(self):
        loads = []
        ends = []

        async def answer(load):
            loads.append(load)
            try:
                await asyncio.sleep(1000)
            except asyncio.CancelledError:
                ends.append("cancelled")
                raise

        self.configure(answer, AsyncGreeter)
        end = asyncio.create_task(self.session.data("x:one"))
        while not loads:
            await asyncio.sleep(0.001)
        end.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await end
        while not ends:
            await asyncio.sleep(0.001)
        self.assertEqual(self.protocol.log, ["start", "stop"])
        hello(loads[0])
        await self.assertFails(Error.CANCELLED, loads[0].send(b"more"))

    async def test_redirect_and_attributes(self):
        """A protocol that looks at everything, and lets the real load happen once it was seen."""
        def answer(load):
            request = load.request.copy()
            request.uri = self.uri("/bytes/5")
            request.set_attribute("seen", GLib.Variant("s", "yes"))
            load.redirect(request)

        self.configure(answer)
        task = self.session.create_data_task("x:one")
        self.assertEqual(await task.load(), self.pattern(5))
        self.assertEqual(task.current_request.get_attribute("seen").unpack(), "yes")
        self.assertIsNone(task.original_request.get_attribute("seen"))

    async def test_inner_request(self):
        """A protocol for all sessions whose own requests go its way, too: the attribute says which those are."""
        class Upper(URLSession.Protocol):
            def do_can_load(self, request):
                return request.uri.startswith("http:") and request.get_attribute("seen") is None

            async def do_start(self, load):
                request = load.request.copy()
                request.set_attribute("seen", GLib.Variant("b", True))
                data, response = await URLSession.Session().data(request)
                load.respond(status=response.status_code)
                load.send_data(data.upper())
                load.finish()

        protocol = Upper()
        protocol.register()
        with contextlib.ExitStack() as stack:
            stack.callback(protocol.unregister)
            data, response = await self.session.data(self.uri("/bytes/0?body=hello&status=203"))
        self.assertEqual((data, response.status_code), (b"HELLO", 203))

    async def test_challenge(self):
        async def answer(load):
            space = URLSession.ProtectionSpace.new("h", 1, "x", "r", URLSession.AuthenticationMethod.DEFAULT)
            credential = await load.challenge(space)
            load.respond()
            load.send_data(b"nobody" if credential is None else credential.user.encode())
            load.finish()

        self.configure(answer, AsyncGreeter)
        self.assertEqual((await self.session.data("x:one"))[0], b"nobody")

        async def log_in(session, task, challenge):
            challenge.use_credential(URLSession.Credential.new("u", "p", URLSession.CredentialPersistence.NONE))

        self.session.connect("task-challenge", log_in)
        self.assertEqual((await self.session.data("x:one"))[0], b"u")

    def test_lifetime(self):
        async def work():
            await self.session.data("x:one")

        self.configure(hello)
        URLSession.run(work())
        protocol = weakref.ref(self.protocol)
        del self.protocol, self.session
        self.assertGoes(protocol)
        self.session = URLSession.Session()


if __name__ == "__main__":
    tap.main()
