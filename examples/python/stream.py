#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads a text of any length line by line, as it arrives, and counts its words: stream.py URL"""

import collections
import sys

import gi

gi.require_version("URLSession", "1")
from gi.repository import GLib, URLSession  # noqa: E402


async def main(uri):
    session = URLSession.Session()
    body, response = await session.open(uri)
    words = collections.Counter()

    async with body:
        async for line in body:
            words.update(line.decode(response.text_encoding_name or "utf-8", "replace").split())

    for word, count in words.most_common(5):
        print("{:8} {}".format(count, word))


try:
    URLSession.run(main(sys.argv[1]))
except GLib.Error as error:
    sys.exit(error.message)
