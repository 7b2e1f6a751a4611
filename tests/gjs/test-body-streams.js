/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bodies from streams, and streams that are asked for. */
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import URLSession from 'gi://URLSession?version=1';

import {assert, equal, run, test} from './harness.js';
import {withServer} from './server.js';

const TEXT = new TextEncoder().encode('from a stream');

const makeStream = () => Gio.MemoryInputStream.new_from_bytes(new GLib.Bytes(TEXT));

function finish(task) {
    return new Promise(resolve => {
        task.connect('completed', () => resolve(task));
        task.resume();
    });
}

test('r83-r85-asks-again', withServer(async (server, session) => {
    const request = new URLSession.Request({
        uri: server.get_uri('/redirect-to?status=307&url=/echo'), method: 'PUT',
    });
    const asked = [];

    request.set_body_stream(makeStream(), -1, 'text/plain');
    const task = session.create_upload_task(request);
    task.connect('need-body-stream', (_, question) => {
        asked.push(question.offset);
        question.provide(makeStream());
        return true;
    });
    await finish(task);
    equal(task.error, null);
    equal(asked, [0]);
    equal(server.get_request_body_length(1), TEXT.length);
}));

test('r84-first', withServer(async (server, session) => {
    const request = new URLSession.Request({uri: server.get_uri('/echo'), method: 'PUT'});
    const task = session.create_upload_task_with_streamed_request(request);
    let asked = 0;

    session.connect('task-need-body-stream', (_session, _task, question) => {
        asked++;
        question.provide(makeStream());
        return true;
    });
    await finish(task);
    equal(task.error, null);
    equal(asked, 1);
    equal(server.get_request_body_length(0), TEXT.length);
}));

test('r87-none', withServer(async (server, session) => {
    const request = new URLSession.Request({uri: server.get_uri('/echo'), method: 'PUT'});
    const task = session.create_upload_task_with_streamed_request(request);

    task.connect('need-body-stream', (_, question) => {
        question.provide_none();
        return true;
    });
    await finish(task);
    assert(task.error.matches(URLSession.Error, URLSession.Error.REQUEST_BODY_STREAM_EXHAUSTED));
}));

run(import.meta.url);
