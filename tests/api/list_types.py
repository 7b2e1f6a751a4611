# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes a C header with all the types that the public headers declare, for tests over all of them.

Usage: list_types.py OUTPUT HEADER…
"""

import os
import pathlib
import re
import sys

DECLARE = re.compile(r"G_DECLARE_(?:FINAL|DERIVABLE|INTERFACE)_TYPE\s*\(\s*(\w+),\s*(\w+),")
GET_TYPE = re.compile(r"^GType\s+(u_\w+)_get_type\s*\(void\)", re.MULTILINE)


GENERATED = ("u-enum-types.h", "u-version.h")


def public_headers():
    """All that is installed, as {"urlsession/task/u-task.h": path}; for tests, by the environment that they have."""
    source = pathlib.Path(os.environ["API_SOURCE"])
    build = pathlib.Path(os.environ["API_BUILD"])
    headers = {
        str(path.relative_to(source)): path
        for path in (source / "urlsession").rglob("*.h")
        if not path.name.endswith("-private.h")
    }
    headers.update({"urlsession/" + name: build / "urlsession" / name for name in GENERATED})
    return dict(sorted(headers.items()))


def camel_case(symbol):
    return "".join(part.capitalize() for part in symbol.split("_"))


def types_of(headers):
    """The names of the types and of the functions that return them: {"USession": "u_session_get_type"}."""
    types = {}
    for header in headers:
        text = pathlib.Path(header).read_text(encoding="utf-8")
        for name, prefix in DECLARE.findall(text):
            types[name] = prefix + "_get_type"
        for prefix in GET_TYPE.findall(text):
            types[camel_case(prefix)] = prefix + "_get_type"
    return types


def main(output, *headers):
    types = types_of(headers)
    lines = ["/* Generated from the public headers. */"]
    lines += ["#define ALL_TYPES(type) \\"]
    lines += ["  type ({}, {}) \\".format(name, types[name]) for name in sorted(types)]
    pathlib.Path(output).write_text("\n".join(lines) + "\n\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
