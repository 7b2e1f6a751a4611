# SPDX-License-Identifier: LGPL-2.1-or-later
"""What holds for WebSockets with every server."""

import asyncio
import os
import subprocess
import sys

from gi.repository import GLib, URLSession

Error = URLSession.Error
Kind = URLSession.WebSocketMessageKind
Code = URLSession.WebSocketCloseCode

# The server is a program of its own: neither side sees the loop of the other.
WEBSOCKETS = """
import asyncio, logging, ssl, sys, urllib.parse
import websockets

# It complains of connections that it cuts itself.
logging.getLogger("websockets").setLevel(logging.CRITICAL)

last = ""

async def serve(socket, path):
    global last
    url = urllib.parse.urlsplit(path)
    query = dict(urllib.parse.parse_qsl(url.query))
    if url.path in ("/echo", "/fragments"):
        async for message in socket:
            if url.path == "/echo":
                await socket.send(message)
            else:
                await socket.send([message[i:i + 1] for i in range(len(message))])
    elif url.path == "/close":
        await socket.close(int(query["code"]), query.get("reason", ""))
    elif url.path == "/terminate":
        socket.transport.abort()
    elif url.path == "/ping":
        await (await socket.ping("from websockets"))
        await socket.send("pong from websockets")
    elif url.path == "/closed":
        await socket.wait_closed()
        last = f"{socket.close_code} {socket.close_reason}"
    elif url.path == "/last":
        await socket.send(last)
    elif url.path == "/extensions":
        await socket.send(",".join(extension.name for extension in socket.extensions))
    elif url.path == "/invalid-text":
        socket.transport.write(b"\\x81\\x02\\xc3\\x28")
        await socket.wait_closed()
    elif url.path == "/invalid-code":
        socket.transport.write(b"\\x88\\x02\\x03\\xed")
        await socket.wait_closed()
    else:
        await socket.close(1008, "no such path")

async def main():
    secure = None
    if len(sys.argv) > 1:
        secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        secure.load_cert_chain(sys.argv[1], sys.argv[2])
    async with websockets.serve(serve, "127.0.0.1", 0, ssl=secure, max_size=64 * 1024 * 1024,
                                subprotocols=["second"], ping_interval=None,
                                extra_headers={"Strict-Transport-Security": "max-age=1000"}) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)

asyncio.run(main())
"""


