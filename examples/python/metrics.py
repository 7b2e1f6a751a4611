#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Shows where the time of a load goes: metrics.py URL"""

import sys

import gi

gi.require_version("URLSession", "1")
from gi.repository import GLib, URLSession  # noqa: E402

PHASES = ["domain_lookup", "connect", "secure_connection", "request", "response"]


async def main(uri):
    configuration = URLSession.SessionConfiguration(collects_metrics=True)
    session = URLSession.Session(configuration=configuration)
    task = session.create_data_task(uri)
    await task.load()

    for transaction in task.metrics.transactions:
        print(transaction.request.uri, transaction.protocol_name or "")
        for phase in PHASES:
            start = getattr(transaction, phase + "_start_date")
            end = getattr(transaction, phase + "_end_date")
            if start and end:
                print("  {:18} {:8.3f} ms".format(phase, end.difference(start) / 1000))
    print("{:20} {:8.3f} ms".format("in all", task.metrics.duration * 1000))


try:
    URLSession.run(main(sys.argv[1]))
except GLib.Error as error:
    sys.exit(error.message)
