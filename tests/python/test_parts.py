# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bodies whose parts replace each other, as a camera sends them."""

from urllib.parse import quote

import support
import tap

from gi.repository import URLSession

TYPE = "multipart/x-mixed-replace;boundary=\"a frame\""
BODY = ("--a frame\r\nContent-Type: text/plain\r\nX-Number: 1\r\n\r\none\r\n"
        "--a frame\r\nContent-Type: image/jpeg\r\nX-Number: 2\r\n\r\ntwo\r\n"
        "--a frame\r\nContent-Type: text/html\r\n\r\nthree\r\n--a frame--\r\n")


class Parts(support.TestCase):
    def start(self, body=BODY, options="", decide=None):
        """A task, and what it says."""
        log = []
        task = self.session.create_data_task(
            self.uri(f"/bytes/1?type={quote(TYPE, safe='')}&body={quote(body, safe='')}{options}"))

        def decide_response(task, decision):
            self.assertEqual(decision.props.response, task.props.response)
            log.append((task.props.response.get_mime_type(), task.props.response.get_header("X-Number"), []))
            return decide(len(log), decision) if decide else False

        task.connect("decide-response", decide_response)
        task.connect("received-data", lambda task, data: log[-1][2].append(data.get_data()))
        task.connect("completed", lambda task, error: log.append(error))
        task.resume()
        return task, log

    def joined(self, log):
        return [(mime, number, b"".join(data)) for mime, number, data in log]

    def test_r036_parts(self):
        for options in "", "&chunk=1", "&chunk=5&chunked", "&close":
            task, log = self.start(options=options)
            self.iterate_until(lambda: task.props.state == URLSession.TaskState.COMPLETED and log[-1] is None)
            self.assertEqual(self.joined(log[:-1]), [("text/plain", "1", b"one"), ("image/jpeg", "2", b"two"),
                                                     ("text/html", None, b"three")])
            self.assertEqual(task.props.response.get_mime_type(), "text/html")
            self.assertEqual(task.props.response.get_status_code(), 200)

    def test_r036_cancel(self):
        def decide(n, decision):
            if n == 2:
                decision.cancel_task()
            return n == 2

        task, log = self.start(decide=decide)
        self.iterate_until(lambda: task.props.state == URLSession.TaskState.COMPLETED and len(log) == 3)
        self.assertIsError(log[-1], URLSession.Error.CANCELLED)
        self.assertEqual(self.joined(log[:-1]), [("text/plain", "1", b"one"), ("image/jpeg", "2", b"")])

    async def test_whole(self):
        """In one piece it is what was sent."""
        data, response = await self.session.data(
            self.uri(f"/bytes/1?type={quote(TYPE, safe='')}&body={quote(BODY, safe='')}"))
        self.assertEqual(bytes(data), BODY.encode())
        self.assertEqual(response.get_mime_type(), "multipart/x-mixed-replace")


if __name__ == "__main__":
    tap.main()
