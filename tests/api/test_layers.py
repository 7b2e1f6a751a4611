# SPDX-License-Identifier: LGPL-2.1-or-later
"""Includes point only down, and every file is of a size and a shape that can be read."""

import os
import pathlib
import re
import unittest

import tap

ROOT = pathlib.Path(os.environ["API_SOURCE"])
LIBRARY = ROOT / "urlsession"

# Folders of one number do not know each other.
LAYERS = {
    "base": 0,
    "message": 1,
    "auth": 2,
    "storage": 3,
    "network": 3,
    "loader": 4,
    "transfer": 5,
    "background": 6,
    "task": 7,
    "session": 8,
    "daemon": 9,
}

# Who includes libsoup: the loader of HTTP is made of it, and the storage of cookies asks it for the public suffixes.
WITH_LIBSOUP = {"loader", "storage"}

# Of no layer: they speak of the lowest one only.
GENERATED = {"urlsession/u-config.h", "urlsession/u-enum-types.h", "urlsession/u-version.h"}

# All public headers at once, for applications and for what is generated.
UMBRELLA = "urlsession/urlsession.h"

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
DEFINE_TYPE = re.compile(r"^G_DEFINE_(?:ABSTRACT_|FINAL_)?(?:TYPE|INTERFACE|BOXED_TYPE)\w*\s*\(\s*(\w+)", re.MULTILINE)

MAX_LINES = 800
MAX_COLUMNS = 120
TEXT_SUFFIXES = {".c", ".h", ".in", ".py", ".js", ".vala", ".build", ".md"}
SPDX = "SPDX-License-Identifier: LGPL-2.1-or-later"
FOLDERS = ("urlsession", "introspection", "tests", "examples", "docs")


def sources():
    return sorted(path for path in LIBRARY.rglob("*") if path.suffix in (".c", ".h"))


def text_files():
    files = [ROOT / "meson.build"]
    for folder in FOLDERS:
        files += [path for path in (ROOT / folder).rglob("*") if path.suffix in TEXT_SUFFIXES]
    return sorted(files)


def layer_of(path):
    return pathlib.PurePath(path).parts[1] if path.count("/") > 1 else None


def includes(path):
    return INCLUDE.findall(path.read_text(encoding="utf-8"))


class Layers(unittest.TestCase):
    def setUp(self):
        self.wrong = []

    def check(self, good, text, *args):
        if not good:
            self.wrong.append(text.format(*args))

    def tearDown(self):
        if self.wrong:
            self.fail("{} wrong:\n{}".format(len(self.wrong), "\n".join(self.wrong)))

    def test_every_folder_is_a_layer(self):
        for path in LIBRARY.iterdir():
            self.check(not path.is_dir() or path.name in LAYERS, "urlsession/{} is not a known layer", path.name)

    def test_includes_point_down(self):
        for path in sources():
            name = str(path.relative_to(ROOT))
            layer = layer_of(name)
            for _, included in includes(path):
                if not included.startswith("urlsession/") or layer is None:
                    continue
                self.check(included != UMBRELLA, "{} includes everything", name)
                if included in GENERATED or included == UMBRELLA:
                    continue
                other = layer_of(included)
                self.check((LIBRARY.parent / included).exists(), "{} includes {}, which is not there", name, included)
                self.check(other == layer or LAYERS[other] < LAYERS[layer], "{} includes {}, which is above", name,
                           included)

    def test_public_headers_include_public_ones(self):
        for path in sources():
            if path.suffix != ".h" or path.name.endswith("-private.h"):
                continue
            for mark, included in includes(path):
                name = str(path.relative_to(ROOT))
                self.check(not included.endswith("-private.h") and not included.endswith("u-config.h"),
                           "{} is public and includes {}", name, included)
                self.check(mark == "<", "{} is public and includes {} relative to itself", name, included)

    def test_libsoup_stays_behind_the_door(self):
        for path in sources():
            name = str(path.relative_to(ROOT))
            for _, included in includes(path):
                if "soup" not in included.lower():
                    continue
                self.check(layer_of(name) in WITH_LIBSOUP, "{} includes {}", name, included)
                self.check(path.suffix == ".c" or path.name.endswith("-private.h"), "{} is public and includes {}",
                           name, included)

    def test_one_type_in_a_file(self):
        for path in sources():
            types = DEFINE_TYPE.findall(path.read_text(encoding="utf-8"))
            self.check(len(types) <= 1, "{} defines {}", path.relative_to(ROOT), ", ".join(types))

    def test_files_are_short(self):
        for path in text_files():
            lines = path.read_text(encoding="utf-8").count("\n")
            self.check(lines <= MAX_LINES, "{} has {} lines", path.relative_to(ROOT), lines)

    def test_lines_are_short(self):
        for path in sources():
            # The prototypes of a header are in columns.
            if path.suffix != ".c":
                continue
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                # A property with two accessors cannot be said in less: the scanner wants it in one line.
                self.check(len(line) <= MAX_COLUMNS or "(getter " in line, "{}:{} has {} columns",
                           path.relative_to(ROOT), number, len(line))

    def test_links_to_pages_lead_somewhere(self):
        # gi-docgen checks the links to symbols, and leaves these alone.
        pages = {path.stem for path in (ROOT / "docs").glob("*.md")}
        build = (ROOT / "docs" / "meson.build").read_text(encoding="utf-8")
        for page in pages:
            self.check("'{}.md'".format(page) in build, "docs/{}.md is not built", page)
        for path in [*sources(), *(ROOT / "docs").glob("*.md")]:
            for page in re.findall(r"\]\(([\w-]+)\.html", path.read_text(encoding="utf-8")):
                self.check(page in pages, "{} refers to {}.html", path.relative_to(ROOT), page)

    def test_files_have_a_licence(self):
        for path in text_files():
            # The pages of the manual have it in front of the whole, in the configuration.
            if path.suffix == ".md":
                continue
            head = path.read_text(encoding="utf-8")[:500]
            self.check(SPDX in head, "{} does not say its licence", path.relative_to(ROOT))


if __name__ == "__main__":
    tap.main("api")
