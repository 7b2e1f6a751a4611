# SPDX-License-Identifier: LGPL-2.1-or-later
"""What Python adds to URLSession: coroutines, strings for requests, paths for files, headers as a mapping.

    async def main():
        session = URLSession.Session()
        data, response = await session.data("https://example.org/")

    URLSession.run(main())

Everything of the C library is there as well, unchanged: `session.data_async (request, cancellable, callback)` and the
like.
"""

import asyncio
import collections.abc
import contextlib
import functools
import heapq
import inspect
import json
import os
import selectors
import sys

from gi.repository import Gio, GLib, GObject

from ..module import get_introspection_module
from ..overrides import override

try:
    from gi.events import GLibEventLoopPolicy
except ImportError:
    GLibEventLoopPolicy = None

URLSession = get_introspection_module("URLSession")

__all__ = []

# How long a loop that knows nothing of GLib sleeps before it looks whether something of ours has happened, in seconds.
_PUMP_INTERVAL = 0.005

# Bytes that one read of a body asks for.
_READ_SIZE = 64 * 1024


def _export(cls):
    """Replaces a class of the library, and gives it a Python property for every GObject property."""
    replacement = override(cls)
    for pspec in replacement.list_properties():
        name = pspec.name.replace("-", "_")
        if not hasattr(replacement, name):
            setattr(replacement, name, _property(name, pspec))
    __all__.append(cls.__name__)
    return replacement


def _property(name, pspec):
    def fget(self):
        return getattr(self.props, name)

    def fset(self, value):
        setattr(self.props, name, value)

    writable = pspec.flags & GObject.ParamFlags.WRITABLE and not pspec.flags & GObject.ParamFlags.CONSTRUCT_ONLY
    return property(fget, fset if writable else None)


def _request(request):
    """A request, of what names one: a URLSession.Request, a GLib.Uri, or a string."""
    if isinstance(request, URLSession.Request):
        return request
    if isinstance(request, GLib.Uri):
        return URLSession.Request.new_for_uri(request)
    return URLSession.Request.new(request)


def _file(destination):
    """A file, of what names one: a Gio.File, a string, a pathlib.Path; None stays."""
    if destination is None or isinstance(destination, Gio.File):
        return destination
    return Gio.File.new_for_path(os.fspath(destination))


# ---- Coroutines ----


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


__all__.append("run")


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


async def _call(source, name, *args, cancel=Gio.Cancellable.cancel):
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


class Body:
    """The body of a response while it arrives, from Session.open() or DataTask.open().

    It is read line by line with `async for`, or with read(). The network is read no faster than this is.
    """

    def __init__(self, stream):
        self.stream = stream
        self._buffer = b""

    async def _fill(self):
        chunk = await _read(self.stream, _READ_SIZE)
        self._buffer += chunk
        return len(chunk) > 0

    async def read(self, size=-1):
        """Reads up to so many bytes, as soon as there are any; without a size all that is left. At the end: b""."""
        if size < 0:
            chunks = [self._buffer]
            self._buffer = b""
            while chunk := await _read(self.stream, _READ_SIZE):
                chunks.append(chunk)
            return b"".join(chunks)
        if self._buffer:
            data, self._buffer = self._buffer[:size], self._buffer[size:]
            return data
        return await _read(self.stream, size) if size > 0 else b""

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


async def _read(stream, size):
    class Source:
        """The method and its finish, with the priority in between that our own calls do not have."""

        @staticmethod
        def read_async(cancellable, ready):
            stream.read_bytes_async(size, GLib.PRIORITY_DEFAULT, cancellable, ready)

        read_finish = stream.read_bytes_finish

    return (await _call(Source, "read")).get_data() or b""


__all__.append("Body")


# ---- Handlers of signals ----


def _scheduled(handler):
    """A handler for a handler that is a coroutine function. A decision that it leaves unanswered takes its default."""

    @functools.wraps(handler)
    def schedule(*args):
        task = asyncio.get_running_loop().create_task(handler(*args))
        _running.add(task)
        decision = next((arg for arg in args if isinstance(arg, URLSession.Decision)), None)
        task.add_done_callback(functools.partial(_settle, decision))
        return decision is not None

    return schedule


