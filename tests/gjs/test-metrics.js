/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is measured of tasks. */
import URLSession from 'gi://URLSession?version=1';

import {assert, equal, run, test} from './harness.js';
import {withServer} from './server.js';

test('r263 transactions', withServer(async server => {
    const configuration = new URLSession.SessionConfiguration({collects_metrics: true});
    const session = new URLSession.Session({configuration});
    const task = session.create_data_task(server.get_uri('/redirect/1'));

    equal(task.metrics, null);
    await task.load();
    const [first, second, ...more] = task.metrics.transactions;
    equal(more, []);
    equal(task.metrics.redirectCount, 1);
    equal(first.response.status_code, 302);
    equal(second.response.status_code, 200);
    equal(second.request.uri, server.get_uri('/bytes/5'));
    equal(first.fetchType, URLSession.FetchType.NETWORK_LOAD);
    equal(first.tlsProtocolVersion, null);
    equal(second.responseBodyBytesReceived, 5);
    assert(first.responseEndDate.difference(first.fetchStartDate) >= 0);

    const {log} = JSON.parse(task.metrics.to_har());
    equal(log.version, '1.2');
    equal(log.entries.map(entry => entry.response.status), [302, 200]);
}));

test('signal', withServer(async (server, session) => {
    const task = session.create_data_task(server.get_uri('/bytes/7'));
    const collected = [];

    task.connect('collected-metrics', (_task, metrics) => collected.push(metrics));
    await task.load();
    equal(collected.length, 1);
    equal(collected[0].transactions.length, 1);
}));

run(import.meta.url);
