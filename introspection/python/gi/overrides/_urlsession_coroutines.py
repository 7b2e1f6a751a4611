# SPDX-License-Identifier: LGPL-2.1-or-later
"""The part of the override of URLSession that is about coroutines: loops that serve GLib and asyncio alike, calls that
can be awaited, and the body of a response as it is read."""

import asyncio
import contextlib
import heapq
import selectors
import sys

from gi.repository import Gio, GLib

try:
    from gi.events import GLibEventLoopPolicy
except ImportError:
    GLibEventLoopPolicy = None

# How long a loop that knows nothing of GLib sleeps before it looks whether something of ours has happened, in seconds.
_PUMP_INTERVAL = 0.005

# Bytes that one read of a body asks for.
_READ_SIZE = 64 * 1024


class _Selector(selectors.EpollSelector):
    """What an asyncio loop waits with, here for GLib sources as well: a GLib main loop in the place of epoll_wait()."""

    class _Source(GLib.Source):
        def __init__(self, fd):
            super().__init__()
            self.timeout = -1
            self.poll = GLib.PollFD(fd, GLib.IOCondition.IN)
            self.add_poll(self.poll)

        def prepare(self):
            return self.timeout == 0, self.timeout

        def check(self):
            return self.poll.revents != 0

        def dispatch(self, callback, args):
            return True

    def __init__(self, context):
        super().__init__()
        self._context = context
        self._source = self._Source(self.fileno())
        self._source.attach(context)

    def select(self, timeout=None):
        # Rounded up, lest the last millisecond be spent in a busy loop.
        self._source.timeout = -1 if timeout is None else max(0, int(timeout * 1000 + 0.999))
        self._context.iteration(timeout is None or timeout > 0)
        return super().select(0)

    def close(self):
        self._source.destroy()
        super().close()


class _EventLoop(asyncio.SelectorEventLoop):
    def __init__(self):
        super().__init__(_Selector(_context()))


def _context():
    return GLib.MainContext.get_thread_default() or GLib.MainContext.default()


class _EmbeddedLoop(asyncio.SelectorEventLoop):
    """An asyncio loop that is itself run by a GLib main loop: each time it has something to do, once round."""

    class _Source(GLib.Source):
        def __init__(self, loop, fd):
            super().__init__()
            self.loop = loop
            self.poll = GLib.PollFD(fd, GLib.IOCondition.IN)
            self.add_poll(self.poll)

        def prepare(self):
            return False, -1

        def check(self):
            return self.poll.revents != 0

        def dispatch(self, callback, args):
            self.loop.go_round()
            return True

    def __init__(self):
        self._source = None
        self._times = []
        selector = selectors.EpollSelector()
        super().__init__(selector)
        self._source = self._Source(self, selector.fileno())
        self._source.attach(_context())

    def go_round(self):
        self._source.set_ready_time(-1)
        while self._times and self._times[0] <= self.time():
            heapq.heappop(self._times)
        if self._times:
            self._wake_at(self._times[0])
        asyncio._set_running_loop(None)
        try:
            super().call_soon(self.stop)
            self.run_forever()
        finally:
            asyncio._set_running_loop(self)

    def _wake_at(self, when):
        ready = self._source.get_ready_time()
        wanted = GLib.get_monotonic_time() + max(0, int((when - self.time()) * 1e6))
        if ready < 0 or wanted < ready:
            self._source.set_ready_time(wanted)

    def call_soon(self, *args, **kwargs):
        if self._source is not None:
            self._source.set_ready_time(0)
        return super().call_soon(*args, **kwargs)

    def call_at(self, when, *args, **kwargs):
        heapq.heappush(self._times, when)
        self._wake_at(when)
        return super().call_at(when, *args, **kwargs)

    def close(self):
        self._source.destroy()
        super().close()

    @contextlib.contextmanager
    def running(self):
        asyncio.set_event_loop(self)
        asyncio._set_running_loop(self)
        try:
            yield
        finally:
            asyncio._set_running_loop(None)
            asyncio.set_event_loop(None)
            for task in asyncio.all_tasks(self):
                task.cancel()
            self.run_until_complete(asyncio.sleep(0))
            self.close()


def run(work, *args):
    """Runs a coroutine to its end, as asyncio.run() does, in a loop that serves GLib and asyncio alike.

    Signals, timeouts and idle handlers of GLib arrive while it runs. Ctrl-C cancels the coroutine.

    Instead of a coroutine it may be a function that runs a main loop of GLib, and its arguments. Coroutines can be
    started with asyncio.create_task() meanwhile:

        sys.exit(URLSession.run(application.run, sys.argv))
    """
    if GLibEventLoopPolicy is not None:
        with GLibEventLoopPolicy():
            return work(*args) if callable(work) else asyncio.run(work)
    if callable(work):
        with _EmbeddedLoop().running():
            return work(*args)
    with asyncio.Runner(loop_factory=_EventLoop) as runner:
        return runner.run(work)


