/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Informational responses, and uploads that go on after a break. */
import URLSession from 'gi://URLSession?version=1';

import {assert, equal, run, test} from './harness.js';
import {completed, fails, withServer} from './server.js';

test('r202 signal and twin', withServer(async (server, session) => {
    const task = session.create_data_task(server.get_uri('/bytes/5?early-hints'));
    const seen = [];

    task.connect('informational-response', (_task, response) => {
        assert(response instanceof URLSession.HttpResponse);
        seen.push([response.status_code, response.headers.get('link')]);
    });
    session.connect('task-informational-response', (_session, of, response) => {
        equal(of, task);
        seen.push(response.status_code);
    });
    await task.load();
    equal(seen, [[103, '</style.css>; rel=preload'], 103]);
    equal(task.response.status_code, 200);
}));

test('r199 an ordinary server', withServer(async (server, session) => {
    const task = session.create_upload_task(server.get_uri('/echo'), {method: 'POST', body: 'hello'});

    equal(task.resumable, false);
    task.resumable = true;
    const {headers, body} = JSON.parse(new TextDecoder().decode(await task.load()));
    const fields = Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]));
    equal(body, 'hello');
    equal(fields['upload-complete'], '?1');
    equal(fields['upload-draft-interop-version'], '6');
    equal(task.resume_data, null);
}));

test('r198 no offer', withServer(async (server, session) => {
    const task = session.create_upload_task(server.get_uri('/stall'), {method: 'POST', body: 'hello'});

    task.resumable = true;
    task.resume();
    await fails(URLSession.Error.NOT_RESUMABLE, task.cancel_by_producing_resume_data());
    await completed(task);
    assert(task.error.matches(URLSession.Error, URLSession.Error.CANCELLED));
}));

test('r198 garbage', withServer(async (server, session) => {
    const task = session.resume_upload_task(new Uint8Array([1, 2, 3]));

    await fails(URLSession.Error.NOT_RESUMABLE, task.load());
}));

run(import.meta.url);
