# SPDX-License-Identifier: LGPL-2.1-or-later
"""WebSockets with the package websockets of Debian."""

import support
import tap
import web_sockets


class WebSockets(web_sockets.Conversations, support.TestCase):
    def setUp(self):
        super().setUp()
        self.peer = web_sockets.debian_peer()
        self.addCleanup(self.peer.stop)

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
