/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who holds whom, and how much memory a body takes. */
import System from 'system';
import URLSession from 'gi://URLSession?version=1';

import {assert, equal, run, test} from './harness.js';
import {completed, residentPeak, until, withServer} from './server.js';

const MIB = 1024 * 1024;

test('r268 memory of a large body', withServer(async (server, session) => {
    const task = session.create_data_task(server.get_uri(`/bytes/${1024 * MIB}`));
    let length = 0;

    task.connect('received-data', (_, data) => (length += data.length));
    task.resume();
    await completed(task);
    equal(task.error, null);
    equal(length, 1024 * MIB);
    assert(residentPeak() < 128 * MIB, `${residentPeak() / MIB} MiB`);
}), {timeout: 100});

test('memory of a large stream', withServer(async (server, session) => {
    const [stream] = await session.open(server.get_uri(`/bytes/${256 * MIB}`));
    let length = 0;

    for await (const chunk of URLSession.chunks(stream))
        length += chunk.length;
    equal(length, 256 * MIB);
    assert(residentPeak() < 128 * MIB, `${residentPeak() / MIB} MiB`);
}), {timeout: 60});

test('dropped while it runs', withServer(async server => {
    let error;

    (() => {
        const session = new URLSession.Session();
        const task = session.create_data_task(server.get_uri('/bytes/10?pause-after=5'));

        task.connect('completed', (_, reason) => (error = reason));
        task.resume();
    })();
    await until(() => server.get_n_paused() > 0);
    System.gc();
    server.release();
    await until(() => error !== undefined);
    equal(error, null);
}));

test('thousand tasks that are collected', withServer(async (server, session) => {
    const load = async n => (await session.data(server.get_uri(`/bytes/10?id=${n}`)))[0].length;

    for (let round = 0; round < 10; round++) {
        const lengths = await Promise.all([...Array(100).keys()].map(load));

        assert(lengths.every(length => length === 10));
        System.gc();
    }
    equal(session.dup_tasks(), []);
}), {timeout: 60});

test('tasks that were never resumed are collected', withServer(async (server, session) => {
    for (let n = 0; n < 100; n++)
        session.create_data_task(server.get_uri('/empty'));
    await until(() => {
        System.gc();
        return session.tasks.get_n_items() === 0;
    });
    equal(server.get_n_requests(), 0);
}));

test('a stream that is left alone is collected', withServer(async (server, session) => {
    const task = session.create_data_task(server.get_uri(`/bytes/${64 * MIB}`));

    await task.open();
    await until(() => {
        System.gc();
        return task.state === URLSession.TaskState.COMPLETED;
    });
}), {timeout: 30});

run(import.meta.url);
