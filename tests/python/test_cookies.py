# SPDX-License-Identifier: LGPL-2.1-or-later
"""Cookies, as somebody who writes Python uses them."""

import pathlib
import tempfile

import tap
from support import GLib, TestCase, URLSession

PAGE = "https://www.example.org/shop/cart"


class Cookies(TestCase):
    async def test_storage(self):
        folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.addCleanup(folder.cleanup)
        path = pathlib.Path(folder.name, "cookies.sqlite")
        storage = URLSession.CookieStorage(file=path)
        storage.set_cookie(URLSession.Cookie(name="theme", value="dark", domain=".example.org", is_secure=True,
                                             expires=GLib.DateTime.new_now_utc().add_days(1)))
        await storage.flush()
        self.assertTrue(path.exists())
        self.assertEqual([cookie.value for cookie in storage.dup_cookies_for_uri(PAGE)], ["dark"])
        self.assertEqual(storage.dup_cookies_for_uri("http://www.example.org/"), [])
        (cookie,) = storage
        self.assertFalse(cookie.is_host_only)
        self.assertNotIn("dark", repr(cookie))
        storage.delete_cookie(cookie)
        self.assertEqual(len(storage), 0)

    def test_to_header(self):
        storage = URLSession.CookieStorage()
        storage.set_cookie(URLSession.Cookie(name="a", value="1", domain="www.example.org"))
        storage.set_cookie(URLSession.Cookie(name="b", value="2", domain="www.example.org", path="/shop"))
        header = URLSession.Cookie.to_header(storage.dup_cookies_for_uri(PAGE))
        self.assertEqual(header, "b=2; a=1")
        request = URLSession.Request(PAGE, headers={"Cookie": header}, handles_cookies=False)
        self.assertEqual(request.get_headers().get("Cookie"), header)
        self.assertIsNone(URLSession.Cookie.to_header([]))

    def test_headers(self):
        headers = URLSession.Headers([("Set-Cookie", "a=1"), ("Set-Cookie", "b=2; domain=example.com")])
        self.assertEqual([c.name for c in URLSession.Cookie.parse_headers(headers, PAGE)], ["a"])
        cookie = URLSession.Cookie.parse("a=1; samesite=lax", PAGE)
        self.assertEqual((cookie.path, cookie.same_site), ("/shop", URLSession.CookieSameSite.LAX))
        self.assertEqual(cookie, URLSession.Cookie(name="a", value="1", domain="www.example.org", path="/shop",
                                                   same_site=URLSession.CookieSameSite.LAX))
        with self.assertRaises(GLib.Error) as raised:
            URLSession.Cookie.parse("no cookie", PAGE)
        self.assertTrue(raised.exception.matches(URLSession.Error.quark(), URLSession.Error.BAD_HEADER))


if __name__ == "__main__":
    tap.main()
