/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Server-sent events, as a program uses them. */
import URLSession from 'gi://URLSession?version=1';

import {equal, run, test} from './harness.js';
import {until, withServer} from './server.js';

test('event source', withServer(async (server, session) => {
    const path = '/bytes/0?type=text/event-stream&body=id:%201%0Adata:%20a%0A%0Aevent:%20b%0Adata:%20c%0A%0A';
    const request = new URLSession.Request({uri: server.get_uri(path)});
    const source = new URLSession.EventSource({session, request});
    const events = [];

    source.connect('message', (_, event) => events.push([event.eventType, event.text, event.lastEventId]));
    source.connect('message::b', () => source.close());
    source.open();
    await until(() => source.readyState === URLSession.EventSourceState.CLOSED);
    equal(events, [['message', 'a', '1'], ['b', 'c', '1']]);
}));

run(import.meta.url);
