# SPDX-License-Identifier: LGPL-2.1-or-later
"""Credentials and their storage, as a Python program uses them."""

import unittest

import gi

gi.require_version("URLSession", "1")
from gi.repository import GLib, URLSession  # noqa: E402

import support  # noqa: E402
import tap  # noqa: E402

PASSWORD = "corr€ct hørse"


def make_space(realm="Staff"):
    return URLSession.ProtectionSpace(host="example.org", port=443, protocol="https", realm=realm,
                                      authentication_method=URLSession.AuthenticationMethod.HTTP_BASIC)


def make_credential(user="anna", persistence=URLSession.CredentialPersistence.FOR_SESSION):
    return URLSession.Credential(user=user, password=PASSWORD, persistence=persistence)


class Credentials(support.TestCase):
    def setUp(self):
        self.storage = URLSession.CredentialStorage()

    def test_password_is_in_no_dump(self):
        credential = make_credential()
        self.assertEqual(credential.get_password(), PASSWORD)
        dump = [repr(credential), str(credential)]
        for pspec in credential.list_properties():
            try:
                dump.append(repr(credential.get_property(pspec.name)))
            except TypeError:
                self.assertEqual(pspec.name, "password")
        self.assertIn("'anna'", dump)
        self.assertNotIn(PASSWORD, "".join(dump))
        self.assertEqual(credential.password, PASSWORD)

    def test_constructors_are_the_same(self):
        named = URLSession.Credential.new("anna", PASSWORD, URLSession.CredentialPersistence.FOR_SESSION)
        self.assertTrue(named.equal(make_credential()))
        self.assertTrue(named.props.has_password)
        self.assertEqual(named.props.user, "anna")
        self.assertIsNone(named.props.identity)
        space = URLSession.ProtectionSpace.new("example.org", 443, "https", "Staff",
                                               URLSession.AuthenticationMethod.HTTP_BASIC)
        self.assertTrue(space.equal(make_space()))
        self.assertFalse(space.equal(make_space(realm=None)))
        self.assertTrue(space.receives_credential_securely)
        self.assertEqual(space.dup_distinguished_names(), [])

    def test_values(self):
        self.assertEqual(make_credential(), make_credential())
        self.assertNotEqual(make_credential("anna"), make_credential("bert"))
        self.assertNotEqual(make_credential(), PASSWORD)
        by_space = {make_space(): 1, make_space(""): 2, make_space(None): 3}
        self.assertEqual([by_space[make_space(realm)] for realm in ("Staff", "", None)], [1, 2, 3])
        self.assertEqual(repr(make_space()), "<URLSession.ProtectionSpace https://example.org:443 'Staff' http-basic>")

    def test_storage(self):
        changes = []
        self.storage.connect("changed", changes.append)
        self.assertIsNone(self.storage.dup_credential(make_space()))
        self.storage.set_credential(make_space(), make_credential("anna"))
        self.storage.set_credential(make_space(), make_credential("bert"))
        self.assertEqual([credential.props.user for credential in self.storage.dup_credentials(make_space())],
                         ["bert", "anna"])
        self.assertEqual([space.props.realm for space in self.storage.dup_spaces()], ["Staff"])
        self.iterate_until(lambda: changes)
        self.assertEqual(changes, [self.storage])
        self.storage.remove_credential(make_space(), make_credential("bert"))
        self.assertEqual(self.storage.dup_credential(make_space()).props.user, "anna")
        self.storage.remove_all()
        self.assertEqual(self.storage.dup_spaces(), [])

    async def test_await(self):
        self.assertIsNone(await self.storage.get_credential(make_space()))
        self.storage.set_credential(make_space(), make_credential())
        found = await self.storage.get_credential(make_space())
        self.assertEqual(found.get_password(), PASSWORD)
        self.assertIsNone(await self.storage.flush())

    async def test_no_keyring(self):
        # The tests have no session bus.
        shared = URLSession.CredentialStorage.get_shared()
        self.assertIsNone(await shared.get_credential(make_space()))
        shared.set_credential(make_space(), make_credential(persistence=URLSession.CredentialPersistence.PERMANENT))
        with self.assertRaises(GLib.Error) as caught:
            await shared.flush()
        self.assertIsError(caught.exception, URLSession.Error.RESOURCE_UNAVAILABLE)
        self.assertNotIn(PASSWORD, caught.exception.message)
        self.assertEqual(shared.dup_credential(make_space()).get_password(), PASSWORD)
        shared.remove_all()
        self.assertIsNone(shared.dup_credential(make_space()))


if __name__ == "__main__":
    tap.main()
