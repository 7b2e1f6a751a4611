# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs programs in turn and compares what they say."""

import os
import shutil
import statistics
import subprocess
import tempfile
import time


class Failed(Exception):
    """A program of a benchmark did not do its work."""


# What stands before the arguments of each program that is run.
prefix = []


def run(arguments, environment=None):
    """Runs a program. What it printed as `name number`, with `wall` and `cpu` seconds of the whole process."""
    arguments = [*prefix, *arguments]
    start = time.monotonic()
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})})
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    if process.returncode != 0:
        raise Failed(f"{' '.join(arguments)}: exit status {process.returncode}")

    values = {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime}
    for line in output.splitlines():
        name, _, value = line.partition(" ")
        try:
            values[name] = float(value)
        except ValueError:
            values[name] = value
    return values


def count_instructions(side):
    """The instructions of one run of `side`, those of the kernel included: the steadiest figure on a machine that does
    other things as well. None where they cannot be counted."""
    global prefix
    perf = shutil.which("perf")
    if perf is None:
        return None
    with tempfile.NamedTemporaryFile("r") as file:
        prefix = [perf, "stat", "-x", ",", "-e", "instructions", "-o", file.name, "--"]
        try:
            side()
        except Failed:
            return None
        finally:
            prefix = []
        counts = [line.split(",")[0] for line in file if ",instructions" in line]
    return int(counts[0]) if counts and counts[0].isdigit() else None


def in_turn(sides, repeat):
    """Runs each of `sides` (a name to a function that returns values) once, `repeat` times over.

    A first round does not count: it finds files and programs that are not in memory. The order is turned round each
    time, so that none always comes after the same other one.
    """
    results = {name: [] for name in sides}
    if repeat > 1:
        for side in sides.values():
            side()
    for i in range(repeat):
        names = list(sides)
        if i % 2 == 1:
            names.reverse()
        for name in names:
            results[name].append(sides[name]())
    return results


def median(runs, key):
    return statistics.median(each[key] for each in runs)


def ratio(first, second, key):
    """The ratios of one round each, as (median, lowest, highest)."""
    values = [a[key] / b[key] for a, b in zip(first, second)]
    return statistics.median(values), min(values), max(values)


class Table:
    """Rows of: which benchmark, what was compared, the figure, the spread, the goal, whether it was reached."""

    HEAD = ("", "measure", "median", "spread", "goal", "")

    def __init__(self):
        self.rows = []

    def add(self, name, measure, value, goal=None, spread=None, unit="", reached=None):
        digits = 2 if abs(value) < 100 else 0
        spread = f"{spread[0]:.2f}–{spread[1]:.2f}" if spread is not None else ""
        verdict = {None: "", True: "reached", False: "short"}[reached]
        row = (name, measure, f"{value:.{digits}f}{unit}", spread, goal or "", verdict)
        self.rows.append(row)
        print("  " + "  ".join(cell for cell in row[1:] if cell), flush=True)

    def at_most(self, name, measure, value, limit, spread=None, unit=""):
        self.add(name, measure, value, f"≤ {limit:g}{unit}", spread, unit, value <= limit)

    def at_least(self, name, measure, value, limit, spread=None, unit=""):
        self.add(name, measure, value, f"≥ {limit:g}{unit}", spread, unit, value >= limit)

    def print(self):
        rows = [self.HEAD, *self.rows]
        widths = [max(len(row[i]) for row in rows) for i in range(len(self.HEAD))]
        for i, row in enumerate(rows):
            print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |")
            if i == 0:
                print("|" + "|".join("-" * (width + 2) for width in widths) + "|")