class _Pump:
    """For an asyncio loop that does not serve GLib: looks after our context as long as a call is under way."""

    pumps = {}

    def __init__(self, loop):
        self.loop = loop
        self.calls = 0

    @classmethod
    def begin(cls, loop):
        pump = cls.pumps.setdefault(id(loop), cls(loop))
        pump.calls += 1
        if pump.calls == 1:
            loop.call_soon(pump.iterate)
        return pump

    def end(self):
        self.calls -= 1
        if self.calls == 0:
            del self.pumps[id(self.loop)]

    def iterate(self):
        if self.calls == 0:
            return
        context = _context()
        worked = any([context.iteration(False) for _ in range(16)])
        self.loop.call_later(0 if worked else _PUMP_INTERVAL, self.iterate)


def _serves_glib(loop):
    return isinstance(loop, _EventLoop) or type(loop).__module__ == "gi.events" or _context().is_owner()


@contextlib.contextmanager
def serving():
    """As long as this lasts, signals arrive, whatever the running loop is."""
    loop = asyncio.get_running_loop()
    pump = None if _serves_glib(loop) else _Pump.begin(loop)
    try:
        yield loop
    finally:
        if pump is not None:
            pump.end()


async def call(source, name, *args, cancel=Gio.Cancellable.cancel):
    """Awaits source.name_async (*args). Cancelling the asyncio task cancels the call."""
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    cancellable = Gio.Cancellable()
    finish = getattr(source, name + "_finish")

    def ready(_source, result):
        try:
            value = finish(result)
        except GLib.Error as error:
            if not future.done():
                future.set_exception(error)
        else:
            if not future.done():
                future.set_result(value)

    pump = None if _serves_glib(loop) else _Pump.begin(loop)
    try:
        getattr(source, name + "_async")(*args, cancellable, ready)
        return await future
    except asyncio.CancelledError:
        if cancel is not None:
            cancel(cancellable)
        raise
    finally:
        if pump is not None:
            pump.end()


async def ended(task):
    """Waits until a task is over, however it ends."""
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    handler = task.connect("completed", lambda *_: future.done() or future.set_result(None))
    pump = None if _serves_glib(loop) else _Pump.begin(loop)
    try:
        if task.get_state().value_nick != "completed":
            await future
    finally:
        task.disconnect(handler)
        if pump is not None:
            pump.end()


async def settle(future):
    """Waits for what a call that nobody awaits any more will set."""
    loop = asyncio.get_running_loop()
    pump = None if _serves_glib(loop) else _Pump.begin(loop)
    try:
        await asyncio.shield(future)
    finally:
        if pump is not None:
            pump.end()


class Body:
    """The body of a response while it arrives, from Session.open() or DataTask.open().

    It is read line by line with `async for`, or with read(). The network is read no faster than this is.
    """

    def __init__(self, stream):
        self.stream = stream
        self._buffer = b""

    async def _fill(self):
        chunk = await read_bytes(self.stream, _READ_SIZE)
        self._buffer += chunk
        return len(chunk) > 0

    async def read(self, size=-1):
        """Reads up to so many bytes, as soon as there are any; without a size all that is left. At the end: b""."""
        if size < 0:
            chunks = [self._buffer]
            self._buffer = b""
            while chunk := await read_bytes(self.stream, _READ_SIZE):
                chunks.append(chunk)
            return b"".join(chunks)
        if self._buffer:
            data, self._buffer = self._buffer[:size], self._buffer[size:]
            return data
        return await read_bytes(self.stream, size) if size > 0 else b""

    async def readline(self):
        """Reads a line, with its end; the last one may lack it. At the end: b""."""
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if not await self._fill():
                end = len(self._buffer) - 1
                break
        line, self._buffer = self._buffer[:end + 1], self._buffer[end + 1:]
        return line

    def __aiter__(self):
        return self

    async def __anext__(self):
        if line := await self.readline():
            return line
        raise StopAsyncIteration

    def close(self):
        """Ends the load, if the body is not complete yet."""
        self.stream.close(None)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        self.close()


async def read_bytes(stream, size):
    class Source:
        """The method and its finish, with the priority in between that our own calls do not have."""

        @staticmethod
        def read_async(cancellable, ready):
            stream.read_bytes_async(size, GLib.PRIORITY_DEFAULT, cancellable, ready)

        read_finish = stream.read_bytes_finish

    return (await call(Source, "read")).get_data() or b""
