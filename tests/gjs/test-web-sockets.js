/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* WebSockets, with the server of libsoup. */
import GLib from 'gi://GLib';
import Soup from 'gi://Soup?version=3.0';
import URLSession from 'gi://URLSession?version=1';

import {assert, emitted, equal, run, test} from './harness.js';
import {completed, fails} from './server.js';

/* A test that gets the URL of an echo, and a session. */
function withEcho(callback) {
    return async () => {
        const server = new Soup.Server();
        const connections = new Set();

        server.add_websocket_handler('/echo', null, ['first', 'second'], (_server, _message, _path, connection) => {
            connections.add(connection);
            connection.connect('message', (_, type, bytes) => connection.send_message(type, bytes));
            connection.connect('closed', () => connections.delete(connection));
        });
        server.listen_local(0, Soup.ServerListenOptions.IPV4_ONLY);
        try {
            await callback(`ws://127.0.0.1:${server.get_uris()[0].get_port()}/echo`, new URLSession.Session(),
                connections);
        } finally {
            server.disconnect();
        }
    };
}

test('conversation', withEcho(async (uri, session) => {
    const task = session.create_web_socket_task(uri, ['second']);

    task.resume();
    await task.send('Grüße');
    let message = await task.receive();
    equal(message.data, 'Grüße');
    equal(message.kind, URLSession.WebSocketMessageKind.TEXT);
    equal(message.text, 'Grüße');
    await task.send(Uint8Array.of(1, 2, 0, 255));
    message = await task.receive();
    equal([...message.data], [1, 2, 0, 255]);
    equal(message.text, null);
    await task.ping();
    equal(task.protocol, 'second');
    equal(task.response.status_code, 101);

    task.cancel_with_close_code(4000, 'enough');
    const [code, reason] = await emitted(task, 'closed');
    equal([code, reason], [4000, 'enough']);
    await completed(task);
    equal(task.error, null);
    await fails(URLSession.Error.NETWORK_CONNECTION_LOST, task.receive());
}));

test('r242 iteration ends when the server closes', withEcho(async (uri, session, connections) => {
    const task = session.create_web_socket_task(uri);
    const received = [];

    task.resume();
    for (let i = 0; i < 5; i++)
        await task.send(`${i}`);
    for await (const message of task) {
        received.push(message.data);
        if (received.length === 5)
            [...connections][0].close(1001, 'bye');
    }
    equal(received, ['0', '1', '2', '3', '4']);
    equal([task.close_code, task.close_reason], [1001, 'bye']);
}));

test('signal', withEcho(async (uri, session) => {
    const task = session.create_web_socket_task(uri);
    const received = [];

    task.connect('message', (_, message) => {
        received.push(message.data);
        if (received.length === 100)
            task.cancel_with_close_code();
    });
    task.resume();
    for (let i = 0; i < 100; i++)
        task.send(`${i}`).catch(() => {});
    await completed(task);
    equal(received.length, 100);
    equal(received[99], '99');
    equal(task.close_code, URLSession.WebSocketCloseCode.NORMAL);
}));

test('r251 bad codes throw', withEcho((uri, session) => {
    const task = session.create_web_socket_task(uri);

    for (const [code, reason] of [[1005, null], [1006, null], [1000, 'x'.repeat(124)]]) {
        let thrown = null;

        try {
            task.cancel_with_close_code(code, reason);
        } catch (error) {
            thrown = error;
        }
        assert(thrown instanceof GLib.Error, `${code} is taken`);
    }
}));

run(import.meta.url);
