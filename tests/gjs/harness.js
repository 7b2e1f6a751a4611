/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests for gjs that speak the Test Anything Protocol, with the options of GTest: -l lists, -p selects.
 *
 *   import {test, skip, assert, equal, run} from './harness.js';
 *
 *   test('r114 handler is called once', async () => { … });
 *   run(import.meta.url);
 *
 * Tests run one after the other while a main loop runs. The path of a test is /gjs/<module>/<name, spaces as dashes>. */
import GLib from 'gi://GLib';
import System from 'system';

const tests = [];

class Skip extends Error {
}

/** Adds a test; it may be asynchronous. Options: `timeout` in seconds. */
export function test(name, callback, options = {}) {
    tests.push({name, callback, timeout: options.timeout ?? 20});
}

/** Ends the test that runs, as skipped. */
export function skip(reason) {
    throw new Skip(reason);
}

/** Fails the test that runs unless the condition holds. */
export function assert(condition, message = 'assertion failed') {
    if (!condition)
        throw new Error(message);
}

/** Fails the test that runs unless both are the same, as JSON. */
export function equal(actual, expected, message = 'not equal') {
    const [a, b] = [actual, expected].map(value => JSON.stringify(value));

    if (a !== b)
        throw new Error(`${message}: got ${a}, expected ${b}`);
}

/** Fails the test that runs unless the promise is rejected; returns the error. */
export async function rejects(promise, message = 'did not fail') {
    try {
        await promise;
    } catch (error) {
        return error;
    }
    throw new Error(message);
}

/** A promise that is kept after so many milliseconds. */
export function sleep(milliseconds) {
    return new Promise(resolve => {
        GLib.timeout_add(GLib.PRIORITY_DEFAULT, milliseconds, () => {
            resolve();
            return GLib.SOURCE_REMOVE;
        });
    });
}

/** A promise of the arguments with which a signal is emitted next, the object left out. */
export function emitted(object, signal) {
    return new Promise(resolve => {
        const id = object.connect(signal, (_, ...args) => {
            object.disconnect(id);
            resolve(args);
        });
    });
}

function withTimeout(promise, seconds) {
    return new Promise((resolve, reject) => {
        let id = GLib.timeout_add_seconds(GLib.PRIORITY_DEFAULT, seconds, () => {
            id = 0;
            reject(new Error(`no end after ${seconds} s`));
            return GLib.SOURCE_REMOVE;
        });
        const settle = (settled, value) => {
            if (id)
                GLib.source_remove(id);
            id = 0;
            settled(value);
        };
        promise.then(value => settle(resolve, value), error => settle(reject, error));
    });
}

function say(line) {
    print(line.replace(/\n/g, ' '));
}

async function runOne(path, number, {callback, timeout}) {
    try {
        await withTimeout((async () => callback())(), timeout);
        say(`ok ${number} ${path}`);
        return true;
    } catch (error) {
        if (error instanceof Skip) {
            say(`ok ${number} ${path} # SKIP ${error.message}`);
            return true;
        }
        say(`not ok ${number} ${path} - ${error.message ?? error}`);
        `${error}\n${error.stack ?? ''}`.split('\n').forEach(line => say(`# ${line}`));
        return false;
    }
}

function parseArguments() {
    const args = [...ARGV];
    const paths = [];
    let list = false;

    while (args.length > 0) {
        const arg = args.shift();

        if (arg === '-l')
            list = true;
        else if (arg === '-p')
            paths.push(args.shift());
        else
            throw new Error(`Unknown argument ${arg}`);
    }

    return {list, paths};
}

function runLoop(work) {
    const loop = new GLib.MainLoop(null, false);
    let code = 1;

    work().then(success => {
        code = success ? 0 : 1;
    }).catch(error => {
        printerr(`Bail out! ${error}`);
    }).finally(() => {
        loop.quit();
    });
    loop.run();

    return code;
}

/** Runs what was added, and ends the program. The URL is that of the test module. */
export function run(url) {
    const module = GLib.path_get_basename(url).replace(/\.js$/, '').replace(/^test-/, '');
    const {list, paths} = parseArguments();
    const pathOf = ({name}) => `/gjs/${module}/${name.replace(/[ _]/g, '-')}`;
    const selected = tests.filter(item => paths.length === 0 || paths.includes(pathOf(item)));

    if (list) {
        tests.forEach(item => print(pathOf(item)));
        System.exit(0);
    }

    print(`1..${selected.length}`);
    System.exit(runLoop(async () => {
        let success = true;
        let number = 0;

        for (const item of selected)
            success = await runOne(pathOf(item), ++number, item) && success;

        return success;
    }));
}
