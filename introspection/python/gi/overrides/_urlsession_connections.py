# SPDX-License-Identifier: LGPL-2.1-or-later
"""The part of the override of URLSession that is about connections: tasks for streams and for WebSockets."""

import asyncio

from gi.repository import GLib

from ._urlsession_coroutines import call, ended, settle


class StreamMethods:
    """A connection. Lines are read with `async for line in task`.

    `async with task:` resumes it, and ends it.
    """

    _buffer = b""
    _at_end = False
    _reading = None

    def _turn(self):
        """Who reads does so alone, in the order of the calls."""
        return self.__dict__.setdefault("_lock", asyncio.Lock())

    async def _fill(self, minimum, maximum, timeout):
        """Gets more, or what comes late for somebody who was cancelled while it was on its way."""
        if self._reading is not None and not self._reading.done():
            await settle(self._reading)
            return
        self._reading = reading = asyncio.get_running_loop().create_future()

        class Source:
            read_async = self.read_async

            @staticmethod
            def read_finish(result):
                try:
                    data, self._at_end = self.read_finish(result)
                    self._buffer += data.get_data() or b""
                finally:
                    if not reading.done():
                        reading.set_result(None)

        await call(Source, "read", minimum, maximum, timeout)

    def _take(self, size):
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data

    async def read(self, maximum=64 * 1024, minimum=1, timeout=0):
        """Reads at least `minimum` bytes and at most `maximum`. Less than the minimum, at last b"": that is the end."""
        async with self._turn():
            while (missing := minimum - len(self._buffer)) > 0 and not self._at_end:
                await self._fill(missing, maximum - len(self._buffer), timeout)
            return self._take(maximum)

    async def readline(self, timeout=0):
        """Reads a line, with its end; the last one may lack it. At the end: b""."""
        async with self._turn():
            while (end := self._buffer.find(b"\n")) < 0 and not self._at_end:
                await self._fill(1, 64 * 1024, timeout)
            return self._take(end + 1 if end >= 0 else len(self._buffer))

    async def write(self, data, timeout=0):
        """Writes all of the data: bytes, or GLib.Bytes."""
        await call(self, "write", data if isinstance(data, GLib.Bytes) else GLib.Bytes.new(data), timeout)

    def start_secure_connection(self):
        """Begins TLS, after what was asked for before. Nothing may have been read ahead: that was said in clear."""
        if self._buffer:
            raise ValueError("the other side sent more than was read before TLS was to begin")
        super().start_secure_connection()

    async def capture_streams(self):
        """Takes the connection out of the task, a Gio.IOStream. What readline() read ahead stays here: see read()."""
        return await call(self, "capture_streams")

    async def __aenter__(self):
        self.resume()
        return self

    async def __aexit__(self, *_):
        self.cancel()

    def __aiter__(self):
        return self

    async def __anext__(self):
        if line := await self.readline():
            return line
        raise StopAsyncIteration


class WebSocketMethods:
    """Messages are read with `async for message in task`, which ends when the server closes the WebSocket.

    `async with task:` resumes it, and closes it at the end.
    """

    async def send(self, data):
        """Sends a text, or bytes."""
        if isinstance(data, str):
            await call(self, "send_text", data)
        else:
            await call(self, "send_bytes", data if isinstance(data, GLib.Bytes) else GLib.Bytes.new(data))

    async def receive(self):
        """Returns the next message."""
        return await call(self, "receive")

    async def ping(self):
        """Sends a ping, and returns when it was answered."""
        await call(self, "ping")

    def __aiter__(self):
        return self

    async def __anext__(self):
        try:
            return await self.receive()
        except GLib.Error:
            if self.get_close_code() != 0 and self.get_error() is None:
                raise StopAsyncIteration from None
            raise

    async def __aenter__(self):
        self.resume()
        return self

    async def __aexit__(self, *_):
        self.cancel_with_close_code()
        await ended(self)
