"""Workflows of GitHub Actions: the actions that their steps and jobs use.

Format: https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax. Read line by line and not as
YAML: `uses:` stands on a line of its own wherever it is valid, and aliases of YAML cannot hide or multiply it.
"""

from __future__ import annotations

from keyhole.core.library import Relation
from keyhole.scanners.dependencies.package import Package, Packages, text_of
from keyhole.scanners.lazily import pattern

NAMES = (".github/workflows/*.yml", ".github/workflows/*.yaml", "action.yml", "action.yaml")
_USES = pattern(
    r"""\s*(?:-\s+)?uses:\s*["']?([\w.-]+/[\w.-]+)(?:/[^@\s"']*)?@([\w./-]+)["']?\s*(?:\#\s*(\S+))?"""
)
_EXACT = pattern(r"v?[0-9]+\.[0-9]+\.[0-9]+\S*")
_COMMIT = pattern(r"[0-9a-f]{40}")


def read(content: bytes) -> Packages:
    """Actions with their exact versions; a branch, or a tag that moves, is no version.

    For one pinned to a commit the version is the one that the comment behind it names, as it is customary.
    """
    for number, line in enumerate(text_of(content).splitlines(), 1):
        match = _USES.match(line)
        if match:
            named = (match[3] or "") if _COMMIT.fullmatch(match[2]) else match[2]
            exact = named if _EXACT.fullmatch(named) else ""
            yield Package("GitHub Actions", match[1], exact, number, relation=Relation.DIRECT)
