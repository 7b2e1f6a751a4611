#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Asks who has a name, over a plain connection (RFC 3912): whois.py NAME [HOST [PORT]]"""

import sys

import gi

gi.require_version("URLSession", "1")
from gi.repository import GLib, URLSession  # noqa: E402


async def main(name, host="whois.iana.org", port="43"):
    session = URLSession.Session()

    async with session.create_stream_task(host, int(port)) as task:
        await task.write(name.encode() + b"\r\n", timeout=30)
        while line := await task.readline(timeout=30):
            print(line.decode("utf-8", "replace").rstrip())


try:
    URLSession.run(main(*sys.argv[1:]))
except GLib.Error as error:
    sys.exit(error.message)
