/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The test server and the typelib of the library, from GJS. */
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import URLSession from 'gi://URLSession?version=1';
import URLSessionTest from 'gi://URLSessionTest?version=1';

import {assert, emitted, equal, rejects, run, sleep, test} from './harness.js';

function ask(server, target) {
    const connection = Gio.SocketClient.new().connect_to_host('127.0.0.1', server.port, null);
    const text = `GET ${target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n`;
    const chunks = [];

    connection.get_output_stream().write_all(new TextEncoder().encode(text), null);
    for (;;) {
        const chunk = connection.get_input_stream().read_bytes(4096, null).toArray();

        if (chunk.length === 0)
            break;
        chunks.push(...chunk);
    }

    return chunks;
}

function withServer(callback) {
    return async () => {
        const server = URLSessionTest.Server.new();

        server.start();
        try {
            await callback(server);
        } finally {
            server.stop();
        }
    };
}

test('server bytes', withServer(server => {
    const answer = ask(server, '/bytes/3000');

    equal(answer.slice(-3000), [...URLSessionTest.pattern_bytes(3000).toArray()]);
}));

test('server log', withServer(server => {
    ask(server, '/status/404?id=1');
    assert(server.wait_for_requests(1, 0));
    equal(server.dup_requests(), ['GET /status/404?id=1']);
    equal(server.dup_request_header(0, 'host'), 'test');
    equal(server.dup_connection_ids(), [1]);
}));

test('harness waits for promises', async () => {
    const action = new Gio.SimpleAction({name: 'x'});
    const activated = emitted(action, 'activate');
    const error = await rejects((async () => {
        await sleep(1);
        throw new Error('expected');
    })());

    equal(error.message, 'expected');
    action.activate(null);
    await activated;
});

test('error domain', () => {
    assert(URLSession.Error !== undefined);
    assert(GLib.quark_to_string(URLSession.Error.quark()).length > 0);
});

run(import.meta.url);
