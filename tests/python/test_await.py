# SPDX-License-Identifier: LGPL-2.1-or-later
"""The coroutines and conveniences that the override adds."""

import asyncio
import collections.abc
import os
import signal
import subprocess
import sys
import time

import support
import tap

from gi.repository import Gio, GLib, URLSession

Error = URLSession.Error


class Await(support.TestCase):
    async def test_data(self):
        data, response = await self.session.data(self.uri("/bytes/1000"))
        self.assertIsInstance(data, bytes)
        self.assertEqual(data, self.pattern(1000))
        self.assertTrue(response.ok)
        self.assertEqual(response.status_code, 200)

    async def test_data_request(self):
        request = URLSession.Request(self.uri("/echo"), method="PUT", headers={"X-One": "1"})
        request.set_body({"a": [1, None, "ä"]})
        answer, response = await self.session.json(request)
        self.assertEqual(answer["method"], "PUT")
        self.assertEqual(answer["body"], '{"a": [1, null, "\\u00e4"]}')
        headers = {name.lower(): value for name, value in answer["headers"]}
        self.assertEqual(headers["x-one"], "1")
        self.assertEqual(headers["content-type"], "application/json")

    async def test_data_guri(self):
        uri = GLib.Uri.parse(self.uri("/bytes/3"), GLib.UriFlags.ENCODED)
        data, _ = await self.session.data(uri)
        self.assertEqual(data, self.pattern(3))

    async def test_data_empty(self):
        data, response = await self.session.data(self.uri("/empty"))
        self.assertEqual(data, b"")

    async def test_r035_error_status_is_a_response(self):
        data, response = await self.session.data(self.uri("/status/404"))
        self.assertFalse(response.ok)
        self.assertEqual(response.status_code, 404)
        self.assertGreater(len(data), 0)

    async def test_r270_bad_url(self):
        await self.assertFails(Error.BAD_URL, self.session.data("not a url"))

    async def test_r271_unknown_scheme(self):
        await self.assertFails(Error.UNSUPPORTED_URL, self.session.data("nonsense://x/"))

    async def test_refused(self):
        error = await self.assertFails(Error.CANNOT_CONNECT_TO_HOST, self.session.data("http://127.0.0.1:1/"))
        self.assertIn("127.0.0.1", error.message)

    async def test_timed_out(self):
        request = URLSession.Request(self.uri("/stall"), timeout=0.1)
        await self.assertFails(Error.TIMED_OUT, self.session.data(request))

    async def test_json_invalid(self):
        await self.assertFails(Error.CANNOT_PARSE_JSON, self.session.json(self.uri("/bytes/5?body=%7B")))
        await self.assertFails(Error.CANNOT_PARSE_JSON, self.session.json(self.uri("/empty")))

    async def test_open_lines(self):
        body, response = await self.session.open(self.uri("/bytes/0?body=one%0Atwo%0D%0A%0Alast"))
        self.assertEqual([line async for line in body], [b"one\n", b"two\r\n", b"\n", b"last"])

    async def test_open_read(self):
        body, response = await self.session.open(self.uri("/bytes/300000"))
        first = await body.read(10)
        line = await body.readline()
        rest = await body.read()
        self.assertEqual(first + line + rest, self.pattern(300000))
        self.assertEqual(await body.read(), b"")
        self.assertEqual(await body.read(10), b"")

    async def test_open_read_waits(self):
        body, response = await self.session.open(self.uri("/bytes/200000?pause-after=100000"))
        data = b""
        while len(data) < 100000:
            data += await body.read(65536)
        rest = asyncio.create_task(body.read())
        await asyncio.sleep(0.05)
        self.assertFalse(rest.done())
        self.server.release()
        self.assertEqual(data + await rest, self.pattern(200000))

    async def test_open_close_early(self):
        task = self.session.create_data_task(self.uri("/bytes/100000000?rate=1000000"))
        async with await task.open() as body:
            await body.read(10)
        while task.state != URLSession.TaskState.COMPLETED:
            await asyncio.sleep(0.01)
        self.assertIsError(task.error, Error.CANCELLED)

    async def test_download(self):
        file, response = await self.session.download(self.uri("/bytes/1000"), self.folder / "x")
        self.assertEqual(file.get_path(), str(self.folder / "x"))
        self.assertEqual((self.folder / "x").read_bytes(), self.pattern(1000))
        file, _ = await self.session.download(self.uri("/bytes/1000?name=a.txt"), str(self.folder))
        self.assertEqual(file.get_basename(), "a.txt")
        file, _ = await self.session.download(self.uri("/bytes/1000"), Gio.File.new_for_path(str(self.folder / "y")))
        self.assertEqual(file.get_basename(), "y")

    async def test_download_temporary(self):
        file, response = await self.session.download(self.uri("/bytes/10"))
        self.addCleanup(os.unlink, file.get_path())
        self.assertEqual(file.load_contents(None)[1], self.pattern(10))

    async def test_download_error_status(self):
        await self.assertFails(Error.BAD_SERVER_RESPONSE, self.session.download(self.uri("/status/404"), self.folder))
        self.assertEqual(list(self.folder.iterdir()), [])

    async def test_load(self):
        task = self.session.create_data_task(self.uri("/bytes/1000"))
        self.assertEqual(task.state, URLSession.TaskState.SUSPENDED)
        self.assertEqual(await task.load(), self.pattern(1000))
        self.assertEqual(task.bytes_received, 1000)
        self.assertEqual(task.fraction_completed, 1)

    async def test_r185_r186_resume(self):
        task = self.session.create_download_task(self.uri("/bytes/1000000?pause-after=500000"))
        task.connect("wrote-data", lambda task, *_: half.set() if task.bytes_received >= 400000 else None)
        half = asyncio.Event()
        saving = asyncio.create_task(task.save(self.folder / "x"))
        await half.wait()
        data = await task.cancel_by_producing_resume_data()
        await self.assertFails(Error.CANCELLED, saving)
        self.server.release()

        offsets = []
        task = self.session.resume_download_task(data.get_data(), self.uri("/bytes/1000000"))
        task.connect("resumed-at-offset", lambda task, offset, total: offsets.append((offset, total)))
        await task.save(self.folder / "x")
        self.assertEqual((self.folder / "x").read_bytes(), self.pattern(1000000))
        self.assertEqual(len(offsets), 1)
        self.assertGreaterEqual(offsets[0][0], 400000)

    async def test_cancel_save_keeps_resume_data(self):
        task = self.session.create_download_task(self.uri("/bytes/1000000?pause-after=500000"))
        saving = asyncio.create_task(task.save(self.folder / "x"))
        while task.bytes_received == 0:
            await asyncio.sleep(0.01)
        saving.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await saving
        self.assertIsNotNone(task.resume_data)
        self.assertIsError(task.error, Error.CANCELLED)

    async def test_resume_garbage(self):
        task = self.session.resume_download_task(b"garbage")
        await self.assertFails(Error.NOT_RESUMABLE, task.save(self.folder))

    async def test_not_resumable(self):
        task = self.session.create_download_task(self.uri("/bytes/10"))
        await self.assertFails(Error.NOT_RESUMABLE, task.cancel_by_producing_resume_data())

    async def test_cancel_asyncio(self):
        with self.assertRaises(TimeoutError):
            async with asyncio.timeout(0.1):
                await self.session.data(self.uri("/stall"))
        while self.session.dup_tasks():
            await asyncio.sleep(0.01)

    async def test_reset_and_flush(self):
        await self.session.flush()
        await self.session.reset()

    async def test_task_group(self):
        async with asyncio.TaskGroup() as group:
            loads = [group.create_task(self.session.data(self.uri("/bytes/1000?id={}".format(n)))) for n in range(50)]
        self.assertTrue(all(load.result()[0] == self.pattern(1000) for load in loads))

    async def test_glib_and_asyncio_side_by_side(self):
        ticks = []
        GLib.timeout_add(5, lambda: ticks.append(1) or True)
        begin = time.monotonic()
        await asyncio.gather(asyncio.sleep(0.2), self.session.data(self.uri("/bytes/10?delay=200")))
        self.assertLess(time.monotonic() - begin, 2)
        self.assertGreater(len(ticks), 10)
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.get_port())
        writer.write(b"GET /bytes/5 HTTP/1.0\r\n\r\n")
        self.assertTrue((await reader.read()).endswith(self.pattern(5)))
        writer.close()
        self.assertEqual(await asyncio.to_thread(lambda: 7), 7)

    def test_loop_that_does_not_serve_glib(self):
        async def main():
            session = URLSession.Session()
            data, _ = await session.data(self.uri("/bytes/1000"))
            return data

        self.assertEqual(asyncio.run(main()), self.pattern(1000))

    def test_run_returns_and_raises(self):
        async def value():
            return 3

        async def fail():
            raise LookupError

        self.assertEqual(URLSession.run(value()), 3)
        with self.assertRaises(LookupError):
            URLSession.run(fail())

    def test_run_a_main_loop(self):
        loop = GLib.MainLoop()
        results = []

        async def load(seconds):
            await asyncio.sleep(seconds)
            results.append((await self.session.data(self.uri("/bytes/10")))[0])
            results.append(await asyncio.to_thread(lambda: seconds))
            async with asyncio.timeout(5):
                await self.session.data(self.uri("/bytes/10?delay=20"))
            if seconds == 0.05:
                loop.quit()

        def start():
            asyncio.create_task(load(0.01))
            asyncio.create_task(load(0.05))

        GLib.idle_add(start)
        URLSession.run(loop.run)
        self.assertEqual(results, [self.pattern(10), 0.01, self.pattern(10), 0.05])
        self.assertRaises(RuntimeError, asyncio.get_running_loop)

    def test_run_a_main_loop_idles(self):
        loop = GLib.MainLoop()

        async def wait():
            await asyncio.sleep(0.3)
            loop.quit()

        GLib.idle_add(lambda: asyncio.create_task(wait()) and False)
        begin = time.process_time()
        URLSession.run(loop.run)
        self.assertLess(time.process_time() - begin, 0.1)

    def test_ctrl_c(self):
        program = (
            "import gi\n"
            "gi.require_version('URLSession', '1')\n"
            "from gi.repository import URLSession\n"
            "async def main():\n"
            "    print('here', flush=True)\n"
            "    await URLSession.Session().data('{}')\n"
            "try:\n"
            "    URLSession.run(main())\n"
            "except KeyboardInterrupt:\n"
            "    print('interrupted')\n"
        ).format(self.uri("/stall"))
        with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
            self.server.wait_for_requests(1, 10000)
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.stdout.read().split(), ["here", "interrupted"])

    def test_no_loop(self):
        coroutine = self.session.data(self.uri("/empty"))
        with self.assertRaises(RuntimeError):
            coroutine.send(None)


