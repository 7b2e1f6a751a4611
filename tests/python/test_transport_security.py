# SPDX-License-Identifier: LGPL-2.1-or-later
"""The rules for connections, as a program in Python sets them."""

import unittest

import gi

gi.require_version("URLSession", "1")
from gi.repository import Gio, URLSession  # noqa: E402

import tap  # noqa: E402


class TransportSecurity(unittest.TestCase):
    def test_attributes_are_properties(self):
        security = URLSession.TransportSecurity()
        self.assertEqual(security.minimum_tls_version, Gio.TlsProtocolVersion.TLS_1_2)
        self.assertTrue(security.allows_local_networking)
        security.allows_insecure_loads = True
        security.minimum_tls_version = Gio.TlsProtocolVersion.TLS_1_3
        self.assertTrue(security.get_allows_insecure_loads())
        self.assertEqual(security.copy().minimum_tls_version, Gio.TlsProtocolVersion.TLS_1_3)

    def test_exceptions(self):
        security = URLSession.TransportSecurity()
        security.add_exception("Bücher.example", includes_subdomains=True, allows_insecure_loads=True)
        security.add_exception("old.example", minimum_tls_version=Gio.TlsProtocolVersion.TLS_1_0)
        self.assertEqual(security.dup_exception_domains(), ["xn--bcher-kva.example", "old.example"])
        exception = security.dup_exception("bücher.example")
        self.assertTrue(exception.allows_insecure_loads and exception.includes_subdomains)
        self.assertTrue(exception.requires_forward_secrecy)
        self.assertEqual(exception.minimum_tls_version, Gio.TlsProtocolVersion.UNKNOWN)
        self.assertFalse(security.dup_exception("old.example").allows_insecure_loads)
        self.assertIsNone(security.dup_exception("www.old.example"))
        self.assertTrue(security.remove_exception("old.example"))
        self.assertFalse(security.remove_exception("old.example"))


if __name__ == "__main__":
    tap.main()
