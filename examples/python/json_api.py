#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Talks to a web service: sends JSON, gets JSON, tries again what timed out: json_api.py URL"""

import asyncio
import sys

import gi

gi.require_version("URLSession", "1")
from gi.repository import GLib, URLSession  # noqa: E402


async def post(session, uri, value):
    request = URLSession.Request(uri, method="POST", headers={"Accept": "application/json"}, timeout=10)
    request.set_body(value)

    for attempt in range(3):
        try:
            answer, response = await session.json(request)
        except GLib.Error as error:
            if not error.matches(URLSession.error_quark(), URLSession.Error.TIMED_OUT):
                raise
            await asyncio.sleep(2 ** attempt)
        else:
            if not response.ok:
                raise RuntimeError("The service answered {}".format(response.status_code))
            return answer
    raise TimeoutError("The service does not answer")


async def main(uri):
    print(await post(URLSession.Session(), uri, {"greeting": "hello"}))


try:
    URLSession.run(main(sys.argv[1]))
except GLib.Error as error:
    sys.exit(error.message)
except (RuntimeError, TimeoutError) as error:
    sys.exit(str(error))
