# SPDX-License-Identifier: LGPL-2.1-or-later
"""The shared library exports what the GIR describes, and nothing else."""

import os
import subprocess
import unittest

import gir
import tap


def exported():
    out = subprocess.run(["nm", "--dynamic", "--defined-only", "--format=posix", os.environ["API_LIBRARY"]],
                         check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout
    return {line.split()[0].split("@")[0] for line in out.splitlines()}


def described(namespace):
    # What only a class structure has, has no symbol.
    symbols = {item.get(gir.C + "identifier") for _, item in gir.callables(namespace)} - {None}
    symbols.update(item.get(gir.GLIB + "get-type") for item in gir.types(namespace))
    for item in gir.enums(namespace):
        domain = item.get(gir.GLIB + "error-domain")
        if domain:
            symbols.add(domain.replace("-", "_"))
    return symbols


class Symbols(unittest.TestCase):
    def test_all_that_is_exported_is_described(self):
        self.assertEqual(exported() - described(gir.read_own()), set())

    def test_all_that_is_described_is_exported(self):
        self.assertEqual(described(gir.read_own()) - exported(), set())

    def test_all_begins_with_the_prefix(self):
        self.assertEqual([symbol for symbol in exported() if not symbol.startswith("u_")], [])

    def test_icu_has_none_of_them(self):
        # A program that is linked with both would call the wrong one.
        taken = ("u_errorName", "u_init", "u_cleanup", "u_getVersion")
        self.assertEqual([symbol for symbol in exported() if symbol in taken], [])


if __name__ == "__main__":
    tap.main("api")
