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
import inspect
import json
import os
import sys

from gi.repository import Gio, GLib, GObject

from ..module import get_introspection_module
from ..overrides import override
from ._urlsession_connections import StreamMethods, WebSocketMethods
from ._urlsession_coroutines import Body, call, run, serving
from ._urlsession_protocols import guarded, to_error

URLSession = get_introspection_module("URLSession")

__all__ = ["Body", "run"]

# What is kept on disk is kept by program: without this, all scripts without a Gio.Application would share it.
if GLib.get_prgname() is None and sys.argv and sys.argv[0]:
    GLib.set_prgname(os.path.basename(sys.argv[0]))


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


def _request(request, **options):
    """A request, of what names one: a URLSession.Request, a GLib.Uri, or a string. Options: those of Request()."""
    if not isinstance(request, URLSession.Request):
        new = URLSession.Request.new_for_uri if isinstance(request, GLib.Uri) else URLSession.Request.new
        request = new(request)
    elif options:
        request = request.copy()
    request.configure(**options)
    return request


def _text(value):
    """A value in a form or a query, as text: true and false are written as in JSON."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise TypeError("a text or a number is needed here, not {}".format(type(value).__name__))


def _pairs(items):
    """The pairs of a mapping or of an iterable of pairs; a list stands for several values of one name."""
    for name, value in items.items() if hasattr(items, "items") else items:
        for one in value if isinstance(value, list) else [value]:
            yield name, one


def _to_json(value):
    return GLib.Bytes.new(json.dumps(value).encode())


def _file(destination):
    """A file, of what names one: a Gio.File, a string, a pathlib.Path; None stays."""
    if destination is None or isinstance(destination, Gio.File):
        return destination
    return Gio.File.new_for_path(os.fspath(destination))


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


class FormData(URLSession.FormData):
    """A form, of a mapping or of pairs of names and values.

    A value is a text or a number, bytes, a path or Gio.File to send, or a tuple of a file name, bytes or a text and,
    if wanted, a content type. A list stands for several values of one name.
    """

    def __init__(self, fields=(), **kwargs):
        super().__init__(**kwargs)
        for name, value in _pairs(fields):
            self.add(name, value)

    def add(self, name, value):
        """Adds a field, with any of the values that the constructor takes."""
        if isinstance(value, (os.PathLike, Gio.File)):
            self.add_file(name, _file(value), None)
        elif isinstance(value, (bytes, bytearray, GLib.Bytes)):
            self.add_bytes(name, value, None, None)
        elif isinstance(value, tuple):
            file_name, content, content_type = (*value, None)[:3]
            self.add_bytes(name, content.encode() if isinstance(content, str) else content, file_name, content_type)
        else:
            self.add_field(name, _text(value))

    def add_bytes(self, name, content, file_name=None, content_type=None):
        if not isinstance(content, GLib.Bytes):
            content = GLib.Bytes.new(content)
        super().add_bytes(name, content, file_name, content_type)

    def add_file(self, name, file, content_type=None):
        super().add_file(name, _file(file), content_type)


FormData = _export(FormData)


class Request(URLSession.Request):
    """What to load. What configure() takes can be given with the URL."""

    def __init__(self, uri=None, method=None, headers=None, query=None, body=None, json=None, form=None, **kwargs):
        super().__init__(uri=uri, **kwargs)
        self.configure(method=method, headers=headers, query=query, body=body, json=json, form=form)

    def configure(self, method=None, headers=None, query=None, body=None, json=None, form=None, timeout=None):
        """Says several things at once.

        query: a mapping or pairs, added to the URL. body: what set_body() takes. json: what json.dumps() takes. form: a
        FormData, or what that is made of. With a body of any kind the method is POST unless it is given, or was
        another than GET.
        """
        if sum(value is not None for value in (body, json, form)) > 1:
            raise TypeError("a request has one body: body, json or form")
        if headers is not None:
            self.get_headers().update(headers)
        for name, value in _pairs(query or ()):
            self.add_query_item(name, value)
        if body is not None:
            self.set_body(body)
            if self.get_method() == "GET":
                self.set_method("POST")
        elif json is not None:
            self.set_body_json(json)
        elif form is not None:
            self.set_body_form(form)
        if method is not None:
            self.set_method(method)
        if timeout is not None:
            self.set_timeout(timeout)

    @property
    def query(self):
        """The names and values in the query of the URL, as a list of pairs. To be set to a mapping or to pairs."""
        items = self.dup_query_items()
        return list(zip(items[::2], items[1::2]))

    @query.setter
    def query(self, items):
        items = [(name, None if value is None else _text(value)) for name, value in _pairs(items or ())]
        self.remove_query_items(None)
        for name, value in items:
            self.add_query_item(name, value)

    def set_query(self, items):
        self.query = items

    def add_query_item(self, name, value=None):
        super().add_query_item(name, None if value is None else _text(value))

    def set_body_json(self, value):
        """Sets the body to JSON: what json.dumps() takes, or a Json.Node."""
        if isinstance(value, GObject.GBoxed):
            super().set_body_json(value)
            return
        self.set_body_bytes(_to_json(value), "application/json")
        if self.get_method() == "GET":
            self.set_method("POST")

    def set_body_form(self, form):
        """Sets the body to a form: a FormData, or what that is made of."""
        super().set_body_form(form if isinstance(form, URLSession.FormData) else FormData(form))

    def set_body(self, body, content_type=None):
        """Sets the body: bytes, a string, a path or Gio.File to send, or what json.dumps() takes."""
        if isinstance(body, str):
            body, content_type = body.encode(), content_type or "text/plain; charset=utf-8"
        elif isinstance(body, (dict, list)):
            body, content_type = _to_json(body), content_type or "application/json"
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


class TransactionMetrics(URLSession.TransactionMetrics):
    def __repr__(self):
        return "<URLSession.TransactionMetrics {!r}>".format(self.request and self.request.uri)


TransactionMetrics = _export(TransactionMetrics)


class TaskMetrics(URLSession.TaskMetrics):
    @property
    def transactions(self):
        """The exchanges, as a list."""
        return self.dup_transactions()


TaskMetrics = _export(TaskMetrics)


class Credential(URLSession.Credential):
    """A value: two of the same user and password, or certificate, are equal."""

    @property
    def password(self):
        return self.get_password()

    def __eq__(self, other):
        return isinstance(other, URLSession.Credential) and self.equal(other)

    def __hash__(self):
        return hash(self.get_user())

    def __repr__(self):
        return "<URLSession.Credential {!r}>".format(self.get_user())


Credential = _export(Credential)


class ServerTrust(URLSession.ServerTrust):
    pass


ServerTrust = _export(ServerTrust)


class ProtectionSpace(URLSession.ProtectionSpace):
    """A value: two that are the same are equal, and can be keys of a dictionary."""

    def __eq__(self, other):
        return isinstance(other, URLSession.ProtectionSpace) and self.equal(other)

    def __hash__(self):
        return self.hash()

    def __repr__(self):
        return "<URLSession.ProtectionSpace {}://{}:{} {!r} {}>".format(
            self.get_protocol(), self.get_host(), self.get_port(), self.get_realm(),
            self.get_authentication_method().value_nick)


ProtectionSpace = _export(ProtectionSpace)


class CredentialStorage(_Connecting, URLSession.CredentialStorage):
    async def get_credential(self, space):
        """Returns the default credential of a space, from the keyring if it is not in memory; None if there is none."""
        return await call(self, "get_credential", space)

    async def flush(self):
        """Waits until the keyring has what was set before."""
        await call(self, "flush")


CredentialStorage = _export(CredentialStorage)


class Decision(URLSession.Decision):
    pass


Decision = _export(Decision)


class BodyStreamRequest(URLSession.BodyStreamRequest):
    pass


BodyStreamRequest = _export(BodyStreamRequest)


class RedirectDecision(URLSession.RedirectDecision):
    pass


RedirectDecision = _export(RedirectDecision)


class ResponseDecision(URLSession.ResponseDecision):
    pass


ResponseDecision = _export(ResponseDecision)


class Cookie(URLSession.Cookie):
    """Everything may be given by keyword: Cookie(name="theme", value="dark", domain="example.org")."""

    def __eq__(self, other):
        return self.equal(other) if isinstance(other, URLSession.Cookie) else NotImplemented

    def __hash__(self):
        return hash((self.name, self.domain, self.path))

    def __repr__(self):
        # Not the value: it may be what logs a user in.
        return f"<URLSession.Cookie {self.name} for {self.domain}{self.path}>"


Cookie = _export(Cookie)


class CookieStorage(URLSession.CookieStorage):
    """A collection of cookies: `for cookie in storage`, `len(storage)`."""

    def __init__(self, name=None, file=None, **kwargs):
        super().__init__(name=name, file=_file(file), **kwargs)

    def __iter__(self):
        return iter(self.dup_cookies())

    def __len__(self):
        return len(self.dup_cookies())

    def __bool__(self):
        return True

    async def flush(self):
        """Returns when the file was read and all changes are written to it."""
        await call(self, "flush")


CookieStorage = _export(CookieStorage)


class Task(_Connecting, URLSession.Task):
    pass


Task = _export(Task)


# ---- Protocols ----

def _bytes(data):
    return data if isinstance(data, GLib.Bytes) else GLib.Bytes.new(data)


class ProtocolLoad(URLSession.ProtocolLoad):
    """What a protocol is to answer: respond(), send(), finish()."""

    def respond(self, response=None, *, status=None, headers=None, mime_type=None, length=-1, charset=None):
        """Gives the response: a Response, or what it takes to make one.

        With a status or with headers it is one of HTTP.
        """
        if response is None and (status is not None or headers is not None):
            response = URLSession.HttpResponse.new(None, status or 200, None, Headers(headers or ()))
        elif response is None:
            response = URLSession.Response.new(None, mime_type, length, charset)
        super().respond(response)

    def send_data(self, data):
        super().send_data(_bytes(data))

    async def send(self, data):
        """Gives a piece of the body, and returns when there is room for the next one."""
        await call(self, "send", _bytes(data))

    def fail(self, error):
        """Ends the load with a GLib.Error, or with any other exception."""
        super().fail(to_error(error))

    def redirect(self, request, response=None):
        super().redirect(_request(request), response)

    async def challenge(self, space, proposed=None, previous_failure_count=0):
        """Asks the application for a credential; None to go on without."""
        return await call(self, "challenge", space, proposed, previous_failure_count)

    def open_body(self):
        """The body of the request, as a Body; None if there is none."""
        stream = super().open_body()
        return None if stream is None else Body(stream)


ProtocolLoad = _export(ProtocolLoad)


class Protocol(URLSession.Protocol):
    """To be derived from: do_can_load(request), do_start(load) and, if wanted, do_stop(load).

    do_start() may be a coroutine function. What it raises is the error of the load.
    """

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "do_start" in vars(cls):
            cls.do_start = guarded(vars(cls)["do_start"])


Protocol = _export(Protocol)


class DataTask(URLSession.DataTask):
    async def load(self):
        """Resumes the task and returns its whole body, as bytes."""
        return (await call(self, "load")).get_data() or b""

    async def open(self):
        """Resumes the task and returns its body while it arrives, as a Body."""
        return Body(await call(self, "open"))


DataTask = _export(DataTask)


class DownloadTask(URLSession.DownloadTask):
    async def save(self, destination=None):
        """Resumes the task and returns the file, a Gio.File, when it is complete at its destination.

        That is a string, a pathlib.Path or a Gio.File, of a file or of a folder that exists; None for a temporary file.
        When it fails or is cancelled, `resume_data` holds what it takes to go on later, if that is possible.
        """
        try:
            return await call(self, "save", _file(destination), cancel=None)
        except asyncio.CancelledError:
            # What is there is kept, for whoever looks at the resume data now.
            with contextlib.suppress(GLib.Error):
                await self.cancel_by_producing_resume_data()
            raise

    async def cancel_by_producing_resume_data(self):
        """Cancels the task and returns what Session.resume_download_task() goes on from, a GLib.Bytes."""
        return await call(self, "cancel_by_producing_resume_data")


DownloadTask = _export(DownloadTask)


class UploadTask(URLSession.UploadTask):
    async def cancel_by_producing_resume_data(self):
        """Cancels the task and returns what Session.resume_upload_task() goes on from, a GLib.Bytes."""
        return await call(self, "cancel_by_producing_resume_data")


UploadTask = _export(UploadTask)


class StreamTask(StreamMethods, URLSession.StreamTask):
    __doc__ = StreamMethods.__doc__


StreamTask = _export(StreamTask)


class WebSocketMessage(URLSession.WebSocketMessage):
    @property
    def data(self):
        """The message as a str or as bytes, whichever the server sent."""
        if self.get_kind() == URLSession.WebSocketMessageKind.TEXT:
            return self.get_text()
        return self.get_bytes().get_data() or b""

    def __repr__(self):
        return "<URLSession.WebSocketMessage {!r}>".format(self.data)


WebSocketMessage = _export(WebSocketMessage)


class WebSocketTask(WebSocketMethods, URLSession.WebSocketTask):
    __doc__ = WebSocketMethods.__doc__

    def cancel_with_close_code(self, code=URLSession.WebSocketCloseCode.NORMAL, reason=None):
        return super().cancel_with_close_code(code, reason)


WebSocketTask = _export(WebSocketTask)


class SessionConfiguration(URLSession.SessionConfiguration):
    @property
    def protocols(self):
        """The protocols of the application, in the order in which they are asked."""
        return self.dup_protocols()


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
    """Requests may be given as strings, files as paths.

    What Request.configure() takes can be given with them: await session.data(uri, json={"a": 1}).
    """

    def __init__(self, configuration=None, **kwargs):
        super().__init__(configuration=configuration, **kwargs)

    def create_data_task(self, request, **options):
        return super().create_data_task(_request(request, **options))

    def create_download_task(self, request, **options):
        return super().create_download_task(_request(request, **options))

    def create_upload_task(self, request, **options):
        return super().create_upload_task(_request(request, **options))

    def resume_upload_task(self, resume_data, fresh_request=None):
        """Makes a task that goes on with an upload. The resume data may be bytes, as read from a file."""
        if not isinstance(resume_data, GLib.Bytes):
            resume_data = GLib.Bytes.new(resume_data)
        return super().resume_upload_task(resume_data, None if fresh_request is None else _request(fresh_request))
    def create_web_socket_task(self, request, protocols=None, **options):
        """Makes a task for a WebSocket; the protocols are the subprotocols to offer, the best one first."""
        request = _request(request, **options)
        if protocols:
            request = request.copy()
            request.headers["Sec-WebSocket-Protocol"] = ", ".join(protocols)
        return super().create_web_socket_task(request)

    def resume_download_task(self, resume_data, fresh_request=None):
        """Makes a task that goes on with a download. The resume data may be bytes, as read from a file."""
        if not isinstance(resume_data, GLib.Bytes):
            resume_data = GLib.Bytes.new(resume_data)
        return super().resume_download_task(resume_data, None if fresh_request is None else _request(fresh_request))

    async def data(self, request, **options):
        """Loads something into memory. Returns the body as bytes, and the response."""
        data, response = await call(self, "data", _request(request, **options))
        return data.get_data() or b"", response

    async def json(self, request, **options):
        """Loads JSON. Returns it as Python objects, and the response."""
        data, response = await self.data(request, **options)
        try:
            return json.loads(data), response
        except ValueError as error:
            message = "The body is not valid JSON: {}".format(error)
            code = URLSession.Error.CANNOT_PARSE_JSON
            raise GLib.Error.new_literal(URLSession.error_quark(), message, code) from error

    async def open(self, request, **options):
        """Returns a body while it arrives, as a Body, and the response."""
        stream, response = await call(self, "open", _request(request, **options))
        return Body(stream), response

    async def download(self, request, destination=None, **options):
        """Loads something into a file, and returns that as a Gio.File, and the response. See DownloadTask.save()."""
        return await call(self, "download", _request(request, **options), _file(destination))

    async def reset(self):
        await call(self, "reset")

    async def flush(self):
        await call(self, "flush")


    def events(self, request, **options):
        """Returns an EventSource, to be read with `async for`."""
        return EventSource(self, request, **options)


Session = _export(Session)


class ServerEvent(URLSession.ServerEvent):
    def __repr__(self):
        return f"<URLSession.ServerEvent {self.event_type}: {self.text!r}>"


ServerEvent = _export(ServerEvent)


class EventSource(_Connecting, URLSession.EventSource):
    """`async for event in source` opens it, and closes it when the loop is left. A failure is raised."""

    def __init__(self, session, request, **options):
        super().__init__(session=session, request=_request(request, **options))

    async def __aiter__(self):
        arrived = collections.deque()
        news = asyncio.Event()

        def tell(_source, item=None):
            arrived.append(item)
            news.set()

        with serving():
            handlers = [
                URLSession.EventSource.connect(self, "message", tell),
                URLSession.EventSource.connect(self, "failed", tell),
                URLSession.EventSource.connect(self, "notify::ready-state", lambda *_: news.set()),
            ]
            try:
                self.open()
                while True:
                    while arrived:
                        item = arrived.popleft()
                        if isinstance(item, GLib.Error):
                            raise item
                        yield item
                    news.clear()
                    if self.ready_state == URLSession.EventSourceState.CLOSED:
                        return
                    await news.wait()
            finally:
                for handler in handlers:
                    self.disconnect(handler)
                self.close()


EventSource = _export(EventSource)
