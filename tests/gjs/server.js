/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests for gjs share besides the harness. */
import GLib from 'gi://GLib';
import URLSession from 'gi://URLSession?version=1';
import URLSessionTest from 'gi://URLSessionTest?version=1';

import {assert, rejects, sleep} from './harness.js';

/** A test that gets a server and a session. */
export function withServer(callback) {
    return async () => {
        const server = URLSessionTest.Server.new();

        server.start();
        try {
            await callback(server, new URLSession.Session());
        } finally {
            server.stop();
        }
    };
}

/** The first bytes of the pattern. */
export function pattern(size) {
    return [...URLSessionTest.pattern_bytes(size).toArray()];
}

/** Fails unless the promise is rejected with that code. */
export async function fails(code, promise) {
    const error = await rejects(promise);

    assert(error.matches?.(URLSession.Error, code), `another error: ${error}`);

    return error;
}

/** A promise that is kept when the condition holds. */
export async function until(condition) {
    while (!condition())
        await sleep(5);
}

/** A promise that is kept when the task has completed. */
export function completed(task) {
    return until(() => task.state === URLSession.TaskState.COMPLETED);
}

/** The path of a new folder, which the caller removes. */
export function makeFolder() {
    return GLib.dir_make_tmp('urlsession-XXXXXX');
}

/** The largest amount of memory that this process ever had, in bytes. */
export function residentPeak() {
    const [, status] = GLib.file_get_contents('/proc/self/status');

    return Number(/VmHWM:\s+(\d+)/.exec(new TextDecoder().decode(status))[1]) * 1024;
}
