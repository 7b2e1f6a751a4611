/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The promises and conveniences that the override adds. */
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import URLSession from 'gi://URLSession?version=1';

import {assert, equal, run, sleep, test} from './harness.js';
import {completed, fails, makeFolder, pattern, until, withServer} from './server.js';

const Code = URLSession.Error;

test('data', withServer(async (server, session) => {
    const [data, response] = await session.data(server.get_uri('/bytes/1000'));

    assert(data instanceof Uint8Array);
    equal([...data], pattern(1000));
    assert(response.ok);
    equal(response.status_code, 200);
    equal(response.statusCode, 200);
}));

test('data of a request and of a GUri', withServer(async (server, session) => {
    const request = new URLSession.Request({uri: server.get_uri('/echo'), method: 'DELETE'});

    request.headers.set('X-One', '1');
    const [answer] = await session.json(request);
    equal(answer.method, 'DELETE');
    equal(answer.headers.find(([name]) => name.toLowerCase() === 'x-one')[1], '1');
    const uri = GLib.Uri.parse(server.get_uri('/bytes/3'), GLib.UriFlags.ENCODED);
    equal([...(await session.data(uri))[0]], pattern(3));
}));

test('r035 error status is a response', withServer(async (server, session) => {
    const [, response] = await session.data(server.get_uri('/status/500'));

    assert(!response.ok);
}));

test('errors', withServer(async (server, session) => {
    await fails(Code.BAD_URL, session.data('not a url'));
    await fails(Code.CANNOT_CONNECT_TO_HOST, session.data('http://127.0.0.1:1/'));
    await fails(Code.CANNOT_PARSE_JSON, session.json(server.get_uri('/bytes/10')));
    await fails(Code.BAD_SERVER_RESPONSE, session.download(server.get_uri('/status/404')));
    const request = new URLSession.Request({uri: server.get_uri('/stall'), timeout: 0.1});
    await fails(Code.TIMED_OUT, session.data(request));
}));

test('cancellable', withServer(async (server, session) => {
    const cancellable = new Gio.Cancellable();
    const failing = fails(Code.CANCELLED, session.data(server.get_uri('/stall'), cancellable));

    await until(() => server.get_n_requests() > 0);
    cancellable.cancel();
    await failing;
}));

test('open by lines', withServer(async (server, session) => {
    const [stream] = await session.open(server.get_uri('/bytes/0?body=one%0Atwo%0D%0A%0Al%C3%A4st&chunk=3'));
    const lines = [];

    for await (const line of URLSession.lines(stream))
        lines.push(line);
    equal(lines, ['one', 'two', '', 'läst']);
}));

test('open by chunks', withServer(async (server, session) => {
    const task = session.create_data_task(server.get_uri('/bytes/200000'));
    const stream = await task.open();
    let length = 0;

    for await (const chunk of URLSession.chunks(stream))
        length += chunk.length;
    equal(length, 200000);
}));

test('open and leave', withServer(async (server, session) => {
    const task = session.create_data_task(server.get_uri('/bytes/100000000?rate=1000000'));

    for await (const chunk of URLSession.chunks(await task.open())) {
        assert(chunk.length > 0);
        break;
    }
    await completed(task);
    assert(task.error.matches(URLSession.Error, Code.CANCELLED));
}));

test('download', withServer(async (server, session) => {
    const folder = makeFolder();
    const [file] = await session.download(server.get_uri('/bytes/1000?name=a.txt'), folder);

    equal(file.get_basename(), 'a.txt');
    equal([...file.load_contents(null)[1]], pattern(1000));
    file.delete(null);
    GLib.rmdir(folder);
}));

test('r185 r186 resume', withServer(async (server, session) => {
    const folder = makeFolder();
    let task = session.create_download_task(server.get_uri('/bytes/1000000?pause-after=500000'));
    const saving = fails(Code.CANCELLED, task.save(`${folder}/x`));

    await until(() => task.bytes_received > 0);
    const data = await task.cancel_by_producing_resume_data();
    await saving;
    server.release();

    task = session.resume_download_task(data.toArray(), server.get_uri('/bytes/1000000'));
    let offset = 0;
    task.connect('resumed-at-offset', (_, at) => (offset = at));
    const file = await task.save(`${folder}/x`);
    assert(offset > 0);
    equal(file.query_info('standard::size', 0, null).get_size(), 1000000);
    file.delete(null);
    GLib.rmdir(folder);
}));

test('received data', withServer(async (server, session) => {
    const task = session.create_data_task(server.get_uri('/bytes/100000'));
    const received = [];
    let length = 0;

    task.connect('received-data', (_, data) => received.push(...data));
    session.connect('task-received-data', (_session, _task, data) => (length += data.length));
    task.resume();
    await completed(task);
    equal(length, 100000);
    equal(received, pattern(100000));
}));

test('decision at once', withServer(async (server, session) => {
    const task = session.create_data_task(server.get_uri('/redirect/1'));

    task.connect('decide-redirect', (_, decision) => decision.deliver_response());
    await task.load();
    equal(task.response.status_code, 302);
}));

test('decision later', withServer(async (server, session) => {
    const task = session.create_data_task(server.get_uri('/bytes/5'));

    task.connect('decide-response', (_, decision) => {
        GLib.idle_add(GLib.PRIORITY_DEFAULT, () => {
            decision.allow();
            return GLib.SOURCE_REMOVE;
        });
        return true;
    });
    equal((await task.load()).length, 5);
}));

test('decision of an asynchronous handler', withServer(async (server, session) => {
    const task = session.create_data_task(server.get_uri('/redirect/1'));

    task.connect('decide-redirect', async (_, decision) => {
        await session.data(server.get_uri('/bytes/3'));
        decision.deliver_response();
    });
    await task.load();
    equal(task.response.status_code, 302);
}));

test('asynchronous handler without an answer', withServer(async (server, session) => {
    session.connect('task-decide-redirect', async () => {
        await sleep(1);
    });
    equal((await session.data(server.get_uri('/redirect/1')))[0].length, 5);
}));

test('property binding', withServer(async (server, session) => {
    const Bar = GObject.registerClass({
        Properties: {fraction: GObject.ParamSpec.double('fraction', '', '', GObject.ParamFlags.READWRITE, 0, 1, 0)},
    }, class Bar extends GObject.Object {});
    const bar = new Bar();
    const task = session.create_data_task(server.get_uri('/bytes/10'));

    task.bind_property('fraction-completed', bar, 'fraction', GObject.BindingFlags.SYNC_CREATE);
    await task.load();
    equal(bar.fraction, 1);
}));

test('list model', withServer(async (server, session) => {
    const {tasks} = session;
    const changes = [];

    tasks.connect('items-changed', (_, ...change) => changes.push(change));
    const task = session.create_data_task(server.get_uri('/empty'));
    equal(tasks.get_n_items(), 1);
    assert(tasks.get_item(0) === task);
    assert(session.dup_tasks()[0] === task);
    await task.load();
    await until(() => tasks.get_n_items() === 0);
    equal(changes, [[0, 0, 1], [0, 1, 0]]);
}));

test('headers', () => {
    const headers = new URLSession.Headers();

    headers.append('A', '1');
    headers.append('b', '2');
    headers.append('a', '3');
    equal(Object.fromEntries(headers), {A: '1, 3', b: '2'});
    equal([...headers].length, 2);
    equal(headers.get('c'), null);
});

run(import.meta.url);
