# SPDX-License-Identifier: LGPL-2.1-or-later
"""What must be true of every type, function, property and signal in the GIR."""

import collections
import keyword
import os
import pathlib
import re
import unittest

import gir
import list_types
import tap

# What PyGObject and GJS add to GObject.Object, beyond its own methods, and what every object of theirs has.
ADDED_BY_PYGOBJECT = """
    bind_property bind_property_full chain compat_control connect connect_after connect_object connect_object_after
    connect_data disconnect disconnect_by_func emit emit_stop_by_name freeze_notify thaw_notify get_properties
    set_properties handler_block handler_block_by_func handler_disconnect handler_is_connected handler_unblock
    handler_unblock_by_func props stop_emission stop_emission_by_name weak_ref find_property list_properties
    install_properties override_property interface_find_property interface_install_property
    interface_list_properties newv
""".split()
ADDED_BY_GJS = """
    block_signal_handler connect connect_after connect_object constructor disconnect emit hasOwnProperty init
    isPrototypeOf set stop_emission_by_name then toLocaleString toString unblock_signal_handler valueOf
    get_property_value
""".split()

# Names of GObject's that are taken on purpose, with the reason.
ALLOWED = {
    # g_object_get() and g_object_set() take variable arguments: no binding has them as they are. GJS has a set() of its
    # own, to assign properties; headers have none that could be assigned.
    ("Headers", "get"),
    ("Headers", "set"),
}

# Given when an object is made, and no property that can be read: they must be in no dump of properties.
SECRETS = {"Credential:password"}

# A name that the scanner makes up when nobody documented the argument.
MADE_UP = re.compile(r"^(object|p\d+|arg\d+)$")

# Types that do not come through every binding, or not well.
UNWANTED = {"GLib.HashTable", "GLib.List", "GLib.SList", "GLib.Array", "GLib.PtrArray", "GLib.ByteArray", "va_list"}

DOC_COMMENT = re.compile(r"/\*\*\n \* (u_\w+):.*?\n(.*?) \*/", re.DOTALL)


def returns_of_comments():
    """What the doc comment of each function says of what it returns: the GIR fills in what nobody wrote."""
    returns = {}
    for path in pathlib.Path(os.environ["API_SOURCE"], "urlsession").rglob("*.c"):
        for symbol, text in DOC_COMMENT.findall(path.read_text(encoding="utf-8")):
            found = re.search(r"^ \* Returns:(.*)", text, re.MULTILINE | re.DOTALL)
            returns[symbol] = found.group(1) if found else ""
    return returns


