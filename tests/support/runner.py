# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the tests that Meson knows and reads what they say, as tests/run asks it to.

Meson's own runner counts programs; this one counts the tests in them, demands a reason for every skip, gives each
program a home of its own, and tells which rules are covered.
"""

import argparse
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import tap_parser

TESTS = pathlib.Path(__file__).resolve().parent.parent
ASAN_SUITES = {"unit", "functional", "api"}
LIST_TIMEOUT = 30
OUTPUT_LINES = 120


@dataclasses.dataclass
class Program:
    """A test as Meson describes it, with what to select in it."""

    name: str
    command: list
    env: dict
    timeout: float
    suites: set
    is_tap: bool
    is_parallel: bool
    workdir: str
    paths: list = dataclasses.field(default_factory=list)

    @classmethod
    def from_meson(cls, item):
        return cls(
            name=item["name"],
            command=item["cmd"],
            env=item["env"],
            timeout=item["timeout"],
            suites={suite.split(":")[-1] for suite in item["suite"]},
            is_tap=item["protocol"] == "tap",
            is_parallel=item["is_parallel"],
            workdir=item["workdir"],
        )

    @property
    def title(self):
        return "{}/{}".format("+".join(sorted(self.suites)) or "test", self.name)


@dataclasses.dataclass
class Outcome:
    """What one run of a program came to."""

    program: Program
    results: list
    output: str
    seconds: float


class Home:
    """A temporary folder that is all a test sees of the user's; removed at the end."""

    FOLDERS = {
        "HOME": "home",
        "TMPDIR": "tmp",
        "XDG_CACHE_HOME": "cache",
        "XDG_CONFIG_HOME": "config",
        "XDG_DATA_HOME": "data",
        "XDG_STATE_HOME": "state",
        "XDG_RUNTIME_DIR": "run",
    }

    def __enter__(self):
        # Short: the path of a socket in it must stay below 108 bytes.
        self.path = tempfile.mkdtemp(prefix="ut-")
        env = {}
        for variable, folder in self.FOLDERS.items():
            env[variable] = os.path.join(self.path, folder)
            os.mkdir(env[variable], 0o700)
        # Servers that tests start change their user: they have to come as far as their own files, and to have a folder
        # for temporary ones as everybody has.
        os.chmod(self.path, 0o711)
        os.chmod(env["TMPDIR"], 0o1777)
        return env

    def __exit__(self, *_):
        for folder, _, _ in os.walk(self.path):
            os.chmod(folder, 0o700)
        shutil.rmtree(self.path)


def sanitizer_env(full_stacks):
    return {
        # The leak checker of gcc 12 takes what it intercepts of the thread-local storage of modules for addresses.
        "ASAN_OPTIONS": "detect_leaks=1:intercept_tls_get_addr=0:fast_unwind_on_malloc={}".format(int(not full_stacks)),
        "LSAN_OPTIONS": "suppressions={}".format(TESTS / "support" / "lsan.supp"),
        "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
        # The slice allocator would hide what leaks, and what is used too late.
        "G_SLICE": "always-malloc",
    }