class Peer:
    """A server in a process of its own, which prints its port, and ends with its input."""

    def __init__(self, *command, scheme="ws"):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.base = f"{scheme}://localhost:{int(self.process.stdout.readline())}"

    def stop(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.kill()
        self.process.wait()


def debian_peer(*arguments, scheme="ws"):
    """The package websockets of Debian."""
    return Peer(sys.executable, "-W", "ignore", "-c", WEBSOCKETS, *arguments, scheme=scheme)


class Conversations:
    """To be mixed into a test case that has a `peer`."""

    def task(self, path, **options):
        return self.session.create_web_socket_task(self.peer.base + path, **options)

    async def test_messages(self):
        texts = ["", "a", "Grüße, 世界 🙂", "x" * 125, "x" * 126, "ä" * 40000]
        async with self.task("/echo") as task:
            for text in texts:
                await task.send(text)
                message = await task.receive()
                self.assertEqual(message.kind, Kind.TEXT)
                self.assertEqual(message.text, text)
                self.assertEqual(message.data, text)
                data = os.urandom(len(text))
                await task.send(data)
                message = await task.receive()
                self.assertEqual(message.kind, Kind.BYTES)
                self.assertIsNone(message.text)
                self.assertEqual(message.data, data)
        self.assertEqual(task.close_code, Code.NORMAL)
        self.assertIsNone(task.error)

    async def test_large(self):
        for data in [os.urandom(16 * 1024 * 1024), bytes(16 * 1024 * 1024)]:
            async with self.task("/echo") as task:
                task.maximum_message_size = 16 * 1024 * 1024
                _, message = await asyncio.gather(task.send(data), task.receive())
                self.assertEqual(message.data, data)

    async def test_compression(self):
        for compression in (True, False):
            task = self.task("/extensions")
            task.uses_compression = compression
            async with task:
                message = await task.receive()
            self.assertEqual(message.text, "permessage-deflate" if compression else "")

            # One after the other, so that what is known from the first is used for the next.
            task = self.task("/echo")
            task.uses_compression = compression
            async with task:
                for i in range(200):
                    text = f"message {i} " * 20
                    await task.send(text)
                    self.assertEqual((await task.receive()).text, text)

    async def test_r252_maximum(self):
        async with self.task("/echo") as task:
            await task.send("x" * 2000)
            self.assertEqual(len((await task.receive()).text), 2000)
            task.maximum_message_size = 1000
            await task.send("x" * 1000)
            self.assertEqual(len((await task.receive()).text), 1000)
            await task.send("x" * 1001)
            await self.assertFails(Error.DATA_LENGTH_EXCEEDS_MAXIMUM, task.receive())
        self.assertEqual(task.close_code, Code.MESSAGE_TOO_BIG)

    async def test_fragments(self):
        async with self.task("/fragments") as task:
            await task.send("in nine p")
            self.assertEqual((await task.receive()).text, "in nine p")
            await task.send(b"bytes")
            self.assertEqual((await task.receive()).data, b"bytes")

    async def test_many(self):
        """Both sides at once, with more messages than any buffer has room for."""
        async with self.task("/echo") as task:
            async def send():
                for i in range(5000):
                    await task.send(f"{i} " + "x" * 200)
            sending = asyncio.create_task(send())
            for i in range(5000):
                self.assertEqual((await task.receive()).text.split()[0], str(i))
            await sending

    async def test_pings(self):
        async with self.task("/echo") as task:
            await task.ping()
            await asyncio.gather(*(task.ping() for _ in range(10)))
        async with self.task("/ping") as task:
            self.assertTrue((await task.receive()).text.startswith("pong from "))

    async def test_r242_server_closes(self):
        for code, reason in [(1000, ""), (1001, "going"), (1011, "Fehler: ä"), (3000, ""), (4999, "x" * 123)]:
            task = self.task(f"/close?code={code}&reason={GLib.Uri.escape_string(reason, None, False)}")
            closed = []
            task.connect("closed", lambda task, *arguments: closed.append(arguments))
            task.resume()
            self.assertEqual([message async for message in task], [])
            self.assertEqual((task.close_code, task.close_reason), (code, reason))
            self.assertEqual(closed, [(code, reason)])
            self.assertIsNone(task.error)

    async def test_r249_client_closes(self):
        task = self.task("/closed")
        opened = []
        task.connect("opened", lambda task, protocol: opened.append(protocol))
        task.resume()
        while not opened:
            await asyncio.sleep(0.001)
        task.cancel_with_close_code(4321, "BuhBye")
        await self.assertFails(Error.NETWORK_CONNECTION_LOST, task.receive())
        while task.state != URLSession.TaskState.COMPLETED:
            await asyncio.sleep(0.001)
        self.assertEqual(task.close_code, 4321)
        self.assertIsNone(task.error)
        await self.assert_last("4321 BuhBye")

    async def test_r250_cancel(self):
        task = self.task("/closed")
        opened = []
        task.connect("opened", lambda task, protocol: opened.append(protocol))
        task.resume()
        while not opened:
            await asyncio.sleep(0.001)
        task.cancel()
        await self.assertFails(Error.CANCELLED, task.receive())
        await self.assert_last("1001 ")

    async def assert_last(self, expected):
        # The server may not have seen it yet.
        text = ""
        while not text:
            async with self.task("/last") as task:
                text = (await task.receive()).text
        self.assertEqual(text, expected)

    async def test_r243_terminated(self):
        task = self.task("/terminate")
        task.resume()
        await self.assertFails(Error.NETWORK_CONNECTION_LOST, task.receive())
        self.assertEqual(task.close_code, Code.ABNORMAL)
        with self.assertRaises(GLib.Error):
            async for message in task:
                self.fail("there is no message")

    async def test_r253_broken(self):
        for path, code in [("/invalid-text", Code.INVALID_PAYLOAD), ("/invalid-code", Code.PROTOCOL_ERROR)]:
            task = self.task(path)
            task.resume()
            await self.assertFails(Error.BAD_SERVER_RESPONSE, task.receive())
            self.assertEqual(task.close_code, code)

    async def test_r254_protocols(self):
        task = self.task("/echo", protocols=["first", "second"])
        opened = []
        task.connect("opened", lambda task, protocol: opened.append(protocol))
        async with task:
            await task.send("x")
            await task.receive()
        self.assertEqual(opened, ["second"])
        self.assertEqual(task.protocol, "second")

    async def test_signal(self):
        task = self.task("/echo")
        texts = []

        async def answer(task, message):
            texts.append(message.text)
            if message.text == "9":
                task.cancel_with_close_code()

        task.connect("message", answer)
        task.resume()
        for i in range(10):
            await task.send(str(i))
        while task.state != URLSession.TaskState.COMPLETED:
            await asyncio.sleep(0.001)
        self.assertEqual(texts, [str(i) for i in range(10)])
        self.assertEqual(task.close_code, Code.NORMAL)
