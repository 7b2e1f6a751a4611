/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A protocol that is written in JavaScript. */
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import Gio from 'gi://Gio';
import URLSession from 'gi://URLSession?version=1';

import {assert, equal, run, test} from './harness.js';
import {fails, makeFolder, until, withServer} from './server.js';

const Code = URLSession.Error;
const decode = bytes => new TextDecoder().decode(bytes);

const Greeter = GObject.registerClass(class Greeter extends URLSession.Protocol {
    constructor(start) {
        super();
        this.log = [];
        this.kept = [];
        this.start = start;
    }

    vfunc_can_load(request) {
        return request.uri.startsWith('x:') || request.uri === 'http://www.example.com/api';
    }

    vfunc_start(load) {
        this.log.push(`start ${load.request.uri}`);
        this.kept.push(load);
        return this.start(load);
    }

    vfunc_stop(load) {
        assert(this.kept.includes(load));
        this.log.push(`stop ${load.request.uri}`);
    }
});

/* A test of a protocol that starts so. */
function withProtocol(start, callback) {
    return withServer(async server => {
        const protocol = new Greeter(start);
        const configuration = URLSession.SessionConfiguration.new_ephemeral();

        configuration.add_protocol(protocol);
        equal(configuration.dup_protocols().length, 1);
        await callback(new URLSession.Session({configuration}), protocol, server);
    });
}

test('hello', withProtocol(load => {
    load.respond({mimeType: 'text/plain', length: 5});
    load.send_data('he');
    load.send_data(new Uint8Array([108, 108, 111]));
    load.finish();
}, async (session, protocol, server) => {
    const [data, response] = await session.data('x:one');

    equal(decode(data), 'hello');
    equal(response.mime_type, 'text/plain');
    equal(protocol.log, ['start x:one', 'stop x:one']);
    equal((await session.data(server.get_uri('/bytes/3')))[0].length, 3);
    equal(protocol.log.length, 2);
}));

test('mock', withProtocol(load => {
    equal(load.request.headers.get('X-One'), '1');
    load.respond({status: 404, headers: {'Content-Type': 'application/json'}});
    load.send_data('{"a": 1}');
    load.finish();
}, async session => {
    const [json, response] = await session.json('http://www.example.com/api', {headers: {'X-One': '1'}});

    equal(json, {a: 1});
    equal(response.status_code, 404);
    equal(response.ok, false);
}));

test('asynchronous with back-pressure', withProtocol(async load => {
    const piece = new Uint8Array(64 * 1024);

    load.respond({length: 1024 * piece.length});
    for (let i = 0; i < 1024; i++)
        await load.send(piece);
    load.finish();
}, async (session, protocol) => {
    const file = Gio.File.new_for_path(`${makeFolder()}/x`);

    await session.download('x:big', file);
    equal(file.query_info('standard::size', 0, null).get_size(), 64 * 1024 * 1024);
    equal(protocol.log.length, 2);
    file.delete(null);
}), {timeout: 60});

/* What is not caught is logged, which is no reason to end here. */
function expectLog(callback) {
    return async () => {
        const flags = GLib.log_set_always_fatal(GLib.LogLevelFlags.LEVEL_ERROR);

        try {
            await callback();
        } finally {
            GLib.log_set_always_fatal(flags);
        }
    };
}

test('r278 throws', expectLog(withProtocol(() => {
    throw new RangeError('out of cheese');
}, async (session, protocol) => {
    const error = await fails(Code.UNKNOWN, session.data('x:one'));

    assert(error.message.includes('out of cheese'), error.message);
    equal(protocol.log, ['start x:one', 'stop x:one']);
})));

test('r278 rejects', expectLog(withProtocol(async () => {
    await null;
    throw new GLib.Error(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND, 'gone fishing');
}, async (session, protocol) => {
    const error = await fails(Code.FILE_DOES_NOT_EXIST, session.data('x:one'));

    assert(error.message.includes('gone fishing'), error.message);
    equal(protocol.log, ['start x:one', 'stop x:one']);
})));

test('r278 cancelled', withProtocol(() => {}, async (session, protocol) => {
    const task = session.create_data_task('x:one');
    const end = task.load();

    await until(() => protocol.log.length === 1);
    const [load] = protocol.kept;
    assert(!load.cancellable.is_cancelled());
    task.cancel();
    await fails(Code.CANCELLED, end);
    equal(protocol.log, ['start x:one', 'stop x:one']);
    assert(load.cancellable.is_cancelled());
    load.respond();
    load.finish();
    await fails(Code.CANCELLED, load.send('more'));
}));

test('redirect and attributes', withProtocol(load => {
    const copy = load.request.copy();

    if (load.request.get_attribute('seen')?.deepUnpack()) {
        load.respond();
        load.finish();
        return;
    }
    copy.set_attribute('seen', GLib.Variant.new_boolean(true));
    load.redirect(copy);
}, async (session, protocol) => {
    await session.data('x:one');
    equal(protocol.log, ['start x:one', 'stop x:one', 'start x:one', 'stop x:one']);
}));

test('challenge', withProtocol(async load => {
    const space = URLSession.ProtectionSpace.new('h', 1, 'x', 'r', URLSession.AuthenticationMethod.DEFAULT);
    const credential = await load.challenge(space);

    load.respond();
    load.send_data(`${credential?.user}`);
    load.finish();
}, async session => {
    equal(decode((await session.data('x:one'))[0]), 'undefined');
    session.connect('task-challenge', (_session, _task, challenge) => {
        challenge.use_credential(URLSession.Credential.new('u', 'p', URLSession.CredentialPersistence.NONE));
        return true;
    });
    equal(decode((await session.data('x:one'))[0]), 'u');
}));

run(import.meta.url);
