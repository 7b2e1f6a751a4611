# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lets a unittest module speak the Test Anything Protocol, with the options of GTest: -l lists, -p selects.

A module ends with::

    if __name__ == "__main__":
        tap.main()

The path of a test is /python/<module>/<name of the method, without "test_", underscores as dashes>. Another suite than
that of the Python binding gives its name to main().
"""

import argparse
import sys
import traceback
import unittest

suite_name = "python"


def path_of(test):
    module = sys.modules["__main__"].__spec__
    name = module.name if module else sys.argv[0].rsplit("/", 1)[-1]
    name = name.rsplit(".", 1)[0] if name.endswith(".py") else name
    method = getattr(test, "_testMethodName", str(test))
    return "/{}/{}/{}".format(
        suite_name,
        name.removeprefix("test_").removeprefix("test-").replace("_", "-"),
        method.removeprefix("test_").replace("_", "-"),
    )


def flatten(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from flatten(item)
        else:
            yield item


class Result(unittest.TestResult):
    """Prints one line per test, and what went wrong as comments below."""

    def __init__(self):
        super().__init__()
        self.number = 0
        self.subtest_error = None

    def say(self, line):
        print(line, flush=True)

    def end(self, status, test, suffix=""):
        self.number += 1
        self.say("{} {} {}{}".format(status, self.number, path_of(test), suffix))

    def startTest(self, test):
        super().startTest(test)
        self.subtest_error = None

    def addSuccess(self, test):
        super().addSuccess(test)
        self.end("ok", test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.fail(test, err)

    def addError(self, test, err):
        super().addError(test, err)
        self.fail(test, err)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        # unittest reports success of neither the test nor its other parts then.
        if err is not None and self.subtest_error is None:
            self.subtest_error = err
            self.fail(test, err)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.end("ok", test, " # SKIP {}".format(reason))

    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        self.end("ok", test)

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self.end("not ok", test, " - succeeded unexpectedly")

    def fail(self, test, err):
        reason = str(err[1]).split("\n", 1)[0]
        self.end("not ok", test, " - {}".format(reason or err[0].__name__))
        for line in "".join(traceback.format_exception(*err)).splitlines():
            self.say("# " + line)


def main(suite="python"):
    global suite_name
    suite_name = suite

    parser = argparse.ArgumentParser()
    parser.add_argument("-l", action="store_true", dest="list")
    parser.add_argument("-p", action="append", default=[], dest="paths")
    options = parser.parse_args()

    tests = list(flatten(unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])))
    if options.list:
        for test in tests:
            print(path_of(test))
        return

    if options.paths:
        tests = [test for test in tests if path_of(test) in options.paths]
    print("1..{}".format(len(tests)), flush=True)
    result = Result()
    unittest.TestSuite(tests).run(result)
    sys.exit(0 if result.wasSuccessful() else 1)
