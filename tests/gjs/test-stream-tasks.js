/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tasks for streams, in conversation with a server of GIO. */
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import URLSession from 'gi://URLSession?version=1';

import {assert, equal, run, test} from './harness.js';
import {completed, fails, until, withServer} from './server.js';

const Code = URLSession.Error;

/* Sends back what comes, until the end. */
function echoServer() {
    const service = new Gio.SocketService();
    const port = service.add_any_inet_port(null);

    service.connect('incoming', (_, connection) => {
        const done = (stream, result) => {
            stream.splice_finish(result);
            connection.close(null);
        };

        connection.get_output_stream().splice_async(connection.get_input_stream(), Gio.OutputStreamSpliceFlags.NONE,
            GLib.PRIORITY_DEFAULT, null, done);

        return false;
    });
    service.start();

    return [service, port];
}

const text = bytes => new TextDecoder().decode(bytes);

test('r257 conversation', withServer(async (server, session) => {
    const [service, port] = echoServer();
    const task = session.create_stream_task('localhost', port);
    const ending = completed(task);
    let closed = '';

    task.connect('read-closed', () => (closed += 'read '));
    task.connect('write-closed', () => (closed += 'write '));
    task.resume();
    await task.write('grüß ');
    await task.write(new TextEncoder().encode('Gott'));
    let [bytes, atEnd] = await task.read({minimum: 11, maximum: 11});
    assert(bytes instanceof Uint8Array);
    equal(text(bytes), 'grüß Gott');
    assert(!atEnd);
    task.close_write();
    [bytes, atEnd] = await task.read();
    equal(bytes.length, 0);
    assert(atEnd);
    await ending;
    equal(closed, 'write read ');
    await fails(Code.NETWORK_CONNECTION_LOST, task.read());
    service.stop();
}));

test('r258 timeout', withServer(async (server, session) => {
    const [service, port] = echoServer();
    const task = session.create_stream_task('localhost', port);

    task.resume();
    await fails(Code.TIMED_OUT, task.read({timeout: 0.05}));
    await task.write('later');
    equal(text((await task.read({minimum: 5}))[0]), 'later');
    task.cancel();
    await fails(Code.CANCELLED, task.read());
    service.stop();
}));

test('r261 captured streams', withServer(async (server, session) => {
    const [service, port] = echoServer();
    const task = session.create_stream_task('localhost', port);

    task.resume();
    const stream = await task.capture_streams();
    assert(stream instanceof Gio.IOStream);
    stream.get_output_stream().write_all('by hand', null);
    const answer = await new Promise(resolve => {
        stream.get_input_stream().read_bytes_async(100, GLib.PRIORITY_DEFAULT, null, (input, result) =>
            resolve(input.read_bytes_finish(result)));
    });
    equal(text(answer.toArray()), 'by hand');
    stream.close(null);
    service.stop();
}));

test('r032 a response as a stream', withServer(async (server, session) => {
    const task = session.create_data_task(server.get_uri('/bytes/0?body=hello'));
    let stream = null;

    task.connect('decide-response', (_, decision) => {
        decision.become_stream();

        return true;
    });
    task.connect('became-stream', (_, heir) => (stream = heir));
    task.resume();
    await until(() => stream !== null);
    const [bytes] = await stream.read({minimum: 100, maximum: 100});
    equal(text(bytes), 'hello');
}));

test('errors', withServer(async (server, session) => {
    const task = session.create_stream_task('localhost', 1);

    task.resume();
    await fails(Code.CANNOT_CONNECT_TO_HOST, task.write('x'));
}));

run(import.meta.url);
