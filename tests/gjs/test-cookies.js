/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cookies and their storage, as a program uses them. */
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import URLSession from 'gi://URLSession?version=1';

import {assert, equal, rejects, run, test} from './harness.js';
import {until, withServer} from './server.js';

const PAGE = 'https://www.example.org/shop/cart';

function makeCookie(more = {}) {
    return new URLSession.Cookie({name: 'theme', value: 'dark', domain: '.example.org', ...more});
}

test('values', () => {
    const cookie = URLSession.Cookie.parse('a=1; SameSite=Lax; Max-Age=10', PAGE);

    equal([cookie.name, cookie.value, cookie.domain, cookie.path], ['a', '1', 'www.example.org', '/shop']);
    equal(cookie.sameSite, URLSession.CookieSameSite.LAX);
    assert(cookie.isHostOnly && !cookie.isSessionOnly);
    assert(cookie.expires.compare(GLib.DateTime.new_now_utc()) > 0);
    assert(makeCookie().equal(makeCookie()));
    assert(!makeCookie().equal(makeCookie({isSecure: true})));
    assert(!`${makeCookie()}`.includes('dark'));
});

test('r166 storage', async () => {
    const storage = new URLSession.CookieStorage();
    let changes = 0;

    storage.connect('changed', () => changes++);
    storage.set_cookie(makeCookie());
    storage.set_cookie(makeCookie({name: 'cart', path: '/shop'}));
    equal(storage.dup_cookies_for_uri(PAGE).map(cookie => cookie.name), ['cart', 'theme']);
    equal(URLSession.Cookie.to_header(storage.dup_cookies_for_uri(PAGE)), 'cart=dark; theme=dark');
    equal(URLSession.Cookie.to_header([]), null);
    await until(() => changes === 2);
    for (const cookie of storage)
        storage.delete_cookie(cookie);
    equal([...storage].length, 0);
});

test('file', async () => {
    const folder = GLib.Dir.make_tmp('cookies-XXXXXX');
    const file = Gio.File.new_for_path(`${folder}/cookies.sqlite`);
    const storage = new URLSession.CookieStorage({file});
    const cancellable = new Gio.Cancellable();

    storage.set_cookie(makeCookie({expires: GLib.DateTime.new_now_utc().add_days(1)}));
    await storage.flush();
    assert(file.query_exists(null));
    cancellable.cancel();
    assert((await rejects(storage.flush(cancellable))).matches(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED));
    file.delete(null);
    GLib.rmdir(folder);
});

test('session', withServer(async server => {
    const storage = new URLSession.CookieStorage();
    const session = new URLSession.Session({
        configuration: new URLSession.SessionConfiguration({cookieStorage: storage}),
    });

    storage.set_cookie(makeCookie({domain: '127.0.0.1'}));
    await session.data(server.get_uri('/empty'));
    equal(server.dup_request_header(0, 'Cookie'), 'theme=dark');
}));

run(import.meta.url);
