#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Uploads a file, with its progress: upload.py FILE URL [--method POST] [--resumable]"""

import argparse
import sys
from pathlib import Path

import gi

gi.require_version("URLSession", "1")
from gi.repository import Gio, GLib, URLSession  # noqa: E402

from progress import Display, size  # noqa: E402


async def main(arguments):
    session = URLSession.Session()
    request = URLSession.Request(arguments.uri, method=arguments.method)
    # The file is read while it is sent, a block at a time, whatever its size.
    request.set_body_file(Gio.File.new_for_path(str(arguments.file)), None)
    task = session.create_upload_task(request)
    task.props.resumable = arguments.resumable

    with Display() as display:
        row = display.add_row(arguments.file.name)
        task.connect("sent-data", lambda task, *_: row.send(task))
        try:
            answer = await task.load()
        except GLib.Error as error:
            row.fail(error.message)
            return 1
        row.say("{} sent, HTTP status {}".format(size(task.bytes_sent), task.response.status_code))

    sys.stdout.write(answer.decode(errors="replace"))
    # An answer of the server is no error of the task, whatever it says: 413 stands for a file that is too large.
    return 0 if task.response.status_code < 400 else 1


parser = argparse.ArgumentParser()
parser.add_argument("file", type=Path)
parser.add_argument("uri")
parser.add_argument("--method", default="PUT")
parser.add_argument("--resumable", action="store_true", help="go on where a lost connection broke, if the server can")
sys.exit(URLSession.run(main(parser.parse_args())))