class Values(support.TestCase):
    def test_headers(self):
        headers = URLSession.Headers({"A": "1"})
        headers["b"] = "2"
        headers.append("a", "3")
        self.assertEqual(headers["a"], "1, 3")
        self.assertEqual(headers.get("a"), "1, 3")
        self.assertIsNone(headers.get("c"))
        self.assertEqual(headers.get("c", "x"), "x")
        self.assertIn("B", headers)
        self.assertNotIn("c", headers)
        self.assertEqual(len(headers), 2)
        self.assertEqual(list(headers), ["A", "b"])
        self.assertEqual(dict(headers.items()), {"A": "1, 3", "b": "2"})
        self.assertEqual(dict(headers), {"A": "1, 3", "b": "2"})
        del headers["A"]
        with self.assertRaises(KeyError):
            headers["a"]
        with self.assertRaises(KeyError):
            del headers["a"]
        self.assertTrue(URLSession.Headers())
        self.assertIsInstance(headers, collections.abc.MutableMapping)

    def test_r280_bad_header(self):
        with self.assertRaises(GLib.Error) as caught:
            URLSession.Headers()["x"] = "a\nb"
        self.assertIsError(caught.exception, Error.BAD_HEADER)

    def test_properties(self):
        configuration = URLSession.SessionConfiguration()
        configuration.request_timeout = 5
        session = URLSession.Session(configuration)
        self.assertEqual(session.configuration.request_timeout, 5)
        with self.assertRaises(AttributeError):
            session.tasks = None
        request = URLSession.Request("http://x/")
        request.timeout = 1.5
        self.assertEqual(request.get_timeout(), 1.5)
        self.assertEqual(request.props.uri, "http://x/")

    def test_body_kinds(self):
        request = URLSession.Request("http://x/", method="POST")
        request.set_body("ä")
        self.assertEqual(request.get_body_bytes().get_data(), "ä".encode())
        self.assertEqual(request.get_body_content_type(), "text/plain; charset=utf-8")
        request.set_body(b"x", "image/png")
        self.assertEqual(request.get_body_content_type(), "image/png")
        request.set_body(self.folder / "f")
        self.assertEqual(request.get_body_file().get_path(), str(self.folder / "f"))

    def test_response_ok(self):
        self.assertTrue(URLSession.Response.new("file:///x", None, 1, None).ok)
        self.assertFalse(URLSession.HttpResponse.new("http://x/", 304, "1.1", URLSession.Headers()).ok)


if __name__ == "__main__":
    tap.main()
