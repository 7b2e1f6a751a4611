#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Loads a URL into memory: data.py URL"""

import sys

import gi

gi.require_version("URLSession", "1")
from gi.repository import GLib, URLSession  # noqa: E402


async def main(uri):
    session = URLSession.Session()
    data, response = await session.data(uri)

    if isinstance(response, URLSession.HttpResponse):
        print("HTTP status", response.status_code)
        for name, value in response.headers.items():
            print("{}: {}".format(name, value))
    print(len(data), "bytes of", response.mime_type)


try:
    URLSession.run(main(sys.argv[1]))
except GLib.Error as error:
    sys.exit(error.message)
