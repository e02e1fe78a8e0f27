"""Workflows of GitHub Actions: the actions that their steps and jobs use.

Format: https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax. Read line by line and not as
YAML, so that its aliases cannot multiply anything. What is behind one is not known.
"""

from __future__ import annotations

import re

from keyhole.core.library import Relation
from keyhole.scanners.dependencies.package import Package, Packages, text_of
from keyhole.scanners.lazily import pattern

NAMES = (".github/workflows/*.yml", ".github/workflows/*.yaml", "action.yml", "action.yaml")
_KEY = r"""["']?uses["']?\s*:"""
_WHAT = (
    r"""\s*(?:[&!][^\s,{}]*\s+)?["']?(?:([\w.-]+/[\w.-]+)(?:/[^@\s"',{}]*)?@([\w./-]+)|(\*[\w-]+))["']?"""
    r"""[\s}\]]*(?:\#\s*(\S+))?"""
)
_USES = pattern(rf"\s*(?:-\s+)*(?:[&!]\S*\s+)?{_KEY}{_WHAT}")
_FLOW = pattern(r"\s*(?:-\s+)*(?:[\w-]+:\s*)?(?:[&!]\S*\s+)?[\[{]")
_USES_IN_FLOW = pattern(rf"[{{,]\s*{_KEY}{_WHAT}")
_BELOW = pattern(rf"\s*(?:-\s+)*(?:[&!]\S*\s+)?{_KEY}\s*+(?:[>|][-+0-9]*+)?\s*+(?:\#.*)?")
_EXACT = pattern(r"v?[0-9]+\.[0-9]+\.[0-9]+\S*")
_COMMIT = pattern(r"[0-9a-f]{40}")


def read(content: bytes) -> Packages:
    """Actions with their exact versions; a branch, or a tag that moves, is no version.

    For one pinned to a commit the version is the one that the comment behind it names, as it is customary.
    """
    below = ""
    for number, line in enumerate(text_of(content).splitlines(), 1):
        if not line.strip():
            continue
        for match in _uses(below + line):
            named = (match[4] or "") if _COMMIT.fullmatch(match[2] or "") else match[2] or ""
            exact = named if _EXACT.fullmatch(named) else ""
            yield Package("GitHub Actions", match[1] or match[3], exact, number, relation=Relation.DIRECT)
        below = "uses: " if _BELOW.fullmatch(line) else ""


def _uses(line: str) -> list[re.Match[str]]:
    """What stands behind each `uses` of the line: one, or in braces any number."""
    if _FLOW.match(line):
        return list(_USES_IN_FLOW.finditer(line))
    match = _USES.match(line)
    return [match] if match else []
