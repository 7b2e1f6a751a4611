# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads the Test Anything Protocol as GTest, and the harnesses in this folder, write it."""

import dataclasses
import enum
import re

RESULT = re.compile(r"^(?P<indent> *)(?P<not>not )?ok\b\s*(?P<number>\d+)?\s*(?:- )?(?P<text>.*)$")
PLAN = re.compile(r"^1\.\.(?P<n>\d+)(?:\s*#\s*SKIP\S*\s*(?P<reason>.*))?$", re.IGNORECASE)
DIRECTIVE = re.compile(r"\s*#\s*(?P<kind>SKIP|TODO)\S*\s*(?P<reason>.*)$", re.IGNORECASE)
RULE = re.compile(r"\br(\d{3})\b")
EXIT_SKIPPED = 77


class Status(enum.Enum):
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclasses.dataclass
class Result:
    path: str
    status: Status
    reason: str = ""


def rules_of(path):
    """The numbers of the rules that a test path names."""
    return {int(number) for number in RULE.findall(path)}


def describe_exit(code):
    if code is None:
        return "timed out"
    if code < 0:
        return "killed by signal {}".format(-code)
    return "exit code {}".format(code)


def from_exit_code(name, code):
    """The result of a program that says nothing but its exit code."""
    if code == 0:
        return [Result(name, Status.PASSED)]
    if code == EXIT_SKIPPED:
        return [Result(name, Status.SKIPPED)]
    return [Result(name, Status.FAILED, describe_exit(code))]


def result_from(match):
    text = match["text"]
    directive = DIRECTIVE.search(text)
    path, reason = text.strip(), ""
    if directive:
        path, reason = text[: directive.start()].strip(), directive["reason"].strip()
    elif " - " in path:
        path, reason = path.split(" - ", 1)
    path = path or "test {}".format(match["number"])

    if directive and directive["kind"].upper() == "SKIP" and not match["not"]:
        return Result(path, Status.SKIPPED, reason)
    if directive and directive["kind"].upper() == "TODO":
        return Result(path, Status.SKIPPED, "TODO " + reason)
    return Result(path, Status.FAILED if match["not"] else Status.PASSED, reason)


def unfinished(results, paths, name):
    seen = {result.path for result in results}
    return next((path for path in paths if path not in seen), "{} (at its end)".format(name))


def parse(text, name, code, list_paths, check_plan=True):
    """All results of a program called name that wrote text and ended with code (None: it was stopped).

    GTest does not say in which test it died: list_paths() is asked for all, and the first without a result is it.
    """
    results = []
    planned = None
    last_indent = 0
    bailed = None

    for line in text.splitlines():
        match = RESULT.match(line)
        if match:
            indent = len(match["indent"])
            # Newer GLib closes a group with a result of its own, less indented than the tests in it.
            if indent >= last_indent:
                results.append(result_from(match))
            last_indent = indent
            continue
        plan = PLAN.match(line)
        if plan:
            planned = int(plan["n"])
            if planned == 0 and plan["reason"] is not None:
                return [Result(name, Status.SKIPPED, plan["reason"].strip())]
        elif line.startswith("Bail out!"):
            bailed = line[len("Bail out!"):].strip()

    failed = any(result.status is Status.FAILED for result in results)
    if bailed is not None and not (results and results[-1].status is Status.FAILED):
        results.append(Result(unfinished(results, list_paths(), name), Status.FAILED, bailed))
    elif code != 0 and not failed:
        results.append(Result(unfinished(results, list_paths(), name), Status.FAILED, describe_exit(code)))
    elif planned is None and not results:
        results.append(Result(name, Status.FAILED, "no test results"))
    elif check_plan and planned is not None and planned > len(results) and last_indent == 0 and not failed:
        results.append(Result(name, Status.FAILED, "{} of {} tests have no result".format(
            planned - len(results), planned)))

    return results