class Runner:
    def __init__(self, options):
        self.options = options
        self.slowness = (4 if options.asan else 1) * (4 if options.load else 1)

    def environment(self, program, home, full_stacks):
        env = dict(os.environ)
        env.pop("DISPLAY", None)
        env.pop("WAYLAND_DISPLAY", None)
        env.pop("DBUS_SESSION_BUS_ADDRESS", None)
        for variable in list(env):
            if variable.lower().endswith("_proxy"):
                del env[variable]
        env["PYTHONDONTWRITEBYTECODE"] = "1"
        if self.options.asan:
            env.update(sanitizer_env(full_stacks))
        else:
            # What is read after it was freed is not what it was.
            env.setdefault("MALLOC_PERTURB_", "165")
        env.update(program.env)
        env.update(home)
        return env

    def execute(self, program, args, timeout, full_stacks=False):
        """Returns the exit code (None: timed out), standard output, standard error and the seconds it took."""
        begun = time.monotonic()
        with Home() as home, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            process = subprocess.Popen(
                program.command + args,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=self.environment(program, home, full_stacks),
                cwd=program.workdir or home["HOME"],
                start_new_session=True,
            )
            try:
                code = process.wait(timeout)
            except subprocess.TimeoutExpired:
                code = None
            finally:
                # Also what the test started and left behind: it is in the session made for it.
                try:
                    os.killpg(process.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
                process.wait()
            texts = []
            for stream in (out, err):
                stream.seek(0)
                texts.append(stream.read().decode("utf-8", "replace"))
        return code, texts[0], texts[1], time.monotonic() - begun

    def list_paths(self, program):
        if not program.is_tap:
            return []
        code, out, _, _ = self.execute(program, ["-l"], LIST_TIMEOUT * self.slowness)
        return [line for line in out.splitlines() if line.startswith("/")] if code == 0 else []

    def run(self, program):
        args = []
        for path in program.paths:
            args += ["-p", path]
        timeout = program.timeout * self.slowness if program.timeout > 0 else None
        code, out, err, seconds = self.execute(program, args, timeout)
        # Also of a process that the test has started, and tells of.
        if "LeakSanitizer: detected memory leaks" in err + out:
            # Debian's libraries have no frame pointers, and to unwind without takes ten times as long: only for a
            # leak, whose stack is then worth reading, and matches the suppressions if it is one of those.
            again = self.execute(program, args, timeout, full_stacks=True)
            if again[0] != 0 or "Suppressions used:" in again[2] or "LeakSanitizer" not in err:
                code, out, err, seconds = again
        if program.is_tap:
            results = tap_parser.parse(
                out,
                program.name,
                code,
                lambda: program.paths or self.list_paths(program),
                check_plan=not program.paths,
            )
        else:
            results = tap_parser.from_exit_code(program.name, code)
        return Outcome(program, results, self.excerpt(out, err), seconds)

    @staticmethod
    def excerpt(out, err):
        parts = []
        for text in (out, err):
            lines = text.splitlines()
            if len(lines) > OUTPUT_LINES:
                lines = ["[{} lines left out]".format(len(lines) - OUTPUT_LINES)] + lines[-OUTPUT_LINES:]
            parts += lines
        return "\n".join("    " + line for line in parts)


def select(runner, programs, names):
    """Those programs whose name has one of the names in it, and tests whose path has."""
    if not names:
        return programs

    selected = []
    for program in programs:
        if any(name in program.title for name in names):
            selected.append(program)
            continue
        program.paths = [path for path in runner.list_paths(program) if any(name in path for name in names)]
        if program.paths:
            selected.append(program)
    return selected


def run_all(runner, programs, repeat):
    """Yields outcomes as they come; what must not run beside others comes last."""
    together = [program for program in programs if program.is_parallel] * repeat
    alone = [program for program in programs if not program.is_parallel] * repeat
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for future in concurrent.futures.as_completed([pool.submit(runner.run, program) for program in together]):
            yield future.result()
    for program in alone:
        yield runner.run(program)


class Burners:
    """One process per core that does nothing, as fast as it can."""

    def __init__(self, wanted):
        self.n = os.cpu_count() or 1 if wanted else 0

    def __enter__(self):
        self.processes = [
            subprocess.Popen([sys.executable, "-c", "while True: pass"], stdin=subprocess.DEVNULL)
            for _ in range(self.n)
        ]

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
            process.wait()


def read_lines(name):
    for line in (TESTS / name).read_text(encoding="utf-8").splitlines():
        line = line.strip()
        if line and not line.startswith("#"):
            yield line


def read_rules():
    rules = set()
    for line in read_lines("rules"):
        for word in line.split():
            first, _, last = word.partition("-")
            rules.update(range(int(first), int(last or first) + 1))
    return rules


def as_ranges(numbers):
    ranges = []
    for number in sorted(numbers):
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return " ".join("{}".format(a) if a == b else "{}-{}".format(a, b) for a, b in ranges) or "none"


def print_coverage(results):
    wanted = read_rules()
    rules = {status: set() for status in tap_parser.Status}
    for result in results:
        rules[result.status].update(tap_parser.rules_of(result.path))
    failed = rules[tap_parser.Status.FAILED]
    covered = (rules[tap_parser.Status.PASSED] - failed) & wanted
    seen = set().union(*rules.values())
    print("\nRules: {} of {} covered by tests that pass: {}".format(len(covered), len(wanted), as_ranges(covered)))
    if (seen & wanted) - covered:
        print("  with a test that failed or was skipped: {}".format(as_ranges((seen & wanted) - covered)))
    print("  without a test: {}".format(as_ranges(wanted - seen)))
    if seen - wanted:
        print("  covered beyond the list: {}".format(as_ranges(seen - wanted)))


def report(outcomes, accepted, with_coverage):
    """Prints the summary. Returns the exit code."""
    results = [result for outcome in outcomes for result in outcome.results]
    by_status = {status: [r for r in results if r.status is status] for status in tap_parser.Status}
    passed = by_status[tap_parser.Status.PASSED]
    failed = by_status[tap_parser.Status.FAILED]
    skipped = by_status[tap_parser.Status.SKIPPED]

    for outcome in outcomes:
        bad = [result for result in outcome.results if result.status is tap_parser.Status.FAILED]
        if bad:
            print("\nFAILED {}".format(outcome.program.title))
            for result in bad:
                print("  {}{}".format(result.path, ": " + result.reason if result.reason else ""))
            print(outcome.output)

    refused = 0
    if skipped:
        print("\nSkipped:")
    for result in skipped:
        good = result.reason in accepted
        refused += not good
        print("  {}: {}{}".format(result.path, result.reason or "no reason",
                                  "" if good else "  [not in tests/accepted-skips]"))

    if with_coverage:
        print_coverage(results)

    if not passed and not failed:
        print("\nNo test ran.")
    if refused:
        print("\n{} skipped for a reason that is not accepted.".format(refused))
    print("\n{} passed, {} failed, {} skipped".format(len(passed), len(failed), len(skipped)))
    return 1 if failed or refused or not passed else 0


def main():
    parser = argparse.ArgumentParser(prog="tests/run")
    parser.add_argument("--build", required=True)
    parser.add_argument("--asan", action="store_true")
    parser.add_argument("--load", action="store_true")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()

    described = subprocess.run(
        ["meson", "introspect", "--tests", options.build], check=True, stdout=subprocess.PIPE
    ).stdout
    programs = [Program.from_meson(item) for item in json.loads(described)]
    if options.asan:
        programs = [program for program in programs if program.suites & ASAN_SUITES]

    runner = Runner(options)
    programs = select(runner, programs, options.names)
    outcomes = []
    with Burners(options.load):
        for outcome in run_all(runner, programs, options.repeat):
            bad = sum(result.status is tap_parser.Status.FAILED for result in outcome.results)
            print("{} {} ({} tests, {:.1f} s)".format("FAIL" if bad else "ok  ", outcome.program.title,
                                                      len(outcome.results), outcome.seconds), flush=True)
            outcomes.append(outcome)

    return report(outcomes, set(read_lines("accepted-skips")), not options.names and not options.asan)


if __name__ == "__main__":
    sys.exit(main())
