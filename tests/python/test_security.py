# SPDX-License-Identifier: LGPL-2.1-or-later
"""Transport security, hosts that want https:, and certificates, as an application meets them."""

import http.server
import ssl
import subprocess
import threading

import support
import tap

from gi.repository import Gio, URLSession, URLSessionTest

Error = URLSession.Error
Method = URLSession.AuthenticationMethod


class SecureServer:
    """One that wants a certificate of the client; both sides have the same."""

    def __init__(self, folder, requirement):
        self.certificate, self.key = folder / "certificate.pem", folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                        "-out", self.certificate, "-keyout", self.key], check=True, capture_output=True)

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                body = b"known" if self.connection.getpeercert() else b"unknown"
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, address):
                """A handshake without a certificate."""

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        context.load_verify_locations(self.certificate)
        context.verify_mode = requirement
        # A session that is resumed shows no certificate.
        context.num_tickets = 0
        context.options |= ssl.OP_NO_TICKET
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.uri = f"https://localhost:{self.server.server_address[1]}/"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Security(support.TestCase):
    def make_session(self, authorities=None):
        configuration = URLSession.SessionConfiguration.new_ephemeral()
        if authorities is not None:
            database = Gio.TlsFileDatabase.new(str(authorities))
            configuration.set_tls_database(database)
        return configuration

    def secure_server(self):
        server = URLSessionTest.Server.new_tls()
        self.assertTrue(server.start())
        self.addCleanup(server.stop)
        return server

    def get(self, session, uri):
        task = session.create_data_task(uri)
        pieces = []
        task.connect("received-data", lambda task, data: pieces.append(data.get_data()))
        task.resume()
        self.iterate_until(lambda: task.props.state == URLSession.TaskState.COMPLETED)
        return task, b"".join(pieces)

    def test_refused(self):
        task, body = self.get(URLSession.Session(), "http://nosuch.invalid/")
        self.assertIsError(task.props.error, Error.TRANSPORT_SECURITY_REQUIRES_SECURE_CONNECTION)
        self.assertIn("allows-insecure-loads", task.props.error.message)

    def test_exception(self):
        for domain, subdomains in (("nosuch.invalid", False), ("invalid", True)):
            configuration = self.make_session()
            configuration.get_transport_security().add_exception(domain, includes_subdomains=subdomains,
                                                                 allows_insecure_loads=True)
            task, body = self.get(URLSession.Session(configuration=configuration), "http://nosuch.invalid/")
            self.assertFalse(task.props.error.matches(URLSession.error_quark(),
                                                      Error.TRANSPORT_SECURITY_REQUIRES_SECURE_CONNECTION))

    def test_r069_redirect_to_insecure(self):
        server = self.secure_server()
        session = URLSession.Session(configuration=self.make_session(server.get_ca_path()))
        task, body = self.get(session, server.get_uri("/redirect-to?url=http%3A%2F%2Fnosuch.invalid%2F"))
        self.assertIsError(task.props.error, Error.TRANSPORT_SECURITY_REQUIRES_SECURE_CONNECTION)
        self.assertEqual(task.props.failing_uri, "http://nosuch.invalid/")
        # To a host that is near it is followed.
        task, body = self.get(session, server.get_uri("/redirect-to?url=" + self.uri("/bytes/5").replace("/", "%2F")))
        self.assertEqual((task.props.error, len(body)), (None, 5))

    def test_hosts_that_want_https(self):
        server = self.secure_server()
        secure = server.get_uri("/bytes/5").replace("127.0.0.1", "localhost")
        policy = secure + "?header=Strict-Transport-Security:max-age=1000"
        session = URLSession.Session(configuration=self.make_session(server.get_ca_path()))
        self.assertIsNone(self.get(session, policy)[0].props.error)
        task, body = self.get(session, secure.replace("https:", "http:"))
        self.assertIsNone(task.props.error)
        self.assertEqual(task.props.response.props.uri, secure)
        self.assertEqual(task.props.current_request.props.uri, secure)
        # Another ephemeral session knows nothing of it: the server does not understand what it gets.
        other = URLSession.Session(configuration=self.make_session(server.get_ca_path()))
        self.assertIsNotNone(self.get(other, secure.replace("https:", "http:"))[0].props.error)

    def test_no_policy_of_the_untrusted(self):
        server = self.secure_server()
        secure = server.get_uri("/bytes/5").replace("127.0.0.1", "localhost")
        session = URLSession.Session(configuration=self.make_session())
        session.connect("challenge", lambda session, task, challenge: challenge.trust_server(True) or True)
        task, body = self.get(session, secure + "?header=Strict-Transport-Security:max-age=1000")
        self.assertIsNone(task.props.error)
        self.assertIsNotNone(self.get(session, secure.replace("https:", "http:"))[0].props.error)

    def test_r107_valid_chain_is_asked_about(self):
        server = self.secure_server()
        session = URLSession.Session(configuration=self.make_session(server.get_ca_path()))
        seen = []

        def challenged(session, task, challenge):
            trust = challenge.get_protection_space().get_server_trust()
            seen.append((server.get_n_requests(), int(trust.get_errors()), trust.dup_fingerprint()))
            challenge.reject_space()
            return True
        session.connect("challenge", challenged)
        task, body = self.get(session, server.get_uri("/bytes/5"))
        self.assertEqual([entry[:2] for entry in seen], [(0, 0)])
        self.assertIsError(task.props.error, Error.SERVER_CERTIFICATE_UNTRUSTED)
        self.assertEqual(server.get_n_requests(), 0)

    def test_r107_trust_of_one_task(self):
        server = self.secure_server()
        session = URLSession.Session(configuration=self.make_session())
        asked = []
        session.connect("challenge", lambda session, task, challenge: (asked.append(task),
                                                                       challenge.trust_server(False)) and True)
        for _ in range(2):
            task, body = self.get(session, server.get_uri("/bytes/5"))
            self.assertEqual((task.props.error, len(body)), (None, 5))
        self.assertEqual(len(asked), 2)

    def test_r091_r108_client_certificate(self):
        for requirement, without in ((ssl.CERT_REQUIRED, None), (ssl.CERT_OPTIONAL, b"unknown")):
            server = SecureServer(self.folder, requirement)
            self.addCleanup(server.stop)
            identity = Gio.TlsCertificate.new_from_files(str(server.certificate), str(server.key))
            session = URLSession.Session(configuration=self.make_session(server.certificate))
            task, body = self.get(session, server.uri)
            if without is None:
                self.assertIsError(task.props.error, Error.CLIENT_CERTIFICATE_REQUIRED)
            else:
                self.assertEqual((task.props.error, body), (None, without))

            session = URLSession.Session(configuration=self.make_session(server.certificate))
            methods = []

            def challenged(session, task, challenge):
                method = challenge.get_protection_space().get_authentication_method()
                methods.append(method)
                if method != Method.CLIENT_CERTIFICATE:
                    return False
                challenge.use_credential(URLSession.Credential.new_for_identity(
                    identity, URLSession.CredentialPersistence.FOR_SESSION))
                return True
            session.connect("challenge", challenged)
            for _ in range(2):
                task, body = self.get(session, server.uri)
                self.assertEqual((task.props.error, body), (None, b"known"))
            self.assertEqual(methods.count(Method.CLIENT_CERTIFICATE), 1)

    def test_one_protocol(self):
        """The switch is there whatever the server speaks; what it does with HTTP/2 is tested with nginx."""
        server = self.secure_server()
        configuration = self.make_session(server.get_ca_path())
        configuration.props.uses_http1_only = True
        session = URLSession.Session(configuration=configuration)
        task, body = self.get(session, server.get_uri("/bytes/5"))
        self.assertEqual(task.props.response.props.http_version, "1.1")


if __name__ == "__main__":
    tap.main()
