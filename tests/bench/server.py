# SPDX-License-Identifier: LGPL-2.1-or-later
"""A real nginx on loopback with files of any size, and a certificate of an authority made for the occasion."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time

GIB = 1024 ** 3
MIB = 1024 ** 2

CERTIFICATES = """
set -e
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -x509 -days 3 \
  -keyout ca.key -out ca.pem -subj '/CN=Benchmark authority'
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
  -keyout server.key -out server.csr -subj '/CN=Benchmark server'
printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\\n' > server.ext
openssl x509 -req -CA ca.pem -CAkey ca.key -CAcreateserial -in server.csr -days 3 -extfile server.ext -out server.pem
"""

CONFIGURATION = """
daemon off; master_process off; pid nginx.pid; error_log error.log; {user}
events {{ worker_connections 4096; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; keepalive_timeout 300s;
  http2_max_concurrent_streams 256; default_type application/octet-stream;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  ssl_certificate server.pem; ssl_certificate_key server.key;
  server {{ listen 127.0.0.1:{plain} backlog=4096; location / {{ root www; }}
           location /paced/ {{ alias www/; limit_rate 300m; }} }}
  server {{ listen 127.0.0.1:{tls} ssl; location / {{ root www; }}
           location /put/ {{ root www; dav_methods PUT; client_max_body_size 0; }} }}
  server {{ listen 127.0.0.1:{tls2} ssl http2; location / {{ root www; }}
           location /put/ {{ root www; dav_methods PUT; client_max_body_size 0; }} }}
}}
"""


def find_ports(count):
    """Ports that are free now: all held until all are known."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


class Server:
    """Serves `folder`/www; `plain`, `tls` (HTTP/1.1) and `tls2` (offers HTTP/2) are the origins."""

    def __init__(self, parent=None):
        self.folder = tempfile.mkdtemp(prefix="urlsession-bench-", dir=parent)
        self.process = None

    def __enter__(self):
        os.makedirs(os.path.join(self.folder, "www", "put"))
        os.mkdir(os.path.join(self.folder, "out"))
        subprocess.run(["/bin/sh", "-c", CERTIFICATES], cwd=self.folder, check=True, capture_output=True)
        ports = find_ports(3)
        self.plain_port = ports[0]
        self.plain, self.tls, self.tls2 = (f"{scheme}://127.0.0.1:{port}" for scheme, port
                                           in zip(("http", "https", "https"), ports))
        user = "user root;" if os.geteuid() == 0 else ""
        with open(os.path.join(self.folder, "nginx.conf"), "w") as file:
            file.write(CONFIGURATION.format(user=user, plain=ports[0], tls=ports[1], tls2=ports[2]))
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        self.process = subprocess.Popen([program, "-p", self.folder, "-c", "nginx.conf"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(500):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", ports[0])):
                return self
            time.sleep(0.01)
        raise RuntimeError("nginx does not start")

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def authority(self):
        return os.path.join(self.folder, "ca.pem")

    def add_file(self, name, size):
        """A file of `size` bytes, which takes no place on the disk when it is large."""
        path = os.path.join(self.folder, "www", name)
        if not os.path.exists(path):
            with open(path, "wb") as file:
                if size <= MIB:
                    file.write(os.urandom(size))
                else:
                    file.truncate(size)
        return "/" + name

    def file(self, name):
        """Where a file of add_file() is."""
        return os.path.join(self.folder, "www", name)

    def out(self, name):
        """Where a download goes: a fresh name."""
        path = os.path.join(self.folder, "out", name)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        return path
