# SPDX-License-Identifier: LGPL-2.1-or-later
"""The library as it is, by signals and callbacks, without coroutines; and decisions."""

import threading

import support
import tap

from gi.repository import GObject, GLib, Gio, URLSession

Error = URLSession.Error
State = URLSession.TaskState


class Signals(support.TestCase):
    def finish(self, task):
        self.iterate_until(lambda: task.state == State.COMPLETED)

    def load(self, task):
        task.resume()
        self.finish(task)

    def pair(self, source, name, *args):
        """Calls name_async with a callback, and returns what name_finish does."""
        results = []
        getattr(source, name + "_async")(*args, None, lambda source, result: results.append(result))
        self.iterate_until(lambda: results)
        return getattr(source, name + "_finish")(results[0])

    def test_pairs(self):
        request = URLSession.Request.new(self.uri("/bytes/10"))
        file = Gio.File.new_for_path(str(self.folder / "x"))
        session = self.session

        data, response = self.pair(session, "data", request)
        self.assertEqual(data.get_data(), self.pattern(10))
        self.assertEqual(response.get_status_code(), 200)
        stream, response = self.pair(session, "open", request)
        self.assertEqual(stream.read_bytes(100, None).get_data(), self.pattern(10))
        saved, response = self.pair(session, "download", request, file)
        self.assertTrue(saved.equal(file))
        node, response = self.pair(session, "json", URLSession.Request.new(self.uri("/echo")))
        self.assertEqual(node.get_object().get_string_member("method"), "GET")
        self.assertTrue(self.pair(session, "reset"))
        self.assertTrue(self.pair(session, "flush"))
        data = self.pair(session.create_data_task(request), "load")
        self.assertEqual(data.get_data(), self.pattern(10))
        stream = self.pair(session.create_data_task_for_uri(self.uri("/bytes/10")), "open")
        self.assertEqual(stream.read_bytes(100, None).get_data(), self.pattern(10))
        saved = self.pair(session.create_download_task(request), "save", file)
        self.assertTrue(saved.equal(file))
        task = session.create_download_task_for_uri(self.uri("/stall"))
        task.resume()
        with self.assertRaises(GLib.Error) as caught:
            self.pair(task, "cancel_by_producing_resume_data")
        self.assertIsError(caught.exception, Error.NOT_RESUMABLE)

    def test_cancellable(self):
        cancellable = Gio.Cancellable()
        errors = []

        def loaded(session, result):
            with self.assertRaises(GLib.Error) as caught:
                session.data_finish(result)
            errors.append(caught.exception)

        self.session.data_async(URLSession.Request.new(self.uri("/stall")), cancellable, loaded)
        self.server.wait_for_requests(1, 5000)
        cancellable.cancel()
        self.iterate_until(lambda: errors)
        self.assertIsError(errors[0], Error.CANCELLED)

    def test_r005_completed(self):
        seen = []
        task = self.session.create_data_task(self.uri("/bytes/100000"))
        task.connect("received-data", lambda task, data: seen.append(data.get_data()))
        task.connect("completed", lambda task, error: seen.append((task.state, error)))
        self.load(task)
        self.assertEqual(b"".join(seen[:-1]), self.pattern(100000))
        self.assertEqual(seen[-1], (State.COMPLETED, None))

    def test_completed_with_error(self):
        errors = []
        task = self.session.create_data_task("http://127.0.0.1:1/")
        task.connect("completed", lambda task, error: errors.append(error))
        self.load(task)
        self.assertIsError(errors[0], Error.CANNOT_CONNECT_TO_HOST)
        self.assertIsError(task.error, Error.CANNOT_CONNECT_TO_HOST)
        self.assertEqual(task.failing_uri, "http://127.0.0.1:1/")

    def test_r016_cancel_before_resume(self):
        errors = []
        task = self.session.create_data_task(self.uri("/bytes/10"))
        task.connect("completed", lambda task, error: errors.append(error))
        task.cancel()
        self.finish(task)
        self.assertEqual(len(errors), 1)
        self.assertIsError(errors[0], Error.CANCELLED)
        self.assertEqual(self.server.get_n_requests(), 0)

    def test_r052_file_of_the_signal(self):
        files = []
        task = self.session.create_download_task(self.uri("/bytes/10"))
        task.connect("finished-download", lambda task, file: files.append((file, file.load_contents(None)[1])))
        self.load(task)
        self.assertEqual(files[0][1], self.pattern(10))
        # A disk thread removes it, as soon as the handler has returned.
        self.iterate_until(lambda: not files[0][0].query_exists(None))

    def test_r281_created_before_the_call_returns(self):
        seen = []
        self.session.connect("task-created", lambda session, task: seen.append(task))
        task = self.session.create_data_task(self.uri("/empty"))
        self.assertEqual(seen, [task])

    def test_twins(self):
        seen = []
        self.session.connect("task-created", lambda session, task: seen.append("created"))
        self.session.connect("task-received-data", lambda session, task, data: seen.append("data"))
        self.session.connect("task-completed", lambda session, task, error: seen.append("completed"))
        self.load(self.session.create_data_task(self.uri("/bytes/1")))
        self.assertEqual(seen, ["created", "data", "completed"])

    def test_decision_at_once(self):
        task = self.session.create_data_task(self.uri("/redirect/1"))

        def decide(task, decision):
            decision.deliver_response()
            return True

        task.connect("decide-redirect", decide)
        self.load(task)
        self.assertEqual(task.response.status_code, 302)

    def test_decision_later(self):
        decisions = []
        task = self.session.create_data_task(self.uri("/bytes/10"))
        task.connect("decide-response", lambda task, decision: decisions.append(decision) or True)
        task.resume()
        self.iterate_until(lambda: decisions)
        self.assertEqual(decisions[0].response.status_code, 200)
        self.assertFalse(decisions[0].answered)
        thread = threading.Thread(target=decisions[0].cancel_task)
        thread.start()
        thread.join()
        self.finish(task)
        self.assertIsError(task.error, Error.CANCELLED)

    def test_r037_default_is_allow(self):
        task = self.session.create_data_task(self.uri("/bytes/10"))
        task.connect("decide-response", lambda task, decision: False)
        self.load(task)
        self.assertEqual(task.bytes_received, 10)

    def test_r031_become_download(self):
        heirs = []
        task = self.session.create_data_task(self.uri("/bytes/10"))
        task.connect("decide-response", lambda task, decision: decision.become_download())
        task.connect("became-download", lambda task, heir: heirs.append(heir))
        task.resume()
        self.iterate_until(lambda: heirs)
        self.finish(heirs[0])
        self.assertIsInstance(heirs[0], URLSession.DownloadTask)
        self.assertIsNone(heirs[0].error)

    def test_decision_cancelled(self):
        cancelled = []
        task = self.session.create_data_task(self.uri("/bytes/10"))

        def decide(task, decision):
            decision.connect("cancelled", cancelled.append)
            cancelled.append(decision)
            return True

        task.connect("decide-response", decide)
        task.resume()
        self.iterate_until(lambda: cancelled)
        task.cancel()
        self.iterate_until(lambda: len(cancelled) == 2)

    async def test_decision_coroutine(self):
        task = self.session.create_data_task(self.uri("/redirect/1"))

        async def decide(task, decision):
            data, _ = await self.session.data(self.uri("/bytes/3"))
            self.assertEqual(len(data), 3)
            decision.follow()

        task.connect("decide-redirect", decide)
        self.assertEqual(await task.load(), self.pattern(5))

    async def test_decision_coroutine_without_answer(self):
        async def decide(session, task, decision):
            pass

        self.session.connect("task-decide-redirect", decide)
        self.assertEqual((await self.session.data(self.uri("/redirect/1")))[0], self.pattern(5))

    async def test_method_as_coroutine_handler(self):
        task = self.session.create_data_task(self.uri("/redirect/1"))
        task.connect("decide-redirect", self.refuse)
        await task.load()
        self.assertEqual(task.response.status_code, 302)

    async def refuse(self, task, decision):
        decision.deliver_response()

    def test_binding(self):
        class Bar(GObject.Object):
            fraction = GObject.Property(type=float)

        bar = Bar()
        task = self.session.create_data_task(self.uri("/bytes/10"))
        task.bind_property("fraction-completed", bar, "fraction", GObject.BindingFlags.SYNC_CREATE)
        self.assertEqual(bar.fraction, 0)
        self.load(task)
        self.assertEqual(bar.fraction, 1)

    def test_list_model(self):
        changes = []
        tasks = self.session.tasks
        tasks.connect("items-changed", lambda model, *change: changes.append(change))
        first = self.session.create_data_task(self.uri("/empty"))
        second = self.session.create_data_task(self.uri("/empty?id=2"))
        self.assertEqual(len(tasks), 2)
        self.assertIs(tasks[0], first)
        self.assertIs(tasks[-1], second)
        self.assertEqual(self.session.dup_tasks(), [first, second])
        self.load(first)
        self.load(second)
        self.iterate_until(lambda: len(tasks) == 0)
        self.assertEqual(changes, [(0, 0, 1), (1, 0, 1), (0, 1, 0), (0, 1, 0)])

    def test_error_enum(self):
        error = GLib.Error.new_literal(URLSession.error_quark(), "x", Error.TIMED_OUT)
        self.assertTrue(error.matches(URLSession.error_quark(), Error.TIMED_OUT))
        self.assertEqual(Error(error.code), Error.TIMED_OUT)
        self.assertEqual(error.domain, GLib.quark_to_string(Error.quark()))

    def test_r266_session_in_a_thread(self):
        done = []

        def work():
            context = GLib.MainContext.new()
            context.push_thread_default()
            session = URLSession.Session()
            session.connect("task-completed", lambda *_: done.append(threading.current_thread()))
            task = session.create_data_task(self.uri("/bytes/10"))
            task.resume()
            while not done:
                context.iteration(True)
            context.pop_thread_default()

        thread = threading.Thread(target=work)
        thread.start()
        thread.join(10)
        self.assertEqual(done, [thread])


if __name__ == "__main__":
    tap.main()
