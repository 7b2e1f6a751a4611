# SPDX-License-Identifier: LGPL-2.1-or-later
"""The part of the override of URLSession that is about protocols of an application: what becomes of their exceptions, and
of loads that are coroutines."""

import asyncio
import functools
import inspect
import sys

from gi.repository import GLib, GObject

from ..module import get_introspection_module

URLSession = get_introspection_module("URLSession")

# Held here while they run.
_running = set()

_CODES = {
    FileNotFoundError: URLSession.Error.FILE_DOES_NOT_EXIST,
    IsADirectoryError: URLSession.Error.FILE_IS_DIRECTORY,
    PermissionError: URLSession.Error.NO_PERMISSIONS_TO_READ_FILE,
    TimeoutError: URLSession.Error.TIMED_OUT,
}


def to_error(error):
    """An error of the library, of any exception."""
    if isinstance(error, GLib.Error):
        return error
    code = next((code for kind, code in _CODES.items() if isinstance(error, kind)), URLSession.Error.UNKNOWN)
    return GLib.Error.new_literal(URLSession.error_quark(), "{}: {}.".format(type(error).__name__, error), code)


def _report(error):
    """What is wrong with the program, and not with what it was asked for."""
    if not isinstance(error, (GLib.Error, OSError)):
        sys.excepthook(type(error), error, error.__traceback__)


def guarded(start):
    """A do_start() for one that may fail, or be a coroutine function: then it is cancelled when the load is stopped."""

    async def carry_out(self, load):
        try:
            await start(self, load)
        except Exception as error:
            if not load.get_cancellable().is_cancelled():
                _report(error)
                load.fail(error)

    def schedule(self, load):
        task = asyncio.get_running_loop().create_task(carry_out(self, load))
        _running.add(task)
        task.add_done_callback(_running.discard)
        # Not the connect() of Gio.Cancellable, which hides that of signals.
        GObject.Object.connect(load.get_cancellable(), "cancelled", lambda _: task.cancel())

    @functools.wraps(start)
    def do_start(self, load):
        try:
            schedule(self, load) if inspect.iscoroutinefunction(start) else start(self, load)
        except Exception as error:
            _report(error)
            load.fail(error)

    return do_start
