"""Vulnerable and malicious packages among those that a repository's lock files name.

What: the lock files of the newest commit are read, and each package at its exact version is compared with the
advisories that were synced from OSV. Records about one matter, under whatever ids, are one finding.

Why: whoever knows the advisory knows how to attack what uses the package.

Fix: upgrade to the version that the finding names. A malicious package has to be removed, and what ran it has to be
taken as known to the attacker: rotate what it could reach.
"""

from __future__ import annotations

from keyhole.core.terms import Kind
from keyhole.scanners.interface import Tools, TreeExaminer

ENGINE_VERSION = "8"
"""Raised by hand when the engine itself would give another result for the same files and advisories."""


class Dependencies:
    """The scanner, before it is made ready."""

    id = "dependencies"
    title = "Vulnerable dependencies"
    kinds = frozenset({Kind.VULNERABILITY, Kind.MALICIOUS})
    lists_packages = True

    def rules_version(self) -> str:
        """Version of the engine; which advisories were used is said with each result."""
        return ENGINE_VERSION

    def open(self, tools: Tools) -> TreeExaminer:
        """Opens the advisories."""
        from keyhole.scanners.dependencies.examiner import Packages  # noqa: PLC0415  # 60 ms only the child needs

        return Packages(tools.advisories)


SCANNER = Dependencies()
