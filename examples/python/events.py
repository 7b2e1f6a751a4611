#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints what a server sends, event by event, until it has nothing more to say: events.py URL [COUNT]"""

import sys

import gi

gi.require_version("URLSession", "1")
from gi.repository import GLib, URLSession  # noqa: E402


async def main(uri, count=0):
    session = URLSession.Session()
    n = 0

    async for event in session.events(uri):
        print("{}: {}".format(event.event_type, event.text))
        n += 1
        if n == count:
            break


try:
    URLSession.run(main(sys.argv[1], *map(int, sys.argv[2:])))
except GLib.Error as error:
    sys.exit(error.message)
