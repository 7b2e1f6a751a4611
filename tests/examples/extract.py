# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the first block in a language from README.md, with a URL from the environment.

    extract.py README LANGUAGE OUT
"""

import re
import sys
from pathlib import Path

URI = {
    "c": 'g_getenv ("URI")',
    "js": "GLib.getenv('URI')",
    "python": '__import__("os").environ["URI"]',
    "vala": 'Environment.get_variable ("URI")',
}

readme, language, output = sys.argv[1:]
block = re.search(r"^```{}\n(.*?)^```$".format(language), Path(readme).read_text(), re.DOTALL | re.MULTILINE)[1]
code, count = re.subn(r"""(["'])https://example\.org/[^"']*\1""", lambda _: URI[language], block)
assert count == 1, "there is a new URL in README.md"
Path(output).write_text(code)
