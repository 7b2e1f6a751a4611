# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `meson install` puts on a system is enough to use the library, and so is the tree as a subproject."""

import os
import pathlib
import re
import shlex
import subprocess
import tempfile
import unittest

import list_types
import tap

VERSION = os.environ["API_VERSION"]
NAME = "urlsession-" + VERSION

PROGRAM = """\
#include <urlsession/urlsession.h>

int
main (void)
{
  g_autoptr (USession) session = u_session_new (NULL);
  g_autoptr (UDataTask) task = u_session_create_data_task_for_uri (session, "data:,hello");

  return u_task_get_state (U_TASK (task)) == U_TASK_STATE_SUSPENDED && U_CHECK_VERSION (0, 1, 0) ? 0 : 1;
}
"""

PARENT = """\
project('parent', 'c', meson_version: '>= 1.0')
urlsession = dependency('{0}', fallback: 'urlsession')
test('program', executable('program', 'program.c', dependencies: urlsession))
"""


def run(*command, **options):
    result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            encoding="utf-8", **options)
    if result.returncode != 0:
        raise AssertionError("{} failed:\n{}".format(" ".join(command), result.stdout))
    return result.stdout


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="ut-")
        root = pathlib.Path(cls.folder.name)
        run(os.environ["API_MESON"], "install", "--no-rebuild", "-C", os.environ["API_BUILD"], "--destdir", str(root))
        cls.prefix = root / os.environ["API_PREFIX"].lstrip("/")
        cls.libdir = cls.prefix / os.environ["API_LIBDIR"]
        cls.files = {str(path.relative_to(cls.prefix)) for path in cls.prefix.rglob("*") if not path.is_dir()}

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def pkg_config(self, *options):
        # The file says where it was to be installed, not where it was; what it requires is where it is.
        folder = pathlib.Path(self.folder.name) / "pkgconfig"
        text = (self.libdir / "pkgconfig" / (NAME + ".pc")).read_text(encoding="utf-8")
        self.write(folder / (NAME + ".pc"), re.sub(r"^prefix=.*", "prefix={}".format(self.prefix), text, 1, re.MULTILINE))
        return run("pkg-config", *options, NAME, env=dict(os.environ, PKG_CONFIG_PATH=str(folder))).strip()

    def write(self, path, text):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def test_all_public_headers_are_installed(self):
        installed = {name.removeprefix("include/{}/".format(NAME)) for name in self.files
                     if name.startswith("include/")}
        self.assertEqual(installed, set(list_types.public_headers()))

    def test_bindings_are_installed(self):
        libdir = os.environ["API_LIBDIR"]
        for name in (
            "share/gir-1.0/URLSession-{}.gir".format(VERSION),
            "{}/girepository-1.0/URLSession-{}.typelib".format(libdir, VERSION),
            "share/vala/vapi/{}.vapi".format(NAME),
            "share/vala/vapi/{}.deps".format(NAME),
            "{}/pkgconfig/{}.pc".format(libdir, NAME),
            "{}/lib{}.so".format(libdir, NAME),
        ):
            self.assertIn(name, self.files)

    def test_every_name_has_the_version(self):
        # So that two versions of the interface can be installed side by side.
        for name in self.files:
            # Overrides are looked up by the name of the namespace alone.
            if "/overrides/" not in name:
                self.assertIn("-" + VERSION, name)

    def test_vapi_names_what_it_needs(self):
        deps = (self.prefix / "share/vala/vapi" / (NAME + ".deps")).read_text(encoding="utf-8").split("\n")
        self.assertEqual([line for line in deps if line], ["gio-2.0", "json-glib-1.0"])

    def test_libsoup_is_private(self):
        self.assertNotIn("soup", self.pkg_config("--cflags", "--libs"))

    def test_a_program_with_pkg_config(self):
        folder = pathlib.Path(self.folder.name) / "program"
        self.write(folder / "program.c", PROGRAM)
        program = str(folder / "program")
        flags = shlex.split(self.pkg_config("--cflags", "--libs"))
        run(*shlex.split(os.environ["API_CC"]), "-Wall", "-Werror", str(folder / "program.c"), "-o", program, *flags)
        run(program, env=dict(os.environ, LD_LIBRARY_PATH=str(self.libdir)))

    def test_a_subproject(self):
        folder = pathlib.Path(self.folder.name) / "parent"
        self.write(folder / "meson.build", PARENT.format(NAME))
        self.write(folder / "program.c", PROGRAM)
        self.write(folder / "subprojects" / "README", "")
        # The files, not a link to the folder: what is in it besides, such as this build, is none of its business.
        inner = folder / "subprojects" / "urlsession"
        inner.mkdir()
        for name in ("meson.build", "meson_options.txt", "urlsession", "introspection"):
            (inner / name).symlink_to(pathlib.Path(os.environ["API_SOURCE"]) / name)
        build = str(folder / "_build")
        run(os.environ["API_MESON"], "setup", build, str(folder), "--wrap-mode=nodownload",
            *("-Durlsession:{}".format(option) for option in ("tests=false", "introspection=disabled", "vapi=disabled")))
        run(os.environ["API_MESON"], "compile", "-C", build)
        run(os.environ["API_MESON"], "test", "-C", build)


if __name__ == "__main__":
    tap.main("api")
