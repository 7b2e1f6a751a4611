/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Questions that are answered later, cookies and retries, from GJS. */
import System from 'system';

import URLSession from 'gi://URLSession?version=1';
import URLSessionTest from 'gi://URLSessionTest?version=1';

import {assert, equal, run, sleep, test} from './harness.js';
import {completed, fails, withServer} from './server.js';

const Code = URLSession.Error;
const Method = URLSession.AuthenticationMethod;

function makeSession() {
    return new URLSession.Session({configuration: URLSession.SessionConfiguration.new_ephemeral()});
}

async function withSecureServer(callback) {
    const server = URLSessionTest.Server.new_tls();

    server.start();
    try {
        await callback(server);
    } finally {
        server.stop();
    }
}

test('r107 trust is given later, by an async handler', () => withSecureServer(async server => {
    const session = makeSession();
    let asked = 0;

    session.connect('challenge', async (_session, _task, challenge) => {
        asked++;
        equal(challenge.protection_space.authentication_method, Method.SERVER_TRUST);
        equal(server.get_n_requests(), 0);
        await sleep(50);
        System.gc();
        challenge.trust_server(true);
    });
    const [data, response] = await session.data(server.get_uri('/bytes/5'));

    equal(data.length, 5);
    equal(response.status_code, 200);
    await session.data(server.get_uri('/bytes/6'));
    equal(asked, 1);
}));

test('r107 the default is to trust valid chains only', () => withSecureServer(async server => {
    await fails(Code.SERVER_CERTIFICATE_HAS_UNKNOWN_ROOT, makeSession().data(server.get_uri('/bytes/5')));
    equal(server.get_n_requests(), 0);
}));

test('r095 r097 a question that is cancelled', withServer(async server => {
    const session = makeSession();
    const task = session.create_data_task(
        server.get_uri('/bytes/5?status=401&header=WWW-Authenticate:Basic%20realm=x'));
    const counts = [];

    task.connect('challenge', async (_task, challenge) => {
        counts.push(challenge.previous_failure_count);
        await sleep(10);
        if (counts.length < 3)
            challenge.use_credential(URLSession.Credential.new('anna', 'wrong', URLSession.CredentialPersistence.NONE));
        else
            challenge.cancel_task();
    });
    task.resume();
    await completed(task);
    assert(task.error.matches(URLSession.Error, Code.CANCELLED), `${task.error}`);
    equal(counts, [0, 1, 2]);
}));

test('a question that is still open when its task ends', withServer(async server => {
    const session = makeSession();
    const task = session.create_data_task(
        server.get_uri('/bytes/5?status=401&header=WWW-Authenticate:Basic%20realm=x'));
    let cancelled = false;

    task.connect('challenge', (_task, challenge) => {
        challenge.connect('cancelled', () => (cancelled = true));
        task.cancel();
        return true;
    });
    task.resume();
    await completed(task);
    assert(cancelled);
}));

test('r078 cookies', withServer(async server => {
    const session = makeSession();

    await session.data(server.get_uri('/bytes/5?header=Set-Cookie:a=1;path=%2F'));
    const [echo] = await session.json(server.get_uri('/echo'));

    equal(echo.headers.filter(([name]) => name === 'Cookie').map(([, value]) => value), ['a=1']);
    equal(session.configuration.cookie_storage.dup_cookies().map(cookie => cookie.name), ['a']);
}));

test('retries', withServer(async server => {
    const request = URLSession.Request.new(server.get_uri('/status/503'));
    const policy = new URLSession.RetryPolicy({max_attempts: 3, initial_delay: 0.01});

    request.retry_policy = policy;
    const [, response] = await makeSession().data(request);

    equal(response.status_code, 503);
    equal(server.get_n_requests(), 3);
}));

run(import.meta.url);