class Gir(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.namespace = gir.read_own()
        cls.classes = gir.classes(cls.namespace)
        cls.callables = list(gir.callables(cls.namespace))

    def setUp(self):
        self.wrong = []

    def check(self, good, text, *args):
        """Goes on after a failure, so that one run tells everything."""
        if not good:
            self.wrong.append(text.format(*args))

    def tearDown(self):
        if self.wrong:
            self.fail("{} wrong:\n{}".format(len(self.wrong), "\n".join(self.wrong)))

    def test_there_is_something(self):
        self.assertGreater(len(self.classes), 5)
        self.assertGreater(len(self.callables), 50)

    def test_public_headers_declare_the_same_types(self):
        declared = list_types.types_of(list_types.public_headers().values())
        registered = {
            item.get(gir.GLIB + "type-name"): item.get(gir.GLIB + "get-type") for item in gir.types(self.namespace)
        }
        self.assertEqual(declared, registered)

    def test_no_name_hides_one_of_gobject(self):
        taken = set(ADDED_BY_PYGOBJECT) | set(ADDED_BY_GJS)
        for item in gir.classes(gir.read_gobject()):
            if item.get("name") == "Object":
                taken.update(method.get("name") for method in gir.methods(item))
                taken.update(signal.get("name") for signal in gir.signals(item))
        self.assertIn("set_property", taken)
        self.assertIn("bind_property", taken)
        for owner in self.classes:
            for item in gir.methods(owner) + gir.signals(owner):
                name = item.get("name").replace("-", "_")
                if item.tag == gir.CORE + "constructor" or (owner.get("name"), name) in ALLOWED:
                    continue
                self.check(name not in taken, "{}.{} hides GObject's", owner.get("name"), name)

    def test_no_two_members_share_a_name(self):
        for owner in self.classes:
            seen = collections.Counter()
            for ancestor in gir.ancestors(self.namespace, owner):
                members = gir.signals(ancestor) + gir.properties(ancestor)
                members += [item for item in gir.methods(ancestor) if item.tag == gir.CORE + "method"]
                seen.update(item.get("name").replace("-", "_") for item in members)
            for name, times in seen.items():
                self.check(times == 1, "{} has {} members called {}", owner.get("name"), times, name)

    def test_names_are_no_keywords(self):
        for owner in self.classes:
            for item in gir.methods(owner) + gir.signals(owner) + gir.properties(owner):
                name = item.get("name").replace("-", "_")
                self.check(not keyword.iskeyword(name), "{}.{} is a keyword", owner.get("name"), name)
        for owner, item in self.callables:
            for parameter in gir.parameters(item):
                self.check(not keyword.iskeyword(parameter.get("name")), "{}: the parameter {} is a keyword",
                           gir.name_of(owner, item), parameter.get("name"))

    def test_enum_names_are_identifiers(self):
        for owner in gir.enums(self.namespace):
            for member in owner.findall(gir.CORE + "member"):
                nick = member.get(gir.GLIB + "nick")
                self.check(nick and not nick[0].isdigit(), "{} has the nick {}", owner.get("name"), nick)

    def test_enums_have_types(self):
        for owner in gir.enums(self.namespace):
            self.check(owner.get(gir.GLIB + "get-type"), "{} has no GType", owner.get("name"))

    def test_all_is_documented(self):
        for item in self.namespace:
            if item.tag in gir.CLASSES + gir.ENUMS + (gir.CORE + "constant",):
                self.check(gir.doc(item), "{} is not documented", item.get("name"))
        for owner in gir.enums(self.namespace):
            for member in owner.findall(gir.CORE + "member"):
                self.check(gir.doc(member), "{} is not documented", gir.name_of(owner, member))
        for owner in self.classes:
            for item in gir.properties(owner) + gir.signals(owner):
                self.check(gir.doc(item), "{} is not documented", gir.name_of(owner, item))
        for owner, item in self.callables:
            self.check(gir.doc(item), "{} is not documented", gir.name_of(owner, item))

    def test_arguments_and_results_are_documented(self):
        items = self.callables + [(owner, item) for owner in self.classes for item in gir.signals(owner)]
        for owner, item in items:
            name = gir.name_of(owner, item)
            for parameter in gir.parameters(item):
                self.check(gir.doc(parameter), "{}: {} is not documented", name, parameter.get("name"))
            self.check(gir.is_void(gir.returned(item)) or gir.doc(gir.returned(item)),
                       "{}: what it returns is not documented", name)

    def test_macros_are_documented(self):
        # The casts of a type say nothing that its name does not.
        casts = set()
        for owner in self.classes:
            symbol = owner.get(gir.C + "symbol-prefix").upper()
            casts.update((symbol, "IS_" + symbol, "TYPE_" + symbol))
        for item in self.namespace.findall(gir.CORE + "function-macro"):
            self.check(item.get("name") in casts or gir.doc(item), "{} is not documented", gir.name_of(item, item))

    def test_a_summary_is_one_paragraph_that_ends(self):
        for owner, item in self.callables:
            summary = gir.doc(item).split("\n\n", 1)[0].rstrip()
            self.check(summary.endswith((".", ":")), "{}: “{}” does not end", gir.name_of(owner, item), summary)

    def test_signal_arguments_have_names(self):
        for owner in self.classes:
            for signal in gir.signals(owner):
                for parameter in gir.parameters(signal):
                    self.check(not MADE_UP.match(parameter.get("name")), "{}: {} is not a name",
                               gir.name_of(owner, signal), parameter.get("name"))

    def test_pointers_have_a_transfer(self):
        returns = returns_of_comments()
        for owner, item in self.callables:
            if gir.is_pointer(gir.returned(item)):
                symbol = item.get(gir.C + "identifier")
                self.check("(transfer " in returns.get(symbol, ""), "{}: (transfer …) is missing", symbol)

    def test_no_type_is_foreign_or_awkward(self):
        for element in self.namespace.iter():
            for value in (element.get("name"), element.get(gir.C + "type")):
                self.check(not value or "Soup" not in value, "{} is a type of libsoup", value)
            self.check(element.get("name") not in UNWANTED, "{} is in a signature", element.get("name"))

    def test_all_is_introspectable(self):
        for owner, item in self.callables:
            self.check(item.get("introspectable") != "0", "{} is not introspectable", gir.name_of(owner, item))
            self.check(item.find(".//" + gir.CORE + "varargs") is None, "{} takes variable arguments",
                       gir.name_of(owner, item))

    def test_few_out_parameters(self):
        for owner, item in self.callables:
            n_out = sum(parameter.get("direction", "in") != "in" for parameter in gir.parameters(item))
            limit = 1 if item.get("name").endswith("_finish") else 2
            self.check(n_out <= limit, "{} has {} out parameters", gir.name_of(owner, item), n_out)

    def test_async_calls_come_in_pairs(self):
        for owner in self.classes:
            by_name = {item.get("name"): item for item in gir.methods(owner)}
            for name, item in by_name.items():
                scopes = [parameter.get("scope") for parameter in gir.parameters(item)]
                if name.endswith("_async"):
                    finish = by_name.get(name[: -len("_async")] + "_finish")
                    self.check("async" in scopes, "{} has no callback of scope async", gir.name_of(owner, item))
                    self.check(finish is not None, "{} has no _finish", gir.name_of(owner, item))
                    self.check(finish is None or finish.get("throws") == "1", "{}: its _finish throws nothing",
                               gir.name_of(owner, item))
                else:
                    self.check("async" not in scopes, "{} is not called _async", gir.name_of(owner, item))
                if name.endswith("_finish"):
                    self.check(name[: -len("_finish")] + "_async" in by_name, "{} has no _async",
                               gir.name_of(owner, item))

    def test_accessors_belong_to_properties(self):
        for owner in self.classes:
            by_name = {item.get("name"): item for item in gir.methods(owner)}
            for item in gir.properties(owner):
                name = gir.name_of(owner, item)
                getter = item.get("getter")
                self.check(getter in by_name, "{} has no getter", name)
                writable = item.get("writable") == "1" and item.get("construct-only") != "1"
                self.check(not writable or item.get("setter") in by_name, "{} has no setter", name)
                secret = owner.get("name") + ":" + item.get("name") in SECRETS
                self.check((item.get("readable") == "0") == secret, "{} can be read, or cannot", name)


if __name__ == "__main__":
    tap.main("api")
