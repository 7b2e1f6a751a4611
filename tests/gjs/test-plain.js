/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The library as it is, without the override: callbacks, and promises by Gio._promisify(). */
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Json from 'gi://Json?version=1.0';
import URLSession from 'gi://URLSession?version=1';

import {assert, equal, run, test} from './harness.js';
import {fails, makeFolder, pattern, until, withServer} from './server.js';

const Code = URLSession.Error;

test('no override', () => {
    assert(URLSession.Session.prototype.data === undefined);
});

test('callback', withServer(async (server, session) => {
    let done = null;

    session.data_async(URLSession.Request.new(server.get_uri('/bytes/10')), null, (_, result) => {
        done = session.data_finish(result);
    });
    await until(() => done !== null);
    equal([...done[0].toArray()], pattern(10));
    equal(done[1].get_status_code(), 200);
}));

test('promises of every pair', withServer(async (server, session) => {
    const folder = makeFolder();
    const file = Gio.File.new_for_path(`${folder}/x`);
    const request = URLSession.Request.new(server.get_uri('/bytes/10'));

    for (const name of ['data', 'open', 'download', 'json', 'reset', 'flush'])
        Gio._promisify(URLSession.Session.prototype, `${name}_async`, `${name}_finish`);
    for (const name of ['load', 'open'])
        Gio._promisify(URLSession.DataTask.prototype, `${name}_async`, `${name}_finish`);
    for (const name of ['save', 'cancel_by_producing_resume_data'])
        Gio._promisify(URLSession.DownloadTask.prototype, `${name}_async`, `${name}_finish`);

    const [bytes, response] = await session.data_async(request, null);
    equal([...bytes.toArray()], pattern(10));
    equal(response.status_code, 200);
    const [stream] = await session.open_async(request, null);
    equal([...stream.read_bytes(100, null).toArray()], pattern(10));
    equal((await session.download_async(request, file, null))[0].get_path(), file.get_path());
    const [node] = await session.json_async(URLSession.Request.new(server.get_uri('/echo')), null);
    assert(node instanceof Json.Node);
    equal(node.get_object().get_string_member('method'), 'GET');
    assert(await session.reset_async(null));
    assert(await session.flush_async(null));

    equal([...(await session.create_data_task(request).load_async(null)).toArray()], pattern(10));
    const body = await session.create_data_task_for_uri(server.get_uri('/bytes/10')).open_async(null);
    equal([...body.read_bytes(100, null).toArray()], pattern(10));
    equal((await session.create_download_task(request).save_async(file, null)).get_path(), file.get_path());

    const task = session.create_download_task_for_uri(server.get_uri('/stall'));
    task.resume();
    await fails(Code.NOT_RESUMABLE, task.cancel_by_producing_resume_data_async(null));
    file.delete(null);
    GLib.rmdir(folder);
}));

test('a handler that throws gives the default', withServer(async (server, session) => {
    const task = session.create_data_task_for_uri(server.get_uri('/redirect/1'));
    const fatal = GLib.log_set_always_fatal(GLib.LogLevelFlags.LEVEL_ERROR);

    task.connect('decide-redirect', () => {
        throw new Error('expected by the test');
    });
    task.resume();
    await until(() => task.state === URLSession.TaskState.COMPLETED);
    GLib.log_set_always_fatal(fatal);
    equal(task.bytes_received, 5);
}));

run(import.meta.url);
