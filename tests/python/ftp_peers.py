# SPDX-License-Identifier: LGPL-2.1-or-later
"""Servers of FTP: pyftpdlib in a process of its own, and one that says what a test wants."""

import contextlib
import socket
import subprocess
import sys
import threading

SCRIPT = """
import logging, ssl, sys
logging.disable(logging.CRITICAL)
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import DTPHandler, FTPHandler, ThrottledDTPHandler
from pyftpdlib.servers import FTPServer

folder, options = sys.argv[1], sys.argv[2:]
authorizer = DummyAuthorizer()
if "no-anonymous" not in options:
    authorizer.add_anonymous(folder)
authorizer.add_user("user", "pa:ss word", folder, perm="elradfmwMT")

base = FTPHandler
if "tls" in options or "implicit" in options:
    from pyftpdlib.handlers import TLS_DTPHandler, TLS_FTPHandler
    base = TLS_FTPHandler
    # That of pyftpdlib 1.5.7 closes a connection on which the handshake begins before the command for it is there.
    class PatientDTPHandler(TLS_DTPHandler):
        def readable(self):
            if self.receive or self._initialized:
                return super().readable()
            return self._ssl_accepting or self._ssl_want_read

class Handler(base):
    def on_connect(self):
        print("connect", flush=True)
    def pre_process_command(self, line, cmd, arg):
        print("PASS" if cmd == "PASS" else line, flush=True)
        if cmd in refused:
            self.respond("502 no")
            return
        super().pre_process_command(line, cmd, arg)

refused = [option.split("=")[1] for option in options if option.startswith("refuse=")]
Handler.authorizer = authorizer
Handler.auth_failed_timeout = 0
if "tls" in options or "implicit" in options:
    Handler.certfile = [option.split("=")[1] for option in options if option.startswith("certificate=")][0]
    Handler.tls_control_required = Handler.tls_data_required = True
    Handler.dtp_handler = PatientDTPHandler
if "implicit" in options:
    Handler.tls_control_required = False
    plain_init, plain_handle = Handler.__init__, Handler.handle
    def handle(self):
        self.secure_connection(self.ssl_context)
    def handle_ssl_established(self):
        plain_handle(self)
    Handler.handle, Handler.handle_ssl_established = handle, handle_ssl_established
for option in options:
    if option.startswith("rate="):
        class Throttled(ThrottledDTPHandler):
            read_limit = write_limit = int(option.split("=")[1])
        Handler.dtp_handler = Throttled
server = FTPServer(("127.0.0.1", 0), Handler)
print(server.address[1], flush=True)
server.serve_forever()
"""


class FtpServer:
    """pyftpdlib over a folder. Options: no-anonymous, tls, implicit, certificate=FILE, refuse=COMMAND, rate=BYTES
    (after twice as many comes a pause of two seconds)."""

    def __init__(self, folder, *options):
        self.process = subprocess.Popen([sys.executable, "-W", "ignore", "-c", SCRIPT, str(folder), *options],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.port = int(self.process.stdout.readline())
        self.commands = []
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        for line in self.process.stdout:
            self.commands.append(line.strip())

    def verbs(self):
        """All that came; the server is over then."""
        self.stop()
        return [command.split(" ")[0].upper() for command in self.commands]

    def uri(self, path, user_info="", scheme="ftp"):
        return f"{scheme}://{user_info}127.0.0.1:{self.port}{path}"

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.thread.join(5)
        self.process.stdout.close()


class ScriptedFtpServer:
    """Speaks FTP well but for what is in `replies`: by command, bytes to send, or a function that returns them; None
    stalls, b"" closes. For PASV and EPSV as it is, data connections send `body`."""

    def __init__(self, replies=None, body=b"hello", greeting=b"220 hello\r\n"):
        self.replies = replies or {}
        self.body = body
        self.greeting = greeting
        self.commands = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.stopping = threading.Event()
        self.connections = []
        threading.Thread(target=self.serve, daemon=True).start()

    def uri(self, path="/dir/file.txt"):
        return f"ftp://127.0.0.1:{self.port}{path}"

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.connections.append(connection)
                threading.Thread(target=self.speak, args=(connection,), daemon=True).start()

    def send(self, connection, reply):
        """Returns whether the connection goes on."""
        if callable(reply):
            reply = reply(connection)
        if reply is None:
            self.stopping.wait()
            return False
        if reply == b"":
            connection.close()
            return False
        connection.sendall(reply)
        return True

    @staticmethod
    def open_data(old):
        if old is not None:
            old.close()
        return socket.create_server(("127.0.0.1", 0))

    def speak(self, connection):
        data = None
        usual = {"USER": b"331 password\r\n", "PASS": b"230 in\r\n", "PWD": b'257 "/" is it\r\n', "CWD": b"250 there\r\n",
                 "TYPE": b"200 ok\r\n", "MDTM": b"213 20240102030405\r\n", "REST": b"350 go on\r\n",
                 "SIZE": b"213 %d\r\n" % len(self.body), "QUIT": b"221 bye\r\n"}
        with contextlib.suppress(OSError, ValueError), connection, connection.makefile("rb") as lines:
            if not self.send(connection, self.greeting):
                return
            for line in lines:
                command = line.decode("latin-1").strip()
                self.commands.append(command)
                verb = command.split(" ")[0].upper()
                if verb in self.replies:
                    if not self.send(connection, self.replies[verb]):
                        return
                elif verb == "EPSV":
                    data = self.open_data(data)
                    connection.sendall(b"229 Extended (|||%d|)\r\n" % data.getsockname()[1])
                elif verb == "PASV":
                    data = self.open_data(data)
                    port = data.getsockname()[1]
                    # Of another host: it must not be gone to.
                    connection.sendall(b"227 Passive (192,0,2,1,%d,%d)\r\n" % (port >> 8, port & 255))
                elif verb in ("RETR", "LIST", "MLSD"):
                    connection.sendall(b"150 here it is\r\n")
                    with data.accept()[0] as peer:
                        peer.sendall(self.body)
                    data.close()
                    if not self.send(connection, self.replies.get("END", b"226 done\r\n")):
                        return
                else:
                    connection.sendall(usual.get(verb, b"502 no\r\n"))

    def stop(self):
        self.stopping.set()
        self.listener.close()
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
