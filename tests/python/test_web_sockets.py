# SPDX-License-Identifier: LGPL-2.1-or-later
"""WebSockets with the package websockets of Debian."""

import asyncio
import socket
import threading

import peers
import support
import tap
import web_sockets

from gi.repository import Gio, URLSession


class WebSockets(web_sockets.Conversations, support.TestCase):
    def setUp(self):
        super().setUp()
        self.peer = web_sockets.debian_peer()
        self.addCleanup(self.peer.stop)

    async def test_many_tasks(self):
        """More than the session has places for connections: one that is open needs none."""
        async def talk(number):
            async with self.task("/echo") as task:
                for i in range(10):
                    await task.send(f"{number} {i}")
                    self.assertEqual((await task.receive()).text, f"{number} {i}")
                # Nobody leaves before the last one is there.
                there.append(number)
                if len(there) == 60:
                    gate.set()
                await gate.wait()
            return task.close_code

        gate, there = asyncio.Event(), []
        self.assertEqual(await asyncio.gather(*(talk(number) for number in range(60))), [web_sockets.Code.NORMAL] * 60)

    async def test_proxy(self):
        """Through a tunnel, as everything that is not plain HTTP."""
        tunnels = []

        def forward(source, target):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

        def answer(head, connection):
            method, target, _ = head.decode().split(" ", 2)
            tunnels.append((method, target))
            host, port = target.rsplit(":", 1)
            with socket.create_connection((host, int(port))) as server:
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                threading.Thread(target=forward, args=(connection, server), daemon=True).start()
                forward(server, connection)

        proxy = peers.RawServer(answer)
        self.addCleanup(proxy.stop)
        configuration = URLSession.SessionConfiguration.new_ephemeral()
        configuration.set_proxy_resolver(Gio.SimpleProxyResolver.new(f"http://127.0.0.1:{proxy.port}", None))
        session = URLSession.Session(configuration)
        async with session.create_web_socket_task(self.peer.base + "/echo") as task:
            await task.send("far away")
            self.assertEqual((await task.receive()).text, "far away")
        self.assertEqual(tunnels, [("CONNECT", self.peer.base.removeprefix("ws://"))])

    async def test_metrics(self):
        task = self.task("/echo")
        metrics = []
        task.connect("collected-metrics", lambda task, collected: metrics.append(collected))
        async with task:
            await task.ping()
        self.assertEqual(len(metrics), 1)
        exchange, = metrics[0].transactions
        self.assertEqual(exchange.response.status_code, 101)
        self.assertEqual(exchange.protocol_name, "http/1.1")
        dates = [exchange.fetch_start_date, exchange.connect_start_date, exchange.connect_end_date,
                 exchange.request_start_date, exchange.request_end_date, exchange.response_start_date,
                 exchange.response_end_date]
        self.assertEqual([date.to_unix_usec() if hasattr(date, "to_unix_usec") else date.format_iso8601()
                          for date in dates], sorted(date.format_iso8601() for date in dates))


if __name__ == "__main__":
    tap.main()
