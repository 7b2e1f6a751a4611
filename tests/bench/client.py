# SPDX-License-Identifier: LGPL-2.1-or-later
"""The Python side of benchmarks: small gets with one of several libraries, and downloads beside a busy main loop.

client.py urlsession|soup|aiohttp|requests URL COUNT IN_FLIGHT
client.py idle|busy URL FILE
"""

import os
import sys
import time


class Countdown:
    """Starts `start ()` so often at a time, `count` times in all, and calls `finish ()` after the last end."""

    def __init__(self, count, in_flight, start, finish):
        self.to_start = self.to_finish = count
        self.start = start
        self.finish = finish
        for _ in range(min(count, in_flight)):
            self.next()

    def next(self):
        if self.to_start > 0:
            self.to_start -= 1
            self.start()

    def ended(self):
        self.to_finish -= 1
        self.next()
        if self.to_finish == 0:
            self.finish()


def time_glib(start_with, count, in_flight):
    """`start_with (done)` begins one get and calls `done ()` at its end."""
    from gi.repository import GLib

    loop = GLib.MainLoop()

    def many(count):
        countdown = Countdown(0, 0, lambda: start_with(lambda: countdown.ended()), loop.quit)
        countdown.to_start = countdown.to_finish = count
        for _ in range(in_flight):
            countdown.next()
        loop.run()

    many(1)
    start = time.monotonic()
    many(count)
    return time.monotonic() - start


def with_urlsession(url, count, in_flight):
    import gi
    gi.require_version("URLSession", "1")
    from gi.repository import URLSession

    session = URLSession.Session()
    request = URLSession.Request(uri=url)

    def start(done):
        def finished(source, result):
            body, response = source.data_finish(result)
            assert response.get_status_code() == 200 and body.get_size() > 0
            done()

        session.data_async(request, None, finished)

    return time_glib(start, count, in_flight)


def with_soup(url, count, in_flight):
    import gi
    gi.require_version("Soup", "3.0")
    from gi.repository import GLib, Soup

    session = Soup.Session(max_conns=max(in_flight, 10), max_conns_per_host=in_flight)

    def start(done):
        message = Soup.Message.new("GET", url)

        def finished(source, result):
            body = source.send_and_read_finish(result)
            assert message.get_status() == Soup.Status.OK and body.get_size() > 0
            done()

        session.send_and_read_async(message, GLib.PRIORITY_DEFAULT, None, finished)

    return time_glib(start, count, in_flight)


def with_aiohttp(url, count, in_flight):
    import asyncio

    import aiohttp

    async def worker(session, numbers):
        for _ in numbers:
            async with session.get(url) as response:
                assert response.status == 200 and len(await response.read()) > 0

    async def main():
        connector = aiohttp.TCPConnector(limit=in_flight)
        async with aiohttp.ClientSession(connector=connector) as session:
            await worker(session, range(1))
            start = time.monotonic()
            numbers = iter(range(count))
            await asyncio.gather(*(worker(session, numbers) for _ in range(in_flight)))
            return time.monotonic() - start

    return asyncio.run(main())


def with_requests(url, count, in_flight):
    from concurrent.futures import ThreadPoolExecutor

    import requests

    session = requests.Session()
    session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=in_flight))

    def get(_):
        response = session.get(url)
        assert response.status_code == 200 and len(response.content) > 0

    with ThreadPoolExecutor(in_flight) as pool:
        get(0)
        start = time.monotonic()
        list(pool.map(get, range(count)))
        return time.monotonic() - start


def download(url, path, busy):
    """Seconds until the file is there. Busy: a callback that computes all the while, so that no other one runs."""
    import gi
    gi.require_version("URLSession", "1")
    from gi.repository import Gio, GLib, URLSession

    loop = GLib.MainLoop()
    session = URLSession.Session()
    task = session.create_download_task_for_uri(url)
    start = time.monotonic()
    task.save_async(Gio.File.new_for_path(path), None, lambda *_: loop.quit())
    seconds = None

    def compute():
        nonlocal seconds
        while not os.path.exists(path):
            sum(range(20000))
        seconds = time.monotonic() - start
        return GLib.SOURCE_REMOVE

    def look():
        nonlocal seconds
        if not os.path.exists(path):
            return GLib.SOURCE_CONTINUE
        seconds = time.monotonic() - start
        return GLib.SOURCE_REMOVE

    if busy:
        GLib.timeout_add(20, compute)
    else:
        GLib.timeout_add(1, look)
    loop.run()
    while seconds is None:
        loop.get_context().iteration(True)
    assert task.get_error() is None
    return seconds


def main():
    clients = {"urlsession": with_urlsession, "soup": with_soup, "aiohttp": with_aiohttp, "requests": with_requests}
    what = sys.argv[1]
    if what in clients:
        seconds = clients[what](sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    else:
        seconds = download(sys.argv[2], sys.argv[3], what == "busy")
    print("seconds", seconds)


main()
