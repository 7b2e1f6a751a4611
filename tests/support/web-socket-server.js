/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server for WebSockets on the package ws of npm: prints its port, and does what the path of the URL says, until its
 * input ends.
 *
 *   node web-socket-server.js
 */
'use strict';

const {WebSocketServer} = require('ws');

const server = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    maxPayload: 64 * 1024 * 1024,
    perMessageDeflate: {threshold: 0},
    handleProtocols: protocols => protocols.has('second') ? 'second' : false,
});

server.on('connection', (socket, request) => {
    const url = new URL(request.url, 'ws://localhost');

    socket.on('error', () => {});
    switch (url.pathname) {
    case '/echo':
        socket.on('message', (data, isBinary) => socket.send(data, {binary: isBinary}));
        break;
    case '/fragments':
        socket.on('message', (data, isBinary) => {
            for (let i = 0; i < data.length; i++)
                socket.send(data.subarray(i, i + 1), {binary: isBinary, fin: i === data.length - 1});
        });
        break;
    case '/close':
        socket.close(Number(url.searchParams.get('code')), url.searchParams.get('reason') ?? '');
        break;
    case '/terminate':
        socket.terminate();
        break;
    case '/ping':
        socket.on('pong', data => socket.send(`pong ${data}`));
        socket.ping('from ws');
        break;
    case '/closed':
        /* Tells the next one who asks what the last one closed with. */
        socket.on('close', (code, reason) => {
            server.last = `${code} ${reason}`;
        });
        break;
    case '/last':
        socket.send(server.last ?? '');
        break;
    case '/extensions':
        socket.send(socket.extensions);
        break;
    case '/invalid-text':
        socket._socket.write(Buffer.from([0x81, 0x02, 0xc3, 0x28]));
        break;
    case '/invalid-code':
        socket._socket.write(Buffer.from([0x88, 0x02, 0x03, 0xed]));
        break;
    default:
        socket.close(1008, 'no such path');
    }
});

server.on('listening', () => process.stdout.write(`${server.address().port}\n`));
process.stdin.on('end', () => process.exit(0));
process.stdin.resume();
