#!/usr/bin/gjs -m
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loads a URL into memory: data.js URL */
import GLib from 'gi://GLib';
import System from 'system';
import URLSession from 'gi://URLSession?version=1';

const loop = new GLib.MainLoop(null, false);
let status = 0;

async function main(uri) {
    const session = new URLSession.Session();
    const [data, response] = await session.data(uri);

    if (response instanceof URLSession.HttpResponse) {
        print(`HTTP status ${response.status_code}`);
        for (const [name, value] of response.headers)
            print(`${name}: ${value}`);
    }
    print(`${data.length} bytes of ${response.mime_type}`);
}

main(ARGV[0]).catch(error => {
    printerr(error.message);
    status = 1;
}).finally(() => loop.quit());
loop.run();
System.exit(status);
