# SPDX-License-Identifier: LGPL-2.1-or-later
"""FTP as an application meets it, with pyftpdlib."""

import asyncio
import json
import subprocess

import ftp_peers
import support
import tap

from gi.repository import Gio, GLib, URLSession

Error = URLSession.Error
USER = "user:pa%3Ass%20word@"

# Of a file that is on its way for a while, and how much of it comes before the server pauses.
SIZE, RATE = 3_000_000, 1_000_000


class Ftp(support.TestCase):
    def setUp(self):
        super().setUp()
        self.session = URLSession.Session(configuration=URLSession.SessionConfiguration.new_ephemeral())
        self.root = self.folder / "root"
        self.root.mkdir()

    def serve(self, *options):
        server = ftp_peers.FtpServer(self.root, *options)
        self.addCleanup(server.stop)
        return server

    def put(self, name, size):
        data = self.pattern(size)
        (self.root / name).write_bytes(data)
        return data

    def upload(self, uri, body, method="PUT"):
        request = URLSession.Request.new(uri)
        request.props.method = method
        request.set_body_bytes(GLib.Bytes.new(body), "text/plain")
        return request

    def certify(self, names="DNS:localhost,IP:127.0.0.1"):
        certificate = self.folder / "both.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", "/CN=localhost", "-addext", f"subjectAltName={names}",
                        "-out", certificate, "-keyout", self.folder / "key.pem"],
                       check=True, capture_output=True)
        with open(certificate, "a") as both:
            both.write((self.folder / "key.pem").read_text())
        return certificate

    # ---- Files ----

    async def test_file(self):
        server = self.serve()
        for size in (0, 1, 70_000, 3_000_000):
            expected = self.put("file.txt", size)
            data, response = await self.session.data(server.uri("/file.txt"))
            self.assertEqual(data, expected)
            self.assertNotIsInstance(response, URLSession.HttpResponse)
            self.assertEqual(response.props.mime_type, "text/plain")
            self.assertEqual(response.props.expected_content_length, size)
            self.assertEqual(response.props.suggested_filename, "file.txt")
            self.assertEqual(response.props.uri, server.uri("/file.txt"))

    async def test_names(self):
        server = self.serve()
        (self.root / "a b").mkdir()
        for name, path in (("a b/c#d?e", "/a%20b/c%23d?e"), ("a b/é;x", "/a%20b/%C3%A9;x"), ("plain", "/plain;type=i")):
            expected = self.put(name, 1000)
            data, response = await self.session.data(server.uri(path))
            self.assertEqual(data, expected)

    async def test_text(self):
        (self.root / "text").write_bytes(b"one\ntwo\n")
        data, response = await self.session.data(self.serve().uri("/text;type=a"))
        self.assertEqual(data, b"one\ntwo\n")

    async def test_head(self):
        server = self.serve()
        self.put("file", 12345)
        request = URLSession.Request.new(server.uri("/file"))
        request.props.method = "HEAD"
        data, response = await self.session.data(request)
        self.assertEqual((data, response.props.expected_content_length), (b"", 12345))
        self.assertNotIn("RETR", server.verbs())

    async def test_errors(self):
        server = self.serve()
        for path, code in (("/nope", Error.FILE_DOES_NOT_EXIST), ("/no/such", Error.FILE_DOES_NOT_EXIST),
                           ("/nope/", Error.FILE_DOES_NOT_EXIST), ("/a%0d%0aDELE%20b", Error.BAD_URL)):
            error = await self.assertFails(code, self.session.data(server.uri(path)))
            self.assertIn("127.0.0.1", error.message)
        request = URLSession.Request.new(server.uri("/nope"))
        request.props.method = "DELETE"
        await self.assertFails(Error.UNSUPPORTED_URL, self.session.data(request))
        server.stop()
        await self.assertFails(Error.CANNOT_CONNECT_TO_HOST, self.session.data(server.uri("/x")))
        await self.assertFails(Error.CANNOT_FIND_HOST, self.session.data("ftp://nosuch.invalid/x"))

    # ---- Listings ----

    async def check_listing(self, server, path="/"):
        self.put("a.txt", 5)
        self.put('q"uo te\\', 0)
        (self.root / "sub").mkdir(exist_ok=True)
        (self.root / "é").mkdir(exist_ok=True)
        data, response = await self.session.data(server.uri(path))
        self.assertEqual(response.props.mime_type, "application/json")
        self.assertEqual(response.props.text_encoding_name, "utf-8")
        entries = {entry["name"]: entry for entry in json.loads(data)}
        self.assertEqual(sorted(entries), sorted(["a.txt", 'q"uo te\\', "sub", "é"]))
        self.assertEqual([entries[n]["type"] for n in ("a.txt", "sub")], ["file", "directory"])
        self.assertEqual(entries["a.txt"]["size"], 5)
        self.assertNotIn("size", entries["sub"])
        self.assertEqual(entries["é"]["href"], "%C3%A9/")
        return entries

    async def test_listing(self):
        server = self.serve()
        entries = await self.check_listing(server)
        self.assertRegex(entries["a.txt"]["modified"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        value, response = await self.session.json(server.uri("/"))
        self.assertEqual(len(value), 4)
        data, response = await self.session.data(server.uri("/sub/"))
        self.assertEqual(json.loads(data), [])
        await self.check_listing(server, "/;type=d")
        data, response = await self.session.data(server.uri("/sub;type=d"))
        self.assertEqual(json.loads(data), [])

    async def test_listing_without_mlsd(self):
        server = self.serve("refuse=MLSD")
        await self.check_listing(server)
        self.assertIn("LIST", server.verbs())

    # ---- Downloads ----

    async def test_r045_download_with_progress(self):
        server = self.serve()
        expected = self.put("file.bin", 5_000_000)
        task = self.session.create_download_task(server.uri("/file.bin"))
        written = []
        task.connect("wrote-data", lambda task, n, total, whole: written.append((total, whole)))
        await task.save(self.folder / "saved")
        self.assertEqual((self.folder / "saved").read_bytes(), expected)
        self.assertEqual(written[-1], (5_000_000, 5_000_000))
        self.assertEqual(sorted(written), written)
        self.assertEqual(task.props.fraction_completed, 1)

    async def interrupted(self, server):
        """Resume data of a download that was cancelled on its way."""
        task = self.session.create_download_task(server.uri("/file.bin"))
        begun = asyncio.get_running_loop().create_future()
        task.connect("wrote-data", lambda task, *rest: begun.done() or begun.set_result(None))
        task.resume()
        await begun
        data = await task.cancel_by_producing_resume_data()
        self.assertLess(task.props.bytes_received, SIZE)
        return data

    async def go_on(self, data):
        """Returns the task, where it went on, and what came of it."""
        task = self.session.resume_download_task(data)
        resumed = []
        task.connect("resumed-at-offset", lambda task, offset, total: resumed.append((offset, total)))
        await task.save(self.folder / "saved")
        return task, resumed, (self.folder / "saved").read_bytes()

    async def test_r185_r186_r192_resume(self):
        server = self.serve(f"rate={RATE}")
        expected = self.put("file.bin", SIZE)
        data = await self.interrupted(server)
        task, resumed, content = await self.go_on(data)
        self.assertEqual(content, expected)
        self.assertEqual(len(resumed), 1)
        offset, total = resumed[0]
        self.assertGreater(offset, 0)
        self.assertEqual(total, SIZE)
        server.stop()
        self.assertIn(f"REST {offset}", server.commands)
        self.assertNotIsInstance(task.props.response, URLSession.HttpResponse)

    async def test_r187_resume_of_another_version(self):
        server = self.serve(f"rate={RATE}")
        self.put("file.bin", SIZE)
        data = await self.interrupted(server)
        expected = self.put("file.bin", SIZE - 1)[::-1]
        (self.root / "file.bin").write_bytes(expected)
        task, resumed, content = await self.go_on(data)
        self.assertEqual(content, expected)
        self.assertEqual(resumed, [(0, SIZE - 1)])

    async def test_r187_resume_without_rest(self):
        server = self.serve(f"rate={RATE}", "refuse=REST")
        expected = self.put("file.bin", SIZE)
        data = await self.interrupted(server)
        task, resumed, content = await self.go_on(data)
        self.assertEqual(content, expected)
        self.assertEqual(resumed, [(0, SIZE)])

    async def test_no_resume_without_a_date(self):
        server = self.serve(f"rate={RATE}", "refuse=MDTM")
        self.put("file.bin", SIZE)
        await self.assertFails(Error.NOT_RESUMABLE, self.interrupted(server))

    async def test_r012_suspend(self):
        server = self.serve(f"rate={RATE}")
        expected = self.put("file.bin", SIZE)
        task = self.session.create_download_task(server.uri("/file.bin"))
        suspended = []

        def wrote(task, *rest):
            if not suspended:
                task.suspend()
                suspended.append(task.props.bytes_received)
                GLib.idle_add(task.resume)

        task.connect("wrote-data", wrote)
        await task.save(self.folder / "saved")
        self.assertEqual((self.folder / "saved").read_bytes(), expected)
        self.assertLess(suspended[0], SIZE)

    def test_r013_nothing_comes_while_suspended(self):
        server = self.serve()
        self.put("file.bin", 20_000_000)
        task = self.session.create_data_task(server.uri("/file.bin"))
        pieces, ends = [], []

        def received(task, data):
            if not pieces:
                task.suspend()
            pieces.append(data.get_size())

        task.connect("received-data", received)
        task.connect("completed", lambda task, error: ends.append(error))
        task.resume()
        self.iterate_until(lambda: pieces)
        # What was on its way is bounded by the credit.
        self.iterate_until(lambda: "RETR file.bin" in server.commands)
        self.assertLess(sum(pieces), 1_000_000)
        self.assertEqual(ends, [])
        task.resume()
        self.iterate_until(lambda: ends, 60)
        self.assertEqual((ends, sum(pieces)), ([None], 20_000_000))

    async def test_cancel(self):
        server = self.serve(f"rate={RATE}")
        self.put("file.bin", SIZE)
        task = self.session.create_download_task(server.uri("/file.bin"))
        task.connect("wrote-data", lambda task, *a: task.cancel())
        await self.assertFails(Error.CANCELLED, task.save(self.folder / "saved"))
        self.assertFalse((self.folder / "saved").exists())

    # ---- Uploads ----

    async def test_upload(self):
        server = self.serve()
        for size in (0, 1, 3_000_000):
            for method in ("PUT", "POST"):
                body = self.pattern(size)
                task = self.session.create_data_task(self.upload(server.uri("/new.bin", USER), body, method))
                await task.load()
                self.assertEqual((self.root / "new.bin").read_bytes(), body)
                self.assertEqual((task.props.bytes_sent, task.props.bytes_expected_to_send), (size, size))

    async def test_upload_file(self):
        server = self.serve()
        path = self.folder / "source"
        path.write_bytes(self.pattern(2_000_000))
        request = URLSession.Request.new(server.uri("/new.bin", USER))
        request.props.method = "PUT"
        request.set_body_file(Gio.File.new_for_path(str(path)), None)
        await self.session.data(request)
        self.assertEqual((self.root / "new.bin").read_bytes(), path.read_bytes())
        path.unlink()
        await self.assertFails(Error.FILE_DOES_NOT_EXIST, self.session.data(request))

    def test_upload_task(self):
        """The body is sent again after the question."""
        server = self.serve("no-anonymous")
        body = self.pattern(500_000)
        request = self.upload(server.uri("/new.bin"), body)
        task, seen = self.challenged(request, ("user", "pa:ss word"), create="create_upload_task")
        self.assertIsNone(task.props.error)
        self.assertEqual(len(seen), 1)
        self.assertEqual((self.root / "new.bin").read_bytes(), body)
        self.assertEqual(task.props.bytes_sent, len(body))

    async def test_upload_refused(self):
        server = self.serve()
        error = await self.assertFails(Error.RESOURCE_UNAVAILABLE,
                                       self.session.data(self.upload(server.uri("/new.bin"), b"x")))
        self.assertIn("550", error.message)
        await self.assertFails(Error.FILE_DOES_NOT_EXIST,
                               self.session.data(self.upload(server.uri("/no/new.bin", USER), b"x")))
        await self.assertFails(Error.BAD_URL, self.session.data(self.upload(server.uri("/", USER), b"x")))
        self.assertEqual(list(self.root.iterdir()), [])

    # ---- Logging in ----

    def challenged(self, request, *answers, create="create_data_task"):
        """Returns the task when it is over, and what was asked."""
        task = getattr(self.session, create)(request)
        seen, ends, left = [], [], list(answers)

        def answer(task, challenge):
            space = challenge.props.protection_space
            seen.append((space.props.protocol, space.props.host, space.props.port, space.props.authentication_method,
                         challenge.props.previous_failure_count, space.props.receives_credential_securely))
            credential = left.pop(0)
            if credential is None:
                challenge.reject_space()
            else:
                challenge.use_credential(URLSession.Credential.new(
                    *credential, URLSession.CredentialPersistence.FOR_SESSION))
            return True

        task.connect("challenge", answer)
        task.connect("completed", lambda task, error: ends.append(error))
        task.resume()
        self.iterate_until(lambda: ends, 20)
        return task, seen

    def test_r102_challenge(self):
        server = self.serve("no-anonymous")
        self.put("file", 10)
        task, seen = self.challenged(server.uri("/file"), ("user", "wrong"), ("user", "pa:ss word"))
        self.assertIsNone(task.props.error)
        self.assertEqual(seen, [("ftp", "127.0.0.1", server.port, URLSession.AuthenticationMethod.DEFAULT, n, False)
                                for n in (0, 1)])
        # The session knows it now.
        task, seen = self.challenged(server.uri("/file"))
        self.assertIsNone(task.props.error)
        self.assertEqual(seen, [])
        server.stop()
        self.assertEqual([c for c in server.commands if c.startswith("USER")],
                         ["USER anonymous", "USER user", "USER user", "USER user"])

    def test_rejected(self):
        server = self.serve("no-anonymous")
        task, seen = self.challenged(server.uri("/file"), None)
        self.assertIsError(task.props.error, Error.USER_AUTHENTICATION_REQUIRED)
        self.assertIsNone(task.props.response)
        task, seen = self.challenged(server.uri("/file"), ("us\ner", "x"))
        self.assertIsError(task.props.error, Error.USER_AUTHENTICATION_REQUIRED)
        self.assertEqual(server.verbs().count("USER"), 2)

    async def test_nobody_answers(self):
        server = self.serve("no-anonymous")
        error = await self.assertFails(Error.USER_AUTHENTICATION_REQUIRED, self.session.data(server.uri("/file")))
        error = await self.assertFails(Error.USER_AUTHENTICATION_REQUIRED,
                                       self.session.data(server.uri("/file", "user:sesame@")))
        self.assertNotIn("sesame", error.message)

    def test_user_of_the_url(self):
        server = self.serve()
        self.put("file", 10)
        task, seen = self.challenged(server.uri("/file", USER))
        self.assertIsNone(task.props.error)
        self.assertEqual(seen, [])
        self.iterate_until(lambda: "RETR file" in server.commands)
        self.assertEqual([c for c in server.commands if c.startswith("USER")], ["USER user"])
        # Without a password there is somebody to ask, before the server is.
        session, self.session = self.session, URLSession.Session()
        task, seen = self.challenged(server.uri("/file", "user@"), ("user", "pa:ss word"))
        self.assertIsNone(task.props.error)
        self.assertEqual([entry[4] for entry in seen], [0])

    async def test_stored_credential(self):
        server = self.serve("no-anonymous")
        expected = self.put("file", 10)
        configuration = URLSession.SessionConfiguration.new_ephemeral()
        space = URLSession.ProtectionSpace.new("127.0.0.1", server.port, "ftp", None,
                                               URLSession.AuthenticationMethod.DEFAULT)
        storage = URLSession.CredentialStorage()
        configuration.set_credential_storage(storage)
        credential = URLSession.Credential.new("user", "pa:ss word", URLSession.CredentialPersistence.FOR_SESSION)
        storage.set_credential(space, credential)
        session = URLSession.Session(configuration=configuration)
        data, response = await session.data(server.uri("/file"))
        self.assertEqual(data, expected)

    # ---- TLS ----

    def trusting(self, authorities):
        configuration = URLSession.SessionConfiguration.new_ephemeral()
        configuration.set_tls_database(Gio.TlsFileDatabase.new(str(authorities)))
        return URLSession.Session(configuration=configuration)

    async def test_explicit_tls(self):
        certificate = self.certify()
        expected = self.put("file", 1_000_000)
        server = self.serve("tls", f"certificate={certificate}")
        session = self.trusting(certificate)
        data, response = await session.data(server.uri("/file", scheme="ftps"))
        self.assertEqual(data, expected)
        await session.data(self.upload(server.uri("/new", USER, scheme="ftps"), expected))
        self.assertEqual((self.root / "new").read_bytes(), expected)
        server.stop()
        self.assertIn("PROT P", server.commands)

    async def test_implicit_tls(self):
        certificate = self.certify()
        expected = self.put("file", 1_000_000)
        server = self.serve("implicit", f"certificate={certificate}")
        data, response = await self.trusting(certificate).data(server.uri("/file", scheme="ftps"))
        self.assertEqual(data, expected)
        verbs = server.verbs()
        self.assertEqual(verbs.count("CONNECT"), 1)
        self.assertNotIn("AUTH", verbs)

    async def test_unknown_authority(self):
        certificate = self.certify()
        for kind in ("tls", "implicit"):
            server = self.serve(kind, f"certificate={certificate}")
            await self.assertFails(Error.SERVER_CERTIFICATE_HAS_UNKNOWN_ROOT,
                                   self.session.data(server.uri("/file", USER, scheme="ftps")))
            self.assertNotIn("USER", server.verbs())

    async def test_wrong_host(self):
        certificate = self.certify("DNS:other.example")
        server = self.serve("tls", f"certificate={certificate}")
        await self.assertFails(Error.SERVER_CERTIFICATE_UNTRUSTED,
                               self.trusting(certificate).data(server.uri("/file", scheme="ftps")))
        self.assertNotIn("USER", server.verbs())

    async def test_no_tls(self):
        server = self.serve()
        await self.assertFails(Error.SECURE_CONNECTION_FAILED,
                               self.session.data(server.uri("/file", USER, scheme="ftps")))
        self.assertNotIn("USER", server.verbs())

    # ---- The rest ----

    async def test_metrics(self):
        server = self.serve()
        self.put("file", 1000)
        task = self.session.create_data_task(server.uri("/file"))
        measured = []
        task.connect("collected-metrics", lambda task, metrics: measured.append(metrics))
        await task.load()
        transaction = measured[0].transactions[0]
        self.assertEqual(transaction.props.protocol_name, "ftp")
        self.assertEqual(transaction.props.remote_port, server.port)
        self.assertEqual(transaction.props.response_body_bytes_received, 1000)

    async def test_proxy(self):
        """None of the environment, but that of the configuration."""
        server = self.serve()
        expected = self.put("file", 10)
        GLib.setenv("ftp_proxy", "http://127.0.0.1:1", True)
        self.addCleanup(GLib.unsetenv, "ftp_proxy")
        configuration = URLSession.SessionConfiguration.new_ephemeral()
        configuration.set_proxy_resolver(Gio.SimpleProxyResolver.new(None, None))
        data, response = await URLSession.Session(configuration=configuration).data(server.uri("/file"))
        self.assertEqual(data, expected)
        configuration = URLSession.SessionConfiguration.new_ephemeral()
        configuration.set_proxy_resolver(Gio.SimpleProxyResolver.new("socks5://127.0.0.1:1", None))
        await self.assertFails(Error.CANNOT_CONNECT_TO_HOST,
                               URLSession.Session(configuration=configuration).data(server.uri("/file")))

    def test_memory(self):
        """A slow reader: nothing grows."""
        server = self.serve()
        with open(self.root / "large", "wb") as file:
            file.truncate(512 << 20)
        task = self.session.create_data_task(server.uri("/large"))
        sizes, ends = [], []
        task.connect("received-data", lambda task, data: sizes.append(data.get_size()))
        task.connect("completed", lambda task, error: ends.append(error))
        before = support.resident_peak()
        task.resume()
        self.iterate_until(lambda: ends, 120)
        self.assertIsNone(task.props.error)
        self.assertEqual(sum(sizes), 512 << 20)
        self.assertLess(support.resident_peak() - before, 48 << 20)


if __name__ == "__main__":
    tap.main()
