# SPDX-License-Identifier: LGPL-2.1-or-later
"""Each example does what it says, and so does what README.md shows."""

import hashlib
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import support
import tap
import web_sockets

EXAMPLES = Path(os.environ["U_TEST_EXAMPLES"])
PROGRAMS = Path(os.environ["U_TEST_EXAMPLE_PROGRAMS"])
README = Path(os.environ["U_TEST_README_PROGRAMS"])
PYTHON = [sys.executable, "-B"]
GJS = [os.environ["U_TEST_GJS"], "-m"]
NO_GJS = "gjs is missing"
NO_VALA = "valac is missing"


class Examples(support.TestCase):
    def start(self, *command, **environment):
        return subprocess.Popen([str(part) for part in command], cwd=self.folder, text=True, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **environment})

    def run_example(self, *command, status=0, **environment):
        process = self.start(*command, **environment)
        output, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, status, output + errors)
        if status == 0:
            self.assertEqual(errors, "")
        return output + errors

    def assertFile(self, name, size):
        self.assertEqual((self.folder / name).read_bytes(), self.pattern(size))

    def test_data(self):
        for example in [*PYTHON, EXAMPLES / "python/data.py"], [*GJS, EXAMPLES / "gjs/data.js"]:
            if example[0]:
                output = self.run_example(*example, self.uri("/bytes/1234"))
                self.assertIn("HTTP status 200", output)
                self.assertIn("1234 bytes of application/octet-stream", output)
                output = self.run_example(*example, "http://127.0.0.1:1/", status=1)
                self.assertEqual(len(output.splitlines()), 1, output)

    def test_stream(self):
        uri = self.uri("/bytes/0?body=a%20b%0Ab%20c%20b")
        output = self.run_example(*PYTHON, EXAMPLES / "python/stream.py", uri)
        self.assertEqual(output.split()[:2], ["3", "b"])

    def test_events(self):
        uri = self.uri("/bytes/0?type=text/event-stream&body=data:%20a%0A%0Aevent:%20b%0Adata:%20c%0A%0A")
        output = self.run_example(*PYTHON, EXAMPLES / "python/events.py", uri, 2)
        self.assertEqual(output.splitlines(), ["message: a", "b: c"])
        output = self.run_example(*PYTHON, EXAMPLES / "python/events.py", self.uri("/status/404"), status=1)
        self.assertIn("404", output)

    def test_json(self):
        output = self.run_example(*PYTHON, EXAMPLES / "python/json_api.py", self.uri("/echo"))
        self.assertIn('{"greeting": "hello"}', output)
        output = self.run_example(*PYTHON, EXAMPLES / "python/json_api.py", self.uri("/bytes/9?body=%7B%7D&status=500"),
                                  status=1)
        self.assertIn("500", output)

    def test_upload(self):
        file = self.folder / "upload.txt"
        file.write_bytes(b"one\n" * 250000)
        output = self.run_example(*PYTHON, EXAMPLES / "python/upload.py", file, self.uri("/empty"))
        self.assertIn("1.0 MB sent, HTTP status 200", output)
        file.write_text("two")
        output = self.run_example(*PYTHON, EXAMPLES / "python/upload.py", "--method=POST", file, self.uri("/echo"))
        self.assertIn('"two"', output)
        self.assertIn("text/plain", output)
        self.run_example(*PYTHON, EXAMPLES / "python/upload.py", file, self.uri("/bytes/1?status=403"), status=1)
        output = self.run_example(*PYTHON, EXAMPLES / "python/upload.py", self.folder / "none", self.uri("/empty"),
                                  status=1)
        self.assertIn("none", output)

    def test_metrics(self):
        output = self.run_example(*PYTHON, EXAMPLES / "python/metrics.py", self.uri("/redirect/1"))
        self.assertIn(self.uri("/redirect/1"), output)
        self.assertIn(self.uri("/bytes/5"), output)
        self.assertRegex(output, r"connect +[0-9.]+ ms")
        self.assertRegex(output, r"in all +[0-9.]+ ms")
        self.run_example(*PYTHON, EXAMPLES / "python/metrics.py", "http://127.0.0.1:1/", status=1)

    def test_chat(self):
        peer = web_sockets.debian_peer()
        self.addCleanup(peer.stop)
        chat = subprocess.Popen([*PYTHON, EXAMPLES / "python/chat.py", peer.base + "/echo"], text=True,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.assertIn("connected", chat.stdout.readline())
        for line in ["hello\n", "wie geht es\n"]:
            chat.stdin.write(line)
            chat.stdin.flush()
            self.assertEqual(chat.stdout.readline(), "> " + line)
        output, _ = chat.communicate(timeout=60)
        self.assertEqual(output, "closed with 1000 end of input\n")
        self.assertEqual(chat.returncode, 0)
        self.run_example(*PYTHON, EXAMPLES / "python/chat.py", "ws://127.0.0.1:1/", status=1)

    def test_whois(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            def serve():
                with server.accept()[0] as connection, connection.makefile("rb") as lines:
                    connection.sendall(b"domain: " + lines.readline() + b"source: here\r\n")
            thread = threading.Thread(target=serve)
            thread.start()
            output = self.run_example(*PYTHON, EXAMPLES / "python/whois.py", "example.org", "127.0.0.1",
                                      server.getsockname()[1])
            thread.join()
        self.assertEqual(output, "domain: example.org\nsource: here\n")
        self.run_example(*PYTHON, EXAMPLES / "python/whois.py", "example.org", "127.0.0.1", "1", status=1)

    def download(self, *program):
        output = self.run_example(*program, self.uri("/bytes/300000"), self.folder / "x")
        self.assertIn("100 %", output)
        self.assertIn("saved as {}".format(self.folder / "x"), output)
        self.assertFile("x", 300000)
        output = self.run_example(*program, self.uri("/status/404"), self.folder / "x", status=1)
        self.assertIn("404", output)
        self.assertFile("x", 300000)

    def test_download_c(self):
        self.download(PROGRAMS / "example-download-c")

    def test_download_vala(self):
        if not (PROGRAMS / "example-download-vala").exists():
            self.skipTest(NO_VALA)
        self.download(PROGRAMS / "example-download-vala")

    def test_download_gjs(self):
        if not GJS[0]:
            self.skipTest(NO_GJS)
        self.download(*GJS, EXAMPLES / "gjs/download.js")

    def test_download_py(self):
        program = [*PYTHON, EXAMPLES / "python/download.py"]
        output = self.run_example(*program, "--pause", "1", self.uri("/bytes/900000?name=a&rate=900000"),
                                  self.uri("/bytes/10?name=b"))
        self.assertIn("a: paused", output)
        self.assertIn("a: resumed at", output)
        self.assertFile("a", 900000)
        self.assertFile("b", 10)
        self.assertEqual(len(list(self.folder.iterdir())), 2)

    def test_download_py_fails(self):
        program = [*PYTHON, EXAMPLES / "python/download.py"]
        output = self.run_example(*program, "http://127.0.0.1:1/x", self.uri("/bytes/10?name=b"), status=1)
        self.assertIn("x: Cannot connect", output)
        self.assertFile("b", 10)

    def test_download_py_cancel(self):
        program = [*PYTHON, EXAMPLES / "python/download.py"]
        output = self.run_example(*program, "--cancel", self.uri("/stall"), status=3)
        self.assertIn("Cancelled", output)

    def test_download_py_ctrl_c(self):
        program = [*PYTHON, EXAMPLES / "python/download.py"]
        uri = self.uri("/bytes/1000000?name=a.txt&pause-after=500000")
        process = self.start(*program, uri)
        self.assertTrue(self.server.wait_for_paused(1, 20000))
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 130, output + errors)
        self.assertNotIn("Traceback", errors)
        resume_file = self.folder / "a.txt.resume"
        self.assertEqual(stat.S_IMODE(resume_file.stat().st_mode), 0o600)
        self.server.release()

        process = self.start(*program, uri)
        while process.poll() is None:
            self.server.wait_for_paused(1, 10)
            self.server.release()
        output, errors = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 0, output + errors)
        self.assertIn("a.txt: resumed at", output)
        self.assertFile("a.txt", 1000000)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["a.txt"])

    def test_custom_protocol(self):
        program = [*PYTHON, EXAMPLES / "python/custom_protocol.py", self.folder / "an archive.zip"]
        with zipfile.ZipFile(program[-1], "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.txt", "hello")
            archive.writestr("big/10 %.bin", self.pattern(3000000))
            archive.writestr("big/deeper/x", "")
            archive.writestr("empty", "")
        self.assertEqual(self.run_example(*program).split(), ["5", "a.txt", "3000000", "big/", "0", "empty"])
        self.assertEqual(self.run_example(*program, "big/").splitlines()[0].split(maxsplit=1), ["3000000", "10 %.bin"])
        self.assertEqual(self.run_example(*program, "a.txt"), "hello")
        self.assertEqual(self.run_example(*program, "empty"), "")
        output = self.run_example(*program, "big/10 %.bin", self.folder / "saved")
        self.assertIn("saved as", output)
        self.assertFile("saved", 3000000)

        for arguments, error in (["nothing"], "no file nothing"), (["no/"], "no folder no/"):
            self.assertIn(error, self.run_example(*program, *arguments, status=1))
        self.assertIn("No such file", self.run_example(*program[:-1], self.folder / "none.zip", status=1))
        # A member that does not have its check sum is an error, whatever of it was written.
        data = bytearray((self.folder / "an archive.zip").read_bytes())
        data[data.index(b"a.txt") + 8] ^= 1
        (self.folder / "bad.zip").write_bytes(data)
        (self.folder / "none").write_text("not an archive")
        for arguments in ([self.folder / "bad.zip", "a.txt"], [self.folder / "none"]):
            output = self.run_example(*program[:-1], *arguments, status=1)
            self.assertNotIn("Traceback", output)
            self.assertRegex(output, "(BadZipFile|error): ")

    def test_server(self):
        server = subprocess.Popen([*PYTHON, EXAMPLES / "server.py", self.folder, "--generate", "1"],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        uri = server.stdout.readline().strip()
        out = self.folder / "out"
        out.mkdir()
        self.run_example(*PYTHON, EXAMPLES / "python/download.py", "--folder", out, uri + "/sample-01-MB.bin")
        digest = hashlib.sha256((out / "sample-01-MB.bin").read_bytes()).hexdigest()
        self.assertIn(digest, (self.folder / "SHA256SUMS").read_text())
        server.stdin.close()
        self.assertEqual(server.wait(10), 0)
        server.stdout.close()

    def readme(self, *command):
        output = self.run_example(*command, URI=self.uri("/bytes/300000"))
        self.assertRegex(output, re.compile("100%.*image.iso", re.DOTALL))
        self.assertFile("image.iso", 300000)

    def test_readme_python(self):
        self.readme(*PYTHON, README / "readme.py")

    def test_readme_gjs(self):
        if not GJS[0]:
            self.skipTest(NO_GJS)
        self.readme(*GJS, README / "readme.js")

    def test_readme_c(self):
        self.readme(README / "readme-c")

    def test_readme_vala(self):
        if not (README / "readme-vala").exists():
            self.skipTest(NO_VALA)
        self.readme(README / "readme-vala")


if __name__ == "__main__":
    tap.main()
