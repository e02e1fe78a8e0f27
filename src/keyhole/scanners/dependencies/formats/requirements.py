"""Requirements files of pip, with pinned versions.

Format: https://pip.pypa.io/en/stable/reference/requirements-file-format/. Other files that one names (`-r`, `-c`) are
files of the repository, too, and read when their turn comes.
"""

from __future__ import annotations

import re

from keyhole.scanners.dependencies.package import Package, Packages, text_of

NAMES = ("requirements*.txt", "*requirements.txt", "constraints*.txt", "requirements*.lock")
_COMMENT = re.compile(r"(^|\s)#.*$")
_PINNED = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*+(?:\[[^\]]*+\])?\s*+(?:===?\s*+(?P<version>[^\s;,#\\*]+)(?P<rest>[^;]*))?"
)
_DEV = re.compile(r"dev|test|lint|doc")


def read(content: bytes) -> Packages:
    """Every requirement that has a name; those without one exact version come with none."""
    for number, line in enumerate(text_of(content).splitlines(), 1):
        plain = _COMMENT.sub("", line).strip()
        if not plain or plain.startswith("-") or "://" in plain.partition(";")[0].partition("@")[0]:
            continue
        match = _PINNED.match(plain)
        if match is None:
            continue
        exact = match["version"] and "," not in (match["rest"] or "")
        yield Package("PyPI", match["name"], match["version"] if exact else "", number)
