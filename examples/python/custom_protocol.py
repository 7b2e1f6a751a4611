#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads what is in a ZIP archive, by URLs of its own:

    custom_protocol.py ARCHIVE              lists what is in it
    custom_protocol.py ARCHIVE MEMBER       writes a file of it to the standard output; of a folder, what is in that
    custom_protocol.py ARCHIVE MEMBER FILE  saves it

The URL of a member is zip:///path/archive.zip!/member. Every call of a session that has the protocol understands it.
"""

import asyncio
import mimetypes
import os
import sys
import zipfile
import zlib
from urllib.parse import quote, unquote, urlsplit

import gi

gi.require_version("URLSession", "1")
from gi.repository import GLib, URLSession  # noqa: E402

PIECE = 256 * 1024

# What zipfile raises for an archive that is none, is damaged or has a password: no mistakes of this program.
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


class ZipProtocol(URLSession.Protocol):
    """Carries out requests for zip: URLs. Archives are read in threads, a piece at a time."""

    def do_can_load(self, request):
        return urlsplit(request.uri or "").scheme == "zip"

    async def do_start(self, load):
        try:
            await self.carry_out(load)
            load.finish()
        except DAMAGED as error:
            load.fail(error)

    async def carry_out(self, load):
        path, found, name = urlsplit(load.request.uri).path.partition("!/")
        if not found:
            raise FileNotFoundError("a zip: URL is zip:///path/archive.zip!/member")
        # That there is no such file is the error of the task, as whatever else is raised.
        with await asyncio.to_thread(zipfile.ZipFile, unquote(path)) as archive:
            name = unquote(name)
            if name == "" or name.endswith("/"):
                self.list_folder(load, archive, name)
            else:
                await self.send_member(load, archive, name)

    def list_folder(self, load, archive, folder):
        members = [info for info in archive.infolist() if info.filename.startswith(folder)]
        if folder and not members:
            raise FileNotFoundError("there is no folder {} in the archive".format(folder))
        # Of what is deeper, the folder that it is in.
        entries = {}
        for info in members:
            name, slash, _ = info.filename[len(folder):].partition("/")
            if name:
                entries[name + slash] = entries.get(name + slash, 0) + info.file_size
        lines = ["{:>12}  {}\n".format(size, name) for name, size in sorted(entries.items())]
        text = "".join(lines).encode()
        load.respond(mime_type="text/plain", charset="utf-8", length=len(text))
        load.send_data(text)

    async def send_member(self, load, archive, name):
        try:
            info = archive.getinfo(name)
        except KeyError:
            raise FileNotFoundError("there is no file {} in the archive".format(name)) from None
        mime_type, _ = mimetypes.guess_type(name)
        with await asyncio.to_thread(archive.open, info) as member:
            load.respond(mime_type=mime_type, length=info.file_size)
            while piece := await asyncio.to_thread(member.read, PIECE):
                # Returns when there is room for the next one: an archive of any size takes the same memory.
                await load.send(piece)


def zip_uri(archive, member):
    return "zip://{}!/{}".format(quote(os.path.abspath(archive)), quote(member))


async def main(archive, member="", destination=None):
    configuration = URLSession.SessionConfiguration.new()
    configuration.add_protocol(ZipProtocol())
    session = URLSession.Session(configuration)
    uri = zip_uri(archive, member)

    if destination is not None:
        file, _ = await session.download(uri, destination)
        print("saved as {}".format(file.get_path()))
        return
    body, _ = await session.open(uri)
    async with body:
        while piece := await body.read(PIECE):
            sys.stdout.buffer.write(piece)


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 4:
        sys.exit(__doc__)
    try:
        URLSession.run(main(*sys.argv[1:]))
    except GLib.Error as error:
        sys.exit(error.message)
