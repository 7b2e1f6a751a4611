# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of resumable uploads share."""

import support
import upload_peer

from gi.repository import Gio, GLib, URLSession

SIZE = 3_000_000


def patient():
    """A policy that does not make a test wait."""
    policy = URLSession.RetryPolicy()
    policy.props.initial_delay = 0.01
    policy.props.maximum_delay = 0.05
    return policy


class Scene(support.TestCase):
    def setUp(self):
        super().setUp()
        self.session = self.new_session()
        self.peer = upload_peer.UploadServer()
        self.addCleanup(self.peer.stop)
        self.body = self.pattern(SIZE)

    def new_session(self):
        configuration = URLSession.SessionConfiguration.new_ephemeral()
        policy = patient()
        configuration.props.retry_policy = policy
        return URLSession.Session(configuration=configuration)

    def request(self, path="/files", body=None, file=None, headers=(), host="127.0.0.1"):
        request = URLSession.Request.new(self.peer.uri(path, host))
        request.props.method = "POST"
        for name, value in headers:
            request.props.headers.append(name, value)
        if file is not None:
            request.set_body_file(Gio.File.new_for_path(str(file)), None)
        else:
            request.set_body_bytes(GLib.Bytes.new(self.body if body is None else body), "image/png")
        return request

    def task(self, **arguments):
        task = self.session.create_upload_task(self.request(**arguments))
        task.props.resumable = True
        return task

    def finish(self, task, seconds=20):
        """Until it is over; returns what the task said meanwhile."""
        said, totals = [], []
        for name in ("informational-response", "challenge", "decide-redirect", "decide-response", "received-data",
                     "waiting-for-connectivity", "completed"):
            task.connect(name, lambda *arguments, name=name: said.append(name) and False)
        task.connect("sent-data", lambda task, *numbers: totals.append(numbers))
        task.resume()
        self.iterate_until(lambda: "completed" in said, seconds)
        self.assertEqual(said.count("completed"), 1)
        self.said = said
        self.totals = totals
        return task

    def assertStored(self, task, body=None, uploads=1):
        self.assertIsNone(task.props.error)
        self.assertEqual(len(self.peer.uploads), uploads)
        stored = self.peer.uploads[f"/upload/{uploads}"]
        self.assertTrue(stored.complete)
        self.assertEqual(bytes(stored.data), self.body if body is None else body)
        self.assertEqual(task.props.response.props.status_code, 201)

    def assertFailed(self, task, code):
        self.assertIsNotNone(task.props.error)
        self.assertIsError(task.props.error, code)

    def break_everything(self):
        """From here on no connection lasts."""
        for method in ("HEAD", "PATCH"):
            self.peer.rules[method] = lambda server, request, upload: server.reset(request) or "close"