# asyncio itself refers to its tasks only weakly.
_running = set()


def _settle(decision, task):
    _running.discard(task)
    if task.cancelled():
        answers_later = False
    elif error := task.exception():
        answers_later = False
        sys.excepthook(type(error), error, error.__traceback__)
    else:
        answers_later = task.result()
    if decision is not None and not answers_later and not decision.is_answered():
        decision.use_default()


class _Connecting:
    """Signals may be connected to coroutine functions."""

    def connect(self, signal, handler, *args):
        if inspect.iscoroutinefunction(handler):
            handler = _scheduled(handler)
        return super().connect(signal, handler, *args)

    def connect_after(self, signal, handler, *args):
        if inspect.iscoroutinefunction(handler):
            handler = _scheduled(handler)
        return super().connect_after(signal, handler, *args)


# ---- Classes ----


class Headers(URLSession.Headers):
    """The header fields, also as a mapping of names to values."""

    def __init__(self, fields=(), **kwargs):
        super().__init__(**kwargs)
        for name, value in fields.items() if hasattr(fields, "items") else fields:
            self.append(name, value)

    def __getitem__(self, name):
        value = URLSession.Headers.get(self, name)
        if value is None:
            raise KeyError(name)
        return value

    def __setitem__(self, name, value):
        self.set(name, value)

    def __delitem__(self, name):
        if name not in self:
            raise KeyError(name)
        self.remove(name)

    def __contains__(self, name):
        return self.contains(name)

    def __iter__(self):
        return iter(self.dup_names())

    def __len__(self):
        return len(self.dup_names())

    def __bool__(self):
        return True

    def __repr__(self):
        return "<URLSession.Headers {}>".format(", ".join(self.dup_names()))

    def get(self, name, default=None):
        value = URLSession.Headers.get(self, name)
        return default if value is None else value

    def keys(self):
        return collections.abc.KeysView(self)

    def values(self):
        return collections.abc.ValuesView(self)

    def items(self):
        return collections.abc.ItemsView(self)

    def update(self, fields):
        for name, value in fields.items() if hasattr(fields, "items") else fields:
            self.set(name, value)


Headers = _export(Headers)
collections.abc.MutableMapping.register(Headers)


class Request(URLSession.Request):
    """What to load. The method and the headers can be given with the URL."""

    def __init__(self, uri=None, method=None, headers=None, **kwargs):
        super().__init__(uri=uri, **kwargs)
        if method is not None:
            self.set_method(method)
        if headers is not None:
            self.get_headers().update(headers)

    def set_body(self, body, content_type=None):
        """Sets the body: bytes, a string, a path or Gio.File to send, or what json.dumps() takes."""
        if isinstance(body, str):
            body, content_type = body.encode(), content_type or "text/plain; charset=utf-8"
        elif isinstance(body, (dict, list)):
            body, content_type = json.dumps(body).encode(), content_type or "application/json"
        if isinstance(body, (os.PathLike, Gio.File)):
            self.set_body_file(_file(body), content_type)
        else:
            self.set_body_bytes(body if isinstance(body, GLib.Bytes) else GLib.Bytes.new(body), content_type)


Request = _export(Request)


class Response(URLSession.Response):
    @property
    def ok(self):
        """Whether the body is what was asked for: not that of an HTTP error."""
        return True


Response = _export(Response)


class HttpResponse(URLSession.HttpResponse):
    @property
    def ok(self):
        """Whether the status says success: 200 to 299."""
        return 200 <= self.get_status_code() < 300

    def __repr__(self):
        return "<URLSession.HttpResponse {} {}>".format(self.get_status_code(), self.get_uri())


HttpResponse = _export(HttpResponse)


class Decision(URLSession.Decision):
    pass


Decision = _export(Decision)


class RedirectDecision(URLSession.RedirectDecision):
    pass


