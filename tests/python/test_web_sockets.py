# SPDX-License-Identifier: LGPL-2.1-or-later
"""WebSockets with the package websockets of Debian."""

import support
import tap
import web_sockets


class WebSockets(web_sockets.Conversations, support.TestCase):
    def setUp(self):
        super().setUp()
        self.peer = web_sockets.debian_peer()
        self.addCleanup(self.peer.stop)


if __name__ == "__main__":
    tap.main()
