# SPDX-License-Identifier: LGPL-2.1-or-later
"""Server-sent events, as a loop and as signals."""

import asyncio

from gi.repository import GLib, URLSession

import peers
import support
import tap

EVENTS = "/bytes/0?type=text/event-stream&body=id:%201%0Adata:%20a%0A%0Aevent:%20b%0Adata:%20c%0A%0A"


class Events(support.TestCase):
    async def read(self, uri, count):
        events = []
        async for event in URLSession.Session().events(uri):
            events.append((event.event_type, event.text, event.last_event_id))
            if len(events) == count:
                break
        return events

    def test_loop(self):
        expected = [("message", "a", "1"), ("b", "c", "1")]
        self.assertEqual(URLSession.run(self.read(self.uri(EVENTS), 2)), expected)
        self.assertEqual(asyncio.run(self.read(self.uri(EVENTS + "&id=2"), 2)), expected)

    def test_flask(self):
        """A server that nobody here wrote; three connections, and then it has no more."""
        peer = peers.FlaskEvents()
        self.addCleanup(peer.stop)
        expected = [("tick", "number\n{}".format(i), str(i)) for i in range(1, 7)]
        self.assertEqual(URLSession.run(self.read(peer.uri("/events"), 0)), expected)

    def test_end(self):
        self.assertEqual(URLSession.run(self.read(self.uri("/status/204"), 1)), [])

    def test_failure(self):
        with self.assertRaises(GLib.Error) as caught:
            URLSession.run(self.read(self.uri("/status/404"), 1))
        self.assertIsError(caught.exception, URLSession.Error.BAD_SERVER_RESPONSE)

    def test_signals(self):
        loop = GLib.MainLoop()
        source = URLSession.EventSource(URLSession.Session(), self.uri(EVENTS))
        texts = []

        def message(source, event):
            texts.append(event.text)
            source.close()
            loop.quit()

        source.connect("message::b", message)
        source.open()
        loop.run()
        self.assertEqual(texts, ["c"])
        self.assertEqual(source.ready_state, URLSession.EventSourceState.CLOSED)


if __name__ == "__main__":
    tap.main()
