# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of the Python binding share."""

import functools
import gc
import tempfile
import time
import unittest
from pathlib import Path

import gi

gi.require_version("URLSession", "1")
gi.require_version("URLSessionTest", "1")
from gi.repository import GLib, URLSession, URLSessionTest  # noqa: E402


class TestCase(unittest.TestCase):
    """With a server, a folder of its own, and a session. A test that is a coroutine function is run."""

    def __init_subclass__(cls):
        super().__init_subclass__()
        # Those of a class that is mixed in as well.
        for name in dir(cls):
            method = getattr(cls, name)
            if name.startswith("test_") and getattr(method, "__code__", None) and method.__code__.co_flags & 0x80:
                setattr(cls, name, cls._run(method))

    @staticmethod
    def _run(method):
        @functools.wraps(method)
        def run(self):
            URLSession.run(method(self))

        # unittest warns of a test that returns a coroutine, which is what it sees through the wrapper.
        del run.__wrapped__
        return run

    def setUp(self):
        self.server = URLSessionTest.Server.new()
        self.assertTrue(self.server.start())
        self.addCleanup(self.server.stop)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.session = URLSession.Session()
        self.addCleanup(delattr, self, "session")

    def uri(self, path):
        return self.server.get_uri(path)

    def pattern(self, size):
        return URLSessionTest.pattern_bytes(size).get_data()

    def assertIsError(self, error, code):
        self.assertTrue(error.matches(URLSession.error_quark(), code), error)

    async def assertFails(self, code, awaitable):
        with self.assertRaises(GLib.Error) as caught:
            await awaitable
        self.assertIsError(caught.exception, code)
        return caught.exception

    def iterate_until(self, condition, seconds=10):
        """Serves the main context until something is the case."""
        context = GLib.MainContext.default()
        end = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), end, "it did not happen")
            if not context.iteration(False):
                time.sleep(0.001)

    def assertGoes(self, ref):
        """That what a weak reference stands for is collected."""
        def gone():
            gc.collect()
            return ref() is None
        self.iterate_until(gone)


def resident_peak():
    """The largest amount of memory that this process ever had, in bytes."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024
