# SPDX-License-Identifier: LGPL-2.1-or-later
"""The benchmarks. Each runs both sides in turn, and none of them fails because of a time."""

import argparse
import contextlib
import os
import platform
import subprocess
import sys

from measure import Table, count_instructions, in_turn, median, ratio, run
from server import GIB, MIB, Server

# Bytes of what small gets get.
SMALL = 1024


class Bench:
    """What all benchmarks use: the programs, the server, the table."""

    def __init__(self, build, server, repeat, quick):
        self.build = build
        self.server = server
        self.repeat = repeat
        self.quick = quick
        self.table = Table()

    def size(self, size):
        return size // 16 if self.quick else size

    def count(self, count):
        return max(count // 10, 1) if self.quick else count

    def program(self, name, *arguments):
        return run([os.path.join(self.build, "tests", "bench", name), *map(str, arguments)],
                   {"BENCH_CA": self.server.authority, "GIO_USE_PROXY_RESOLVER": "dummy"})

    def python(self, *arguments):
        return run(["/usr/bin/python3", "-B", os.path.join(os.path.dirname(__file__), "client.py"),
                    *map(str, arguments)],
                   {"GI_TYPELIB_PATH": os.path.join(self.build, "introspection"),
                    "LD_LIBRARY_PATH": os.path.join(self.build, "urlsession"), "GIO_USE_PROXY_RESOLVER": "dummy"})

    def curl(self, url):
        return run(["curl", "--silent", "--fail", "--cacert", self.server.authority, "-o", self.server.out("file"),
                    url])

    def report_work(self, name, sides, results, what=""):
        """What does not depend so much on what else the machine does: the time of the processors, instructions."""
        counts = {side: count_instructions(sides[side]) for side in sides}
        for other in sides:
            if other == "ours":
                continue
            middle, low, high = ratio(results["ours"], results[other], "cpu")
            self.table.add(name, f"{what}processor time against {other}", middle, spread=(low, high), unit="×")
            if counts["ours"] and counts[other]:
                self.table.add(name, f"{what}instructions against {other}", counts["ours"] / counts[other], unit="×")

    def rate(self, name, results, count):
        for side, runs in results.items():
            print(f"    {side}: {count / median(runs, 'seconds'):.0f} per second", flush=True)


def seconds_of(results):
    for side, runs in results.items():
        print(f"    {side}: {median(runs, 'wall'):.2f} s, processor {median(runs, 'cpu'):.2f} s", flush=True)


def p1(bench):
    """A large download over HTTP/1.1."""
    server = bench.server
    path = server.add_file("large", bench.size(GIB))
    url = server.plain + path
    sides = {
        "ours": lambda: bench.program("bench-session", "download", url, server.out("file")),
        "curl": lambda: bench.curl(url),
        "bare": lambda: bench.program("bench-bare", server.plain_port, path, server.out("file")),
    }
    results = in_turn(sides, bench.repeat)
    splice = in_turn({
        "ours": lambda: bench.program("bench-session", "download", url, server.out("file")),
        "splice": lambda: bench.program("bench-soup", "splice", url, server.out("file")),
    }, min(bench.repeat, 3))
    seconds_of(results)
    seconds_of(splice)
    middle, low, high = ratio(results["curl"], results["ours"], "wall")
    bench.table.at_least("P1", "times faster than curl -o", middle, 1.5, (low, high), "×")
    middle, low, high = ratio(splice["splice"], splice["ours"], "wall")
    bench.table.at_least("P1", "times faster than a splice", middle, 6, (low, high), "×")
    middle, low, high = ratio(results["ours"], results["bare"], "wall")
    bench.table.at_most("P1", "time against recv and write", middle, 1.25, (low, high), "×")
    bench.report_work("P1", sides, results)


def against_curl(bench, name, origin):
    server = bench.server
    url = origin + server.add_file("large", bench.size(GIB))
    sides = {
        "ours": lambda: bench.program("bench-session", "download", url, server.out("file")),
        "curl": lambda: bench.curl(url),
    }
    results = in_turn(sides, bench.repeat)
    seconds_of(results)
    middle, low, high = ratio(results["ours"], results["curl"], "wall")
    protocol = results["ours"][0]["protocol"]
    bench.table.at_most(name, f"time against curl (ours: HTTP/{protocol})", middle, 1, (low, high), "×")
    bench.report_work(name, sides, results)
    return results


def p2(bench):
    """The same over TLS, from a server that speaks HTTP/1.1."""
    against_curl(bench, "P2", bench.server.tls)


def p3(bench):
    """The same from a server that offers HTTP/2."""
    results = against_curl(bench, "P3", bench.server.tls2)
    bench.table.at_most("P3", "peak memory", median(results["ours"], "peak_kib") / 1024, 32, unit=" MiB")


def p4(bench):
    """What a very large download adds to the memory of a session."""
    server = bench.server
    small = server.plain + server.add_file("small", SMALL)
    large = server.plain + server.add_file("huge", bench.size(4 * GIB))
    values = bench.program("bench-session", "memory", small, large, server.out("file"))
    server.out("file")
    bench.table.at_most("P4", "peak memory over an idle session", (values["peak_kib"] - values["idle_kib"]) / 1024, 16,
                        unit=" MiB")


def p5(bench):
    """Small gets from C."""
    url = bench.server.plain + bench.server.add_file("small", SMALL)
    for in_flight, goal in ((1, 0.95), (6, 1.0), (64, 1.3)):
        count = bench.count(20000)
        sides = {
            "ours": lambda: bench.program("bench-session", "get", url, count, in_flight),
            "libsoup": lambda: bench.program("bench-soup", "get", url, count, in_flight, in_flight),
            "libcurl": lambda: bench.program("bench-curl", url, count, in_flight),
        }
        if in_flight > 6:
            sides["libsoup, 6 connections"] = lambda: bench.program("bench-soup", "get", url, count, in_flight, 6)
        results = in_turn(sides, bench.repeat)
        bench.rate("P5", results, count)
        for other in sides:
            if other == "ours":
                continue
            middle, low, high = ratio(results[other], results["ours"], "seconds")
            measure = f"{in_flight} at a time: rate against {other}"
            if other == "libsoup":
                bench.table.at_least("P5", measure, middle, goal, (low, high), "×")
            else:
                bench.table.add("P5", measure, middle, spread=(low, high), unit="×")
        bench.report_work("P5", sides, results, f"{in_flight} at a time: ")


def p6(bench):
    """Many tasks resumed at once."""
    url = bench.server.plain + bench.server.add_file("small", SMALL)
    count = bench.count(10000)
    results = in_turn({
        "ours": lambda: bench.program("bench-session", "get", url, count, count),
        "libsoup": lambda: bench.program("bench-soup", "get", url, count, count, 6),
    }, min(bench.repeat, 3))
    bench.rate("P6", results, count)
    middle, low, high = ratio(results["libsoup"], results["ours"], "seconds")
    bench.table.at_least("P6", f"{count} at once: times faster than libsoup", middle, 10, (low, high), "×")
    growth = in_turn({
        "few": lambda: bench.program("bench-session", "get", url, count, count),
        "many": lambda: bench.program("bench-session", "get", url, 10 * count, 10 * count),
    }, min(bench.repeat, 3))
    middle, low, high = ratio(growth["many"], growth["few"], "seconds")
    bench.table.at_most("P6", f"{10 * count} against {count}: time", middle, 11, (low, high), "×")


def p7(bench):
    """What a task that waits takes."""
    values = bench.program("bench-session", "queue", bench.count(100000))
    bench.table.at_most("P7", "memory of a queued task", values["bytes_per_task"] / 1024, 3, unit=" KiB")


def p8(bench):
    """Small gets from Python."""
    url = bench.server.plain + bench.server.add_file("small", SMALL)
    for in_flight in (1, 6, 64):
        count = bench.count(5000)
        results = in_turn({
            "ours": lambda: bench.python("urlsession", url, count, in_flight),
            "aiohttp": lambda: bench.python("aiohttp", url, count, in_flight),
            "requests": lambda: bench.python("requests", url, count, in_flight),
            "PyGObject and libsoup": lambda: bench.python("soup", url, count, in_flight),
        }, bench.repeat)
        bench.rate("P8", results, count)
        for other, goal in (("aiohttp", 1.5), ("requests", 4), ("PyGObject and libsoup", 1)):
            middle, low, high = ratio(results[other], results["ours"], "seconds")
            bench.table.at_least("P8", f"{in_flight} at a time: rate against {other}", middle, goal, (low, high), "×")


def p9(bench):
    """How late the main loop is during eight downloads."""
    server = bench.server
    url = server.plain + server.add_file("half", bench.size(GIB // 2))
    results = in_turn({
        "idle": lambda: bench.program("bench-session", "ticks", 0, url, os.path.join(server.folder, "out")),
        "downloads": lambda: bench.program("bench-session", "ticks", 8, url, os.path.join(server.folder, "out")),
    }, min(bench.repeat, 3))
    for i in range(8):
        server.out(f"tick-{i}")
    bench.table.add("P9", "tick while nothing runs: 99th percentile", median(results["idle"], "p99_ms"), unit=" ms")
    bench.table.at_most("P9", "tick during eight downloads: 99th percentile", median(results["downloads"], "p99_ms"), 2,
                        unit=" ms")
    bench.table.add("P9", "tick while nothing runs: worst", median(results["idle"], "worst_ms"), unit=" ms")
    bench.table.at_most("P9", "tick during eight downloads: worst", median(results["downloads"], "worst_ms"), 16,
                        unit=" ms")


def p10(bench):
    """A download while a Python callback computes."""
    server = bench.server
    path = server.add_file("large", bench.size(GIB))
    for measure, url in (("at 300 MiB/s", f"{server.plain}/paced{path}"), ("at full speed", server.plain + path)):
        results = in_turn({
            "idle": lambda: bench.python("idle", url, server.out("file")),
            "busy": lambda: bench.python("busy", url, server.out("file")),
        }, bench.repeat)
        middle, low, high = ratio(results["idle"], results["busy"], "seconds")
        bench.table.at_least("P10", f"speed beside a busy callback, {measure}", middle, 0.9, (low, high), "×")


@contextlib.contextmanager
def sink(bench):
    """A server that forgets what it gets, so that what is measured is the one who sends."""
    process = subprocess.Popen([os.path.join(bench.build, "tests", "bench", "bench-sink")], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    try:
        yield "http://127.0.0.1:" + process.stdout.readline().split()[1] + "/put/file"
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()


def put_with_curl(bench, url, path):
    return run(["curl", "--silent", "--fail", "--cacert", bench.server.authority, "-o", bench.server.out("answer"),
                "-T", path, url])


def p11(bench):
    """A large upload from a file."""
    server = bench.server
    server.add_file("large", bench.size(GIB))
    server.add_file("small", SMALL)
    large, small = server.file("large"), server.file("small")
    with sink(bench) as url:
        origins = {"HTTP/1.1": url, "HTTP/1.1 over TLS, to a file": server.tls + "/put/file",
                   "TLS that offers HTTP/2, to a file": server.tls2 + "/put/file"}
        for what, target in origins.items():
            results = in_turn({
                "ours": lambda: bench.program("bench-session", "upload", target, "", large),
                "curl": lambda: put_with_curl(bench, target, large),
            }, bench.repeat)
            seconds_of(results)
            middle, low, high = ratio(results["ours"], results["curl"], "wall")
            protocol = results["ours"][0]["protocol"]
            measure = f"{what}: time against curl -T (ours: HTTP/{protocol})"
            if target is url:
                bench.table.at_most("P11", measure, middle, 1, (low, high), "×")
            else:
                bench.table.add("P11", measure, middle, spread=(low, high), unit="×")
        server.add_file("huge", bench.size(4 * GIB))
        values = bench.program("bench-session", "upload", url, small, server.file("huge"))
        bench.table.at_most("P11", "peak memory over an idle session", (values["peak_kib"] - values["idle_kib"]) / 1024,
                            16, unit=" MiB")


BENCHMARKS = {"P1": p1, "P2": p2, "P3": p3, "P4": p4, "P5": p5, "P6": p6, "P7": p7, "P8": p8, "P9": p9, "P10": p10,
              "P11": p11}


def describe_machine():
    def version(*command):
        try:
            result = subprocess.run(command, capture_output=True, text=True)
        except FileNotFoundError:
            return "none"
        return (result.stdout + result.stderr).splitlines()[0].strip()

    print(f"{os.cpu_count()} processors, {platform.system()} {platform.release()}")
    for module in ("glib-2.0", "libsoup-3.0"):
        print(f"{module} {version('pkg-config', '--modversion', module)}")
    print(version("curl", "--version").split(" (")[0])
    print(version("/usr/sbin/nginx", "-v"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name.upper() not in BENCHMARKS]
    if unknown:
        sys.exit(f"tests/bench/run: there is no benchmark {unknown[0]}, but: {' '.join(BENCHMARKS)}")

    describe_machine()
    with Server(os.environ.get("BENCH_FOLDER")) as server:
        bench = Bench(os.path.abspath(arguments.build), server, 1 if arguments.quick else arguments.repeat,
                      arguments.quick)
        for name in [each.upper() for each in arguments.names] or BENCHMARKS:
            print(f"{name}: {BENCHMARKS[name].__doc__}", flush=True)
            BENCHMARKS[name](bench)
        print()
        bench.table.print()


main()
