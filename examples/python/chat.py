#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sends what is typed over a WebSocket, line by line, and prints what comes: chat.py URL"""

import asyncio
import sys

import gi

gi.require_version("URLSession", "1")
from gi.repository import GLib, URLSession  # noqa: E402


async def send_lines(task):
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async for line in reader:
        await task.send(line.decode().rstrip("\n"))
    task.cancel_with_close_code(URLSession.WebSocketCloseCode.NORMAL, "end of input")


async def main(uri):
    session = URLSession.Session()
    task = session.create_web_socket_task(uri)
    task.set_keepalive_interval(30)
    task.connect("opened", lambda *_: print("connected to", uri, flush=True))

    async with task:
        typing = asyncio.create_task(send_lines(task))
        async for message in task:
            print(">", message.data, flush=True)
        typing.cancel()
    print("closed with", task.close_code, task.close_reason or "")


try:
    URLSession.run(main(sys.argv[1]))
except GLib.Error as error:
    sys.exit(error.message)
