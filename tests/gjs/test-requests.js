/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Queries, forms, JSON and credentials, as a program writes them. */
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Json from 'gi://Json?version=1.0';
import URLSession from 'gi://URLSession?version=1';

import {assert, equal, rejects, run, test} from './harness.js';
import {fails, makeFolder, withServer} from './server.js';

const Code = URLSession.Error;

async function echo(server, session, options) {
    const [answer] = await session.json(server.get_uri('/echo'), options);

    answer.type = answer.headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1];

    return answer;
}

test('query', () => {
    const request = new URLSession.Request({uri: 'http://h/p?x=1#f'});

    request.add_query_item('q', 'a b&ü');
    request.add_query_item('n', 3);
    request.add_query_item('flag');
    equal(request.uri, 'http://h/p?x=1&q=a%20b%26%C3%BC&n=3&flag#f');
    equal(request.get_query(), [['x', '1'], ['q', 'a b&ü'], ['n', '3'], ['flag', '']]);
    equal(request.dup_query_value('q'), 'a b&ü');
    request.set_query({a: 'b', many: [1, 2]});
    equal(request.uri, 'http://h/p?a=b&many=1&many=2#f');
    request.set_query(new Map([['c', true]]));
    equal(request.uri, 'http://h/p?c=true#f');
    request.set_query([]);
    equal(request.uri, 'http://h/p#f');
});

test('json', withServer(async (server, session) => {
    let answer = await echo(server, session, {json: {a: [1, null, 'ä']}, headers: {'X-One': '1'}});

    equal(answer.method, 'POST');
    equal(answer.type, 'application/json');
    equal(answer.body, '{"a":[1,null,"ä"]}');
    equal(answer.headers.find(([name]) => name.toLowerCase() === 'x-one')[1], '1');
    answer = await echo(server, session, {json: null, method: 'PATCH'});
    equal([answer.method, answer.body], ['PATCH', 'null']);
    const request = new URLSession.Request({uri: 'http://h/'});
    request.set_body_json(Json.from_string('{"a":1}'));
    equal(new TextDecoder().decode(request.get_body_bytes().toArray()), '{"a":1}');
    equal(request.method, 'POST');
}));

test('form', withServer(async (server, session) => {
    const answer = await echo(server, session, {form: {'a b': 'ü&', n: [1, 2]}});

    equal(answer.type, 'application/x-www-form-urlencoded');
    equal(answer.body, 'a+b=%C3%BC%26&n=1&n=2');
    await rejects((async () => URLSession.FormData.from({a: null}))());
}));

test('form with files', withServer(async (server, session) => {
    const folder = makeFolder();
    const file = Gio.File.new_for_path(`${folder}/f.txt`);
    const form = URLSession.FormData.from({field: 'value', file, bytes: new Uint8Array([65, 66])});

    file.replace_contents('from a file', null, false, Gio.FileCreateFlags.NONE, null);
    form.add_bytes('named', 'in memory', 'm.txt', 'text/plain');
    const task = session.create_data_task(server.get_uri('/echo'), {form});
    const answer = JSON.parse(new TextDecoder().decode(await task.load()));
    assert(/^multipart\/form-data; boundary=/.test(answer.headers.find(([name]) => name === 'Content-Type')[1]));
    for (const part of ['name="field"\r\n\r\nvalue\r\n', 'filename="f.txt"\r\nContent-Type: text/plain\r\n\r\nfrom a file',
        'name="bytes"\r\n\r\nAB\r\n', 'filename="m.txt"\r\nContent-Type: text/plain\r\n\r\nin memory'])
        assert(answer.body.includes(part), `${part} is not in ${answer.body}`);
    equal(task.bytes_sent, task.bytes_expected_to_send);

    file.delete(null);
    await fails(Code.FILE_DOES_NOT_EXIST, session.data(server.get_uri('/empty'), {form: {file}}));
    GLib.rmdir(folder);
}));

test('options leave the request alone', withServer(async (server, session) => {
    const request = new URLSession.Request({uri: server.get_uri('/echo')});
    const [answer] = await session.json(request, {query: {a: 'b'}, body: 'text'}, new Gio.Cancellable());

    equal([answer.method, answer.query, answer.body], ['POST', 'a=b', 'text']);
    equal([request.method, request.uri], ['GET', server.get_uri('/echo')]);
    await rejects(session.data(request, {json: {}, body: ''}));
}));

test('every call takes them', withServer(async (server, session) => {
    const folder = makeFolder();
    const [stream] = await session.open(server.get_uri('/echo'), {form: {a: 1}});
    let text = '';

    for await (const line of URLSession.lines(stream))
        text += line;
    assert(text.includes('"POST"'));
    const [file] = await session.download(server.get_uri('/echo'), `${folder}/f`, {form: {a: 1}});
    assert(new TextDecoder().decode(file.load_contents(null)[1]).includes('"POST"'));
    file.delete(null);
    GLib.rmdir(folder);
}));

test('credentials and curl', withServer(async (server, session) => {
    const request = new URLSession.Request({uri: server.get_uri('/echo')});

    request.set_basic_authorization('jürgen', 'geheim');
    equal(request.headers.get('Authorization'), 'Basic asO8cmdlbjpnZWhlaW0=');
    assert(!request.to_curl().includes('asO8'));
    request.set_bearer_token('abc');
    const [answer] = await session.json(request);
    equal(answer.headers.find(([name]) => name === 'Authorization')[1], 'Bearer abc');
    const error = await rejects((async () => request.set_basic_authorization('a:b', 'geheim'))());
    assert(error.matches(URLSession.Error, Code.BAD_HEADER));
    assert(!error.message.includes('geheim'));
}));

run(import.meta.url);
