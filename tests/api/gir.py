# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of the API want to know of a GIR file."""

import os
import xml.etree.ElementTree

CORE = "{http://www.gtk.org/introspection/core/1.0}"
C = "{http://www.gtk.org/introspection/c/1.0}"
GLIB = "{http://www.gtk.org/introspection/glib/1.0}"

CLASSES = (CORE + "class", CORE + "interface")
ENUMS = (CORE + "enumeration", CORE + "bitfield")
CALLABLES = (CORE + "method", CORE + "constructor", CORE + "function", CORE + "virtual-method")


def read(path):
    """The namespace element of a GIR file."""
    return xml.etree.ElementTree.parse(path).getroot().find(CORE + "namespace")


def read_own():
    return read(os.environ["API_GIR"])


def read_gobject():
    return read(os.path.join(os.environ["API_GIR_DIR"], "GObject-2.0.gir"))


def classes(namespace):
    return [item for item in namespace if item.tag in CLASSES]


def enums(namespace):
    return [item for item in namespace if item.tag in ENUMS]


def types(namespace):
    """All that has a GType."""
    return [item for item in namespace if item.get(GLIB + "get-type")]


def callables(namespace):
    """Pairs of the type (or the namespace) and each function, method and constructor in it."""
    for owner in [namespace, *namespace]:
        for item in owner:
            if item.tag in CALLABLES and item.get("moved-to") is None:
                yield owner, item


def signals(owner):
    return owner.findall(GLIB + "signal")


def properties(owner):
    return owner.findall(CORE + "property")


def methods(owner):
    return [item for item in owner if item.tag in CALLABLES]


def parameters(item):
    return item.findall("{0}parameters/{0}parameter".format(CORE))


def returned(item):
    return item.find(CORE + "return-value")


def type_of(value):
    """The element that says what a parameter, a property or a return value is."""
    for tag in ("type", "array", "varargs"):
        found = value.find(CORE + tag)
        if found is not None:
            return found
    return None


def is_void(value):
    kind = type_of(value)
    return kind.tag == CORE + "type" and kind.get("name") == "none"


def is_pointer(value):
    return "*" in (type_of(value).get(C + "type") or "")


def doc(item):
    found = item.find(CORE + "doc")
    return (found.text or "").strip() if found is not None else ""


def name_of(owner, item):
    """How to call @item in a message."""
    return item.get(C + "identifier") or "{}:{}".format(owner.get("name"), item.get("name"))


def ancestors(namespace, owner):
    """@owner and those of this namespace that it derives from."""
    by_name = {item.get("name"): item for item in classes(namespace)}
    while owner is not None:
        yield owner
        owner = by_name.get(owner.get("parent"))
