# SPDX-License-Identifier: LGPL-2.1-or-later
"""Progress bars in a terminal; elsewhere a line for each thing that happens."""

import shutil
import sys
from urllib.parse import urlsplit

BAR = "▏▎▍▌▋▊▉█"


def size(count):
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            return "{:.0f} {}".format(count, unit) if unit == "B" else "{:.1f} {}".format(count, unit)
        count /= 1000


def bar(fraction, width):
    eighths = int(fraction * width * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (BAR[rest - 1] if rest else "")).ljust(width)


class Row:
    """What there is to see of one download."""

    def __init__(self, display, name):
        self.display = display
        self.name = name
        self.status = "waiting"
        self.fraction = 0.0
        self.received = 0

    def begin(self, response):
        if response is None:
            return
        self.name = response.suggested_filename
        length = response.expected_content_length
        self.say("{} to come".format(size(length)) if length >= 0 else "begun")

    def resume(self, offset):
        self.say("resumed at {}".format(size(offset)))

    def update(self, task):
        self.fraction = task.fraction_completed
        self.received = task.bytes_received
        self.status = "{:>9}/s".format(size(task.bytes_per_second))
        if task.time_left >= 0:
            self.status += "  {:2.0f} s left".format(task.time_left)
        self.display.draw()

    def send(self, task):
        self.fraction = task.fraction_completed
        self.received = task.bytes_sent
        self.status = "{} of {}".format(size(task.bytes_sent), size(task.bytes_expected_to_send))
        self.display.draw()

    def end(self, name):
        self.fraction = 1.0
        self.say("saved as {}".format(name))

    def fail(self, reason):
        self.say(reason)

    def say(self, status):
        self.status = status
        self.display.draw()
        if not self.display.is_terminal:
            print("{}: {}".format(self.name, status), flush=True)

    def line(self, width):
        drawn = bar(self.fraction, max(10, min(30, width - 70)))
        line = "{:<20.20} {} {:>4.0%} {:>9}  {}".format(
            self.name, drawn, self.fraction, size(self.received), self.status)
        return line[:width]


class Display:
    def __init__(self):
        self.rows = []
        self.is_terminal = sys.stdout.isatty()
        self.drawn = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.draw()

    def add_row(self, uri):
        row = Row(self, urlsplit(uri).path.rstrip("/").rsplit("/", 1)[-1] or uri)
        self.rows.append(row)
        return row

    def draw(self):
        """Draws all rows over what was drawn before."""
        if not self.is_terminal:
            return
        width = shutil.get_terminal_size().columns - 1
        up = "\033[{}A".format(self.drawn) if self.drawn else ""
        sys.stdout.write(up + "".join("\r" + row.line(width) + "\033[K\n" for row in self.rows))
        sys.stdout.flush()
        self.drawn = len(self.rows)
