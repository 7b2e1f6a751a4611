# SPDX-License-Identifier: LGPL-2.1-or-later
"""What Vala sees: as much as the GIR says, and nothing that it guessed."""

import os
import re
import unittest

import gir
import tap

CLASS = re.compile(r"public (?:sealed |abstract )*(?:class|interface) (\w+) ")
PROPERTY = re.compile(r"public (?:abstract |virtual )?(\S+) (\w+) \{ ([^}]*)\}")
SIGNAL = re.compile(r"public (?:virtual )?signal \S+ (\w+) \(([^)]*)\)")
ASYNC = re.compile(r"public async \S+ (\w+) \([^)]*\)( throws GLib\.Error)?;")


class Vapi(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.namespace = gir.read_own()
        cls.members = {}
        name = None
        with open(os.environ["API_VAPI"], encoding="utf-8") as vapi:
            cls.text = vapi.read()
        for line in cls.text.splitlines():
            found = CLASS.search(line)
            if found:
                name = found.group(1)
            if name:
                cls.members.setdefault(name, []).append(line.strip())

    def setUp(self):
        self.wrong = []

    def tearDown(self):
        if self.wrong:
            self.fail("{} wrong:\n{}".format(len(self.wrong), "\n".join(self.wrong)))

    def test_namespace(self):
        self.assertIn("namespace URLSession {", self.text)

    def test_every_class_is_there(self):
        self.assertEqual(sorted(self.members), sorted(item.get("name") for item in gir.classes(self.namespace)))

    def test_properties_are_as_nullable_as_their_getters(self):
        # The scanner has no annotation for a property: the metadata says it, and this that nobody forgot.
        for owner in gir.classes(self.namespace):
            methods = {item.get("name"): item for item in gir.methods(owner)}
            seen = {}
            for line in self.members[owner.get("name")]:
                found = PROPERTY.match(line)
                if found:
                    seen[found.group(2)] = found.group(1).endswith("?")
            for item in gir.properties(owner):
                name = item.get("name").replace("-", "_")
                nullable = gir.returned(methods[item.get("getter")]).get("nullable") == "1"
                if name in seen and seen[name] != nullable:
                    self.wrong.append("{}.{} is {}nullable".format(owner.get("name"), name, "" if seen[name] else "not "))

    def test_signal_arguments_have_types(self):
        for owner, lines in self.members.items():
            for line in lines:
                found = SIGNAL.match(line)
                arguments = found.group(2) if found else ""
                for argument in filter(None, arguments.split(", ")):
                    kind, name = argument.split(" ")
                    if kind in ("GLib.Object", "void*") or re.fullmatch(r"p\d+|object", name):
                        self.wrong.append("{}.{}: {}".format(owner, found.group(1), argument))

    def test_async_methods_throw(self):
        found = ASYNC.findall(self.text)
        self.assertGreater(len(found), 5)
        for name, throws in found:
            if not throws or not name.endswith("_async"):
                self.wrong.append("{} throws nothing, or is not called _async".format(name))
        self.assertNotIn("_finish (", self.text)

    def test_constructors_have_names(self):
        # new_for_uri() is Request.for_uri(), not a static method.
        for owner in gir.classes(self.namespace):
            for item in gir.methods(owner):
                if item.tag != gir.CORE + "constructor":
                    continue
                name = item.get("name").removeprefix("new").removeprefix("_")
                called = owner.get("name") + ("." + name if name else "")
                self.assertTrue(
                    any(line.startswith("public {} (".format(called)) for line in self.members[owner.get("name")]),
                    called,
                )


if __name__ == "__main__":
    tap.main("api")
