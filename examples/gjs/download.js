#!/usr/bin/gjs -m
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Downloads a URL to a file or a folder, and tells how far it is: download.js URL DESTINATION */
import GLib from 'gi://GLib';
import System from 'system';
import URLSession from 'gi://URLSession?version=1';

const loop = new GLib.MainLoop(null, false);
let status = 0;

async function main(uri, destination) {
    const session = new URLSession.Session();
    const task = session.create_download_task(uri);

    task.connect('notify::fraction-completed', () => {
        print(`${Math.round(task.fraction_completed * 100)} %`);
    });
    const file = await task.save(destination);

    print(`saved as ${file.get_path()}`);
}

main(...ARGV).catch(error => {
    printerr(error.message);
    status = 1;
}).finally(() => loop.quit());
loop.run();
System.exit(status);