RedirectDecision = _export(RedirectDecision)


class ResponseDecision(URLSession.ResponseDecision):
    pass


ResponseDecision = _export(ResponseDecision)


class Task(_Connecting, URLSession.Task):
    pass


Task = _export(Task)


class DataTask(URLSession.DataTask):
    async def load(self):
        """Resumes the task and returns its whole body, as bytes."""
        return (await _call(self, "load")).get_data() or b""

    async def open(self):
        """Resumes the task and returns its body while it arrives, as a Body."""
        return Body(await _call(self, "open"))


DataTask = _export(DataTask)


class DownloadTask(URLSession.DownloadTask):
    async def save(self, destination=None):
        """Resumes the task and returns the file, a Gio.File, when it is complete at its destination.

        That is a string, a pathlib.Path or a Gio.File, of a file or of a folder that exists; None for a temporary file.
        When it fails or is cancelled, `resume_data` holds what it takes to go on later, if that is possible.
        """
        try:
            return await _call(self, "save", _file(destination), cancel=None)
        except asyncio.CancelledError:
            # What is there is kept, for whoever looks at the resume data now.
            with contextlib.suppress(GLib.Error):
                await self.cancel_by_producing_resume_data()
            raise

    async def cancel_by_producing_resume_data(self):
        """Cancels the task and returns what Session.resume_download_task() goes on from, a GLib.Bytes."""
        return await _call(self, "cancel_by_producing_resume_data")


DownloadTask = _export(DownloadTask)


class SessionConfiguration(URLSession.SessionConfiguration):
    pass


SessionConfiguration = _export(SessionConfiguration)


class TransportException(URLSession.TransportException):
    pass


TransportException = _export(TransportException)


class TransportSecurity(URLSession.TransportSecurity):
    def add_exception(self, domain, includes_subdomains=False, allows_insecure_loads=False,
                      minimum_tls_version=Gio.TlsProtocolVersion.UNKNOWN, requires_forward_secrecy=True):
        """What differs for a domain from what is said of all; nothing does unless it is given."""
        URLSession.TransportSecurity.add_exception(self, domain, includes_subdomains, allows_insecure_loads,
                                                   minimum_tls_version, requires_forward_secrecy)


TransportSecurity = _export(TransportSecurity)


class Session(_Connecting, URLSession.Session):
    """Requests may be given as strings, files as paths."""

    def __init__(self, configuration=None, **kwargs):
        super().__init__(configuration=configuration, **kwargs)

    def create_data_task(self, request):
        return super().create_data_task(_request(request))

    def create_download_task(self, request):
        return super().create_download_task(_request(request))

    def resume_download_task(self, resume_data, fresh_request=None):
        """Makes a task that goes on with a download. The resume data may be bytes, as read from a file."""
        if not isinstance(resume_data, GLib.Bytes):
            resume_data = GLib.Bytes.new(resume_data)
        return super().resume_download_task(resume_data, None if fresh_request is None else _request(fresh_request))

    async def data(self, request):
        """Loads something into memory. Returns the body as bytes, and the response."""
        data, response = await _call(self, "data", _request(request))
        return data.get_data() or b"", response

    async def json(self, request):
        """Loads JSON. Returns it as Python objects, and the response."""
        data, response = await self.data(request)
        try:
            return json.loads(data), response
        except ValueError as error:
            message = "The body is not valid JSON: {}".format(error)
            code = URLSession.Error.CANNOT_PARSE_JSON
            raise GLib.Error.new_literal(URLSession.error_quark(), message, code) from error

    async def open(self, request):
        """Returns a body while it arrives, as a Body, and the response."""
        stream, response = await _call(self, "open", _request(request))
        return Body(stream), response

    async def download(self, request, destination=None):
        """Loads something into a file, and returns that as a Gio.File, and the response. See DownloadTask.save()."""
        return await _call(self, "download", _request(request), _file(destination))

    async def reset(self):
        await _call(self, "reset")

    async def flush(self):
        await _call(self, "flush")


Session = _export(Session)
