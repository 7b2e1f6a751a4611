# SPDX-License-Identifier: LGPL-2.1-or-later
"""The part of the override of URLSession that is about connections in both directions: what tasks for streams and
WebSockets, and their messages, have beside what is introspected."""

from gi.repository import GLib

from ..module import get_introspection_module
from ._urlsession_coroutines import call, ended

URLSession = get_introspection_module("URLSession")


class StreamMethods:
    _buffer = b""
    _at_end = False

    async def _fill(self, minimum, maximum, timeout):
        class Source:
            """What comes is kept, also for somebody who has been cancelled in the same moment."""

            read_async = self.read_async

            @staticmethod
            def read_finish(result):
                data, self._at_end = self.read_finish(result)
                self._buffer += data.get_data() or b""

        if not self._at_end:
            await call(Source, "read", minimum, maximum, timeout)

    def _take(self, size):
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data

    async def read(self, maximum=64 * 1024, minimum=1, timeout=0):
        """Reads at least `minimum` bytes and at most `maximum`. Less than the minimum, at last b"": the end is there."""
        missing = minimum - len(self._buffer)
        if missing > 0:
            await self._fill(missing, maximum - len(self._buffer), timeout)
        return self._take(maximum)

    async def readline(self, timeout=0):
        """Reads a line, with its end; the last one may lack it. At the end: b""."""
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


class MessageMethods:
    @property
    def data(self):
        """The message as a str or as bytes, whichever the server sent."""
        if self.get_kind() == URLSession.WebSocketMessageKind.TEXT:
            return self.get_text()
        return self.get_bytes().get_data() or b""

    def __repr__(self):
        return "<URLSession.WebSocketMessage {!r}>".format(self.data)


class WebSocketMethods:
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

    def cancel_with_close_code(self, code=URLSession.WebSocketCloseCode.NORMAL, reason=None):
        return super().cancel_with_close_code(code, reason)

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
