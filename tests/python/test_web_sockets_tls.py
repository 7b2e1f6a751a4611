# SPDX-License-Identifier: LGPL-2.1-or-later
"""WebSockets over TLS, with the package websockets of Debian."""

import subprocess

import support
import tap
import web_sockets

from gi.repository import Gio, URLSession

Error = URLSession.Error


class Secure(web_sockets.Conversations, support.TestCase):
    def setUp(self):
        super().setUp()
        certificate, key = self.folder / "certificate.pem", self.folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                        "-out", certificate, "-keyout", key], check=True, capture_output=True)
        self.peer = web_sockets.debian_peer(certificate, key, scheme="wss")
        self.addCleanup(self.peer.stop)
        configuration = URLSession.SessionConfiguration.new_ephemeral()
        configuration.set_tls_database(Gio.TlsFileDatabase.new(str(certificate)))
        self.session = URLSession.Session(configuration)

    async def test_host_wants_tls(self):
        """What a host has said is remembered, if the connection was one to trust: then ws: becomes wss:."""
        plain = self.peer.base.replace("wss:", "ws:") + "/echo"
        unsure = URLSession.Session(URLSession.SessionConfiguration.new_ephemeral())
        for session, remembers in [(self.session, True), (unsure, False)]:
            task = session.create_web_socket_task(self.peer.base + "/echo")
            task.connect("challenge", lambda task, challenge: challenge.trust_server(True) or True)
            async with task:
                await task.ping()
            task = session.create_web_socket_task(plain)
            task.resume()
            if remembers:
                await task.ping()
                self.assertEqual(task.get_current_request().uri, self.peer.base + "/echo")
                task.cancel()
            else:
                await self.assertFails(Error.BAD_SERVER_RESPONSE, task.ping())

    async def test_untrusted(self):
        session = URLSession.Session()
        task = session.create_web_socket_task(self.peer.base + "/echo")
        asked = []

        def refuse(task, challenge):
            asked.append(challenge.get_protection_space().get_authentication_method())
            challenge.use_default()
            return True

        task.connect("challenge", refuse)
        task.resume()
        await self.assertFails(Error.SERVER_CERTIFICATE_HAS_UNKNOWN_ROOT, task.receive())
        self.assertEqual(asked, [URLSession.AuthenticationMethod.SERVER_TRUST])

        trusted = session.create_web_socket_task(self.peer.base + "/echo")
        trusted.connect("challenge", lambda task, challenge: challenge.trust_server(False) or True)
        async with trusted:
            await trusted.send("trusted")
            self.assertEqual((await trusted.receive()).text, "trusted")


if __name__ == "__main__":
    tap.main()
