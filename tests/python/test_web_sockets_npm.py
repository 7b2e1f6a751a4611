# SPDX-License-Identifier: LGPL-2.1-or-later
"""WebSockets with the package ws of npm, which tests/run installs."""

import os
import shutil
import unittest
from pathlib import Path

import support
import tap
import web_sockets


class Ws(web_sockets.Conversations, support.TestCase):
    def setUp(self):
        super().setUp()
        modules = Path(os.environ.get("NODE_PATH", "/nonexistent"))
        if shutil.which("node") is None or not (modules / "ws").is_dir():
            raise unittest.SkipTest("the package ws of npm is not there")
        script = Path(__file__).parent.parent / "support" / "web-socket-server.js"
        self.peer = web_sockets.Peer("node", str(script))
        self.addCleanup(self.peer.stop)


if __name__ == "__main__":
    tap.main()
