# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every public header stands alone, in C and in C++, with the warnings that applications switch on."""

import os
import re
import shlex
import subprocess
import tempfile
import unittest

import list_types
import tap

HEADERS = list_types.public_headers()
UMBRELLA = "urlsession/urlsession.h"
WARNINGS = ["-Wall", "-Wextra", "-Werror", "-fsyntax-only"]

# Not -pedantic-errors: GLib's own headers use extensions, of which the compiler speaks in them, too.
DIALECTS = {
    "c": [["-std=c11"], ["-std=gnu11", "-pedantic"], ["-std=c11", "-Wstrict-prototypes", "-Wmissing-declarations"]],
    "c++": [["-std=c++17"], ["-std=gnu++17", "-pedantic"]],
}


class Headers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # What the public headers may need, and no more.
        required = subprocess.run(["pkg-config", "--cflags", "gio-2.0", "json-glib-1.0"], check=True,
                                  stdout=subprocess.PIPE, encoding="utf-8").stdout
        cls.flags = shlex.split(required) + ["-I" + os.environ["API_BUILD"], "-I" + os.environ["API_SOURCE"]]

    def compile(self, language, text):
        compiler = shlex.split(os.environ["API_CC" if language == "c" else "API_CXX"])
        with tempfile.NamedTemporaryFile("w", suffix=".c" if language == "c" else ".cc") as source:
            source.write(text)
            source.flush()
            for dialect in DIALECTS[language]:
                result = subprocess.run(compiler + self.flags + WARNINGS + dialect + [source.name], stdin=subprocess.DEVNULL,
                                        stderr=subprocess.STDOUT, stdout=subprocess.PIPE, encoding="utf-8")
                self.assertEqual(result.returncode, 0, "{} {}:\n{}".format(language, dialect, result.stdout))

    def check_alone(self, language):
        for name in HEADERS:
            with self.subTest(header=name):
                # Twice: it has to guard itself.
                self.compile(language, "#include <{0}>\n#include <{0}>\n".format(name))

    def test_one_header_has_them_all(self):
        text = HEADERS[UMBRELLA].read_text(encoding="utf-8")
        included = re.findall(r"^#include <(.*)>", text, re.MULTILINE)
        self.assertEqual(included, [name for name in HEADERS if name != UMBRELLA])

    def test_each_alone_in_c(self):
        self.check_alone("c")

    def test_each_alone_in_cxx(self):
        self.check_alone("c++")

    def autoptr_program(self):
        lines = ["#include <urlsession/urlsession.h>", "void test (void);", "void", "test (void)", "{"]
        for n, (name, get_type) in enumerate(sorted(list_types.types_of(HEADERS.values()).items())):
            if self.is_enum(name):
                continue
            symbol = get_type[len("u_"): -len("_get_type")].upper()
            lines += [
                "  g_autoptr ({}) object{} = NULL;".format(name, n),
                "  if (U_IS_{} (object{}))".format(symbol, n),
                "    (void) U_{} (object{});".format(symbol, n),
                "  (void) U_TYPE_{};".format(symbol),
            ]
        return "\n".join(lines + ["}", ""])

    @staticmethod
    def is_enum(name):
        return any("\n}} {};".format(name) in path.read_text(encoding="utf-8") for path in HEADERS.values())

    def test_autoptr_and_casts_in_c(self):
        self.compile("c", self.autoptr_program())

    def test_autoptr_and_casts_in_cxx(self):
        self.compile("c++", self.autoptr_program())


if __name__ == "__main__":
    tap.main("api")
