# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who holds whom, how much memory a body takes, and that Python does not stand in the way of a transfer."""

import gc
import threading
import time
import weakref

import support
import tap

from gi.repository import GLib, Gio, URLSession

MIB = 1024 * 1024
State = URLSession.TaskState


class Lifetime(support.TestCase):
    def test_session_goes_without_invalidation(self):
        session = URLSession.Session()
        session.connect("task-completed", lambda *_: None)
        ref = weakref.ref(session)
        del session
        self.assertGoes(ref)

    def test_task_never_resumed_goes(self):
        task = self.session.create_data_task(self.uri("/empty"))
        ref = weakref.ref(task)
        del task
        self.assertGoes(ref)
        self.assertEqual(self.session.dup_tasks(), [])

    def test_dropped_while_it_runs(self):
        seen = []
        session = URLSession.Session()
        task = session.create_data_task(self.uri("/bytes/10?pause-after=5"))
        task.connect("completed", lambda task, error: seen.append((task.bytes_received, error)))
        task.resume()
        refs = weakref.ref(session), weakref.ref(task)
        del session, task
        self.server.wait_for_paused(1, 5000)
        gc.collect()
        self.server.release()
        self.iterate_until(lambda: seen)
        self.assertEqual(seen, [(10, None)])
        for ref in refs:
            self.assertGoes(ref)

    def test_decision_dropped(self):
        # The last reference is that of Python: the default is taken, with a warning.
        handled = []
        GLib.log_set_handler("URLSession", GLib.LogLevelFlags.LEVEL_WARNING, lambda *args: handled.append(args), None)
        fatal = GLib.log_set_always_fatal(GLib.LogLevelFlags.LEVEL_ERROR)
        try:
            task = self.session.create_data_task(self.uri("/bytes/10"))
            task.connect("decide-response", lambda task, decision: True)
            task.resume()
            self.iterate_until(lambda: gc.collect() and False or task.state == State.COMPLETED)
            self.assertEqual(task.bytes_received, 10)
        finally:
            GLib.log_set_always_fatal(fatal)

    def test_invalidate(self):
        task = self.session.create_data_task(self.uri("/stall"))
        task.resume()
        self.server.wait_for_requests(1, 5000)
        self.session.invalidate_and_cancel()
        self.iterate_until(lambda: task.state == State.COMPLETED)
        self.assertIsError(task.error, URLSession.Error.CANCELLED)

    def test_r268_memory_of_a_large_body(self):
        received = 0

        def count(task, data):
            nonlocal received
            received += len(data.get_data())

        before = support.resident_peak()
        task = self.session.create_data_task(self.uri("/bytes/{}".format(256 * MIB)))
        task.connect("received-data", count)
        task.resume()
        self.iterate_until(lambda: task.state == State.COMPLETED, 50)
        self.assertIsNone(task.error)
        self.assertEqual(received, 256 * MIB)
        self.assertLess(support.resident_peak() - before, 64 * MIB)

    async def test_memory_of_a_large_stream(self):
        before = support.resident_peak()
        body, _ = await self.session.open(self.uri("/bytes/{}".format(256 * MIB)))
        received = 0
        while data := await body.read(65536):
            received += len(data)
        self.assertEqual(received, 256 * MIB)
        self.assertLess(support.resident_peak() - before, 64 * MIB)

    def test_slow_handler_slows_the_sender(self):
        task = self.session.create_data_task(self.uri("/bytes/{}".format(64 * MIB)))
        task.connect("received-data", lambda task, data: time.sleep(0.2))
        task.resume()
        self.iterate_until(lambda: task.bytes_received > 0)
        # What the sockets of both sides hold comes on top of what the library does.
        self.assertLess(task.bytes_received, 4 * MIB)
        task.cancel()
        self.iterate_until(lambda: task.state == State.COMPLETED)

    def test_computing_thread(self):
        stop = False
        rounds = 0

        def compute():
            nonlocal rounds
            while not stop:
                sum(range(1000))
                rounds += 1

        thread = threading.Thread(target=compute)
        thread.start()
        try:
            tasks = [self.session.create_download_task(self.uri("/bytes/{}?id={}".format(MIB, n))) for n in range(20)]
            for task in tasks:
                task.resume()
            self.iterate_until(lambda: all(task.state == State.COMPLETED for task in tasks), 40)
        finally:
            stop = True
            thread.join()
        self.assertEqual([task.error for task in tasks], [None] * 20)
        self.assertGreater(rounds, 0)

    def test_transfer_goes_on_while_python_computes(self):
        # No main loop runs, and the interpreter is never free: the file is written all the same.
        task = self.session.create_download_task(self.uri("/bytes/{}".format(8 * MIB)))
        task.save_async(Gio.File.new_for_path(str(self.folder / "x")), None, None)
        self.server.wait_for_requests(1, 5000)
        end = time.monotonic() + 20
        while self.server.get_n_in_flight() > 0 and time.monotonic() < end:
            sum(range(10000))
        self.assertEqual(self.server.get_n_in_flight(), 0)
        self.iterate_until(lambda: task.state == State.COMPLETED)
        self.assertIsNone(task.error)

    def test_threads_that_create_and_drop(self):
        errors = []

        def work():
            try:
                for n in range(50):
                    task = self.session.create_data_task(self.uri("/bytes/100"))
                    task.resume()
                    if n % 3 == 0:
                        task.cancel()
            except Exception as error:
                errors.append(error)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        self.iterate_until(lambda: not any(thread.is_alive() for thread in threads))
        self.iterate_until(lambda: not self.session.dup_tasks(), 30)
        self.assertEqual(errors, [])


if __name__ == "__main__":
    tap.main()
