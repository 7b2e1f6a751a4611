#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Downloads files side by side into the current folder, with a progress bar for each.

What ends a download half-way, Ctrl-C or the network, leaves NAME.resume; the next run with the same URL goes on from
there. Exit status: 0 all files are there, 1 one failed, 3 cancelled by --cancel, 130 ended by Ctrl-C.
"""

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path

import gi

gi.require_version("URLSession", "1")
from gi.repository import GLib, URLSession  # noqa: E402

from progress import Display  # noqa: E402


class Download:
    """One file: a task, or one after the other if it is paused."""

    def __init__(self, session, uri, folder, row, pause=False):
        self.session = session
        self.uri = uri
        self.folder = folder
        self.row = row
        self.pause = pause

    async def run(self):
        resume_file = self.find_resume_file()
        resume_data = None
        if resume_file:
            resume_data = resume_file.read_bytes()
            self.row.name = resume_file.stem
        try:
            while not await self.save(resume_data):
                await asyncio.sleep(1)
                resume_data = self.task.resume_data
        except (GLib.Error, asyncio.CancelledError) as error:
            self.keep_resume_data()
            self.row.fail(error.message if isinstance(error, GLib.Error) else "cancelled")
            raise
        if resume_file:
            resume_file.unlink()

    async def save(self, resume_data):
        """Returns whether the file is there; if not, the download was paused."""
        if resume_data:
            self.task = self.session.resume_download_task(resume_data)
        else:
            self.task = self.session.create_download_task(self.uri)
        self.task.connect("notify::response", lambda task, _: self.row.begin(task.response))
        self.task.connect("resumed-at-offset", lambda task, offset, total: self.row.resume(offset))
        self.task.connect("wrote-data", lambda task, *_: self.row.update(task))
        if self.pause:
            self.task.connect("wrote-data", self.pause_half_way)

        try:
            file = await self.task.save(self.folder)
        except GLib.Error as error:
            if self.pause or not error.matches(URLSession.error_quark(), URLSession.Error.CANCELLED):
                raise
            self.row.say("paused")
            return False
        self.row.end(file.get_basename())
        return True

    async def pause_half_way(self, task, written, total_written, total_expected):
        if self.pause and total_written >= total_expected / 2:
            self.pause = False
            await task.cancel_by_producing_resume_data()

    def find_resume_file(self):
        """What an earlier run with the same URL left. Resume data is a JSON object."""
        for path in self.folder.glob("*.resume"):
            try:
                if json.loads(path.read_bytes())["uri"] == self.uri:
                    return path
            except (OSError, ValueError, LookupError):
                pass
        return None

    def keep_resume_data(self):
        if resume_data := self.task.resume_data:
            path = self.folder / (self.task.response.suggested_filename + ".resume")
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(resume_data.get_data())


async def main(options, display):
    session = URLSession.Session()
    downloads = [
        Download(session, uri, options.folder, display.add_row(uri), pause=(number == options.pause))
        for number, uri in enumerate(options.uris, start=1)
    ]
    running = asyncio.gather(*(download.run() for download in downloads), return_exceptions=True)
    if options.cancel:
        asyncio.get_running_loop().call_later(1, running.cancel)
    results = await running
    return 1 if any(isinstance(result, BaseException) for result in results) else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("uris", nargs="+", metavar="URL")
    parser.add_argument("--folder", type=Path, default=Path.cwd(), help="where the files go")
    parser.add_argument("--pause", type=int, metavar="N", help="pause the Nth download half-way, then resume it")
    parser.add_argument("--cancel", action="store_true", help="cancel everything after a second")
    options = parser.parse_args()

    with Display() as display:
        try:
            status = URLSession.run(main(options, display))
        except asyncio.CancelledError:
            status = 3
        except KeyboardInterrupt:
            status = 130
    if status in (3, 130):
        print("Cancelled. With the same URLs the next run goes on from the .resume files.", file=sys.stderr)
    sys.exit(status)
