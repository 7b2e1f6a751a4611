# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is measured of tasks."""

import json

import support
import tap

from gi.repository import GLib, URLSession


class Metrics(support.TestCase):
    def setUp(self):
        super().setUp()
        configuration = URLSession.SessionConfiguration(collects_metrics=True)
        self.session = URLSession.Session(configuration)

    async def test_r263_transactions(self):
        task = self.session.create_data_task(self.uri("/redirect/2"))
        self.assertIsNone(task.metrics)
        await task.load()
        metrics = task.metrics
        self.assertEqual(metrics.redirect_count, 2)
        self.assertEqual([t.response.status_code for t in metrics.transactions], [302, 302, 200])
        self.assertEqual([t.request.uri for t in metrics.transactions],
                         [self.uri(path) for path in ("/redirect/2", "/redirect/1", "/bytes/5")])
        first = metrics.transactions[0]
        self.assertEqual(first.fetch_type, URLSession.FetchType.NETWORK_LOAD)
        self.assertEqual(first.protocol_name, "http/1.1")
        self.assertEqual(first.remote_port, self.server.get_port())
        self.assertFalse(first.is_reused_connection)
        self.assertIsNone(first.secure_connection_start_date)
        self.assertGreaterEqual(first.connect_end_date.difference(first.connect_start_date), 0)
        self.assertIn("/redirect/2", repr(first))

    async def test_har(self):
        task = self.session.create_data_task(
            URLSession.Request(self.uri("/bytes/10?id=1"), headers={"Authorization": "Basic c2VjcmV0"}))
        await task.load()
        har = json.loads(task.metrics.to_har())
        entry, = har["log"]["entries"]
        self.assertEqual(entry["request"]["queryString"], [{"name": "id", "value": "1"}])
        self.assertIn({"name": "Authorization", "value": "Basic ***"}, entry["request"]["headers"])
        self.assertEqual(entry["response"]["content"]["size"], 10)
        timings = entry["timings"]
        self.assertAlmostEqual(sum(max(timings[name], 0) for name in timings if name != "ssl"), entry["time"], 2)

    async def test_signal(self):
        session = URLSession.Session()
        task = session.create_data_task(self.uri("/bytes/10"))
        collected = []
        task.connect("collected-metrics", lambda task, metrics: collected.append(metrics))
        await task.load()
        self.assertEqual(len(collected), 1)
        self.assertEqual(len(collected[0].transactions), 1)
        self.assertIs(task.metrics, collected[0])

    async def test_failed(self):
        task = self.session.create_data_task("http://127.0.0.1:1/")
        with self.assertRaises(GLib.Error):
            await task.load()
        transaction, = task.metrics.transactions
        self.assertIsNone(transaction.response)
        self.assertEqual(transaction.fetch_type, URLSession.FetchType.UNKNOWN)


if __name__ == "__main__":
    tap.main()
