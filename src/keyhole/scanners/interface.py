"""What a scanner is, and what passes between it and the process that runs it: data, protocol and error in one place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from keyhole.core.errors import KeyholeError
from keyhole.core.finding import Confidence, Severity


class UnknownScanner(KeyholeError):
    """A scan asked for a scanner that does not exist."""

    status = 422
    exit_code = 2


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a scan may take. Whatever is cut off by one of these makes the result incomplete, with the reason."""

    seconds: float = 1800.0
    """Wall time for everything."""
    memory_bytes: int = 1 << 30
    """Private memory of each process of the scan (RLIMIT_DATA)."""
    objects: int = 10_000_000
    """Unique objects listed."""
    object_bytes: int = 256 << 20
    """Largest object that is read."""
    total_bytes: int = 64 << 30
    """Sum of the sizes of all objects read."""
    findings: int = 10_000
    """Different findings kept."""
    sites: int = 500_000
    """Places kept, of all findings together, before they are turned into commits and paths."""
    history_lines: int = 20_000_000
    """Changed paths of history read to find the commits of findings."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a scan is."""

    phase: str
    """`listing`, `reading` or `attributing`, in this order."""
    done: int
    """Objects (or, while attributing, commits) so far."""
    total: int
    """How many there will be; 0 while that is not known."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found in one text, before anybody knows which commit and path it belongs to."""

    rule: str
    """Id of the rule."""
    start: int
    """Offset of its first byte in the text."""
    end: int
    """Offset after its last byte."""
    fingerprint: str
    """See `keyhole.core.finding.Finding.fingerprint`."""
    last4: str
    """See `keyhole.core.finding.Finding.last4`."""


@dataclass(frozen=True, slots=True)
class About:
    """What a rule says about every finding it makes."""

    title: str
    """What was found."""
    severity: Severity
    """How bad, if true."""
    confidence: Confidence
    """How surely true."""
    why: str
    """Why it matters."""
    fix: str
    """What to do."""
    references: tuple[str, ...]
    """Addresses of the provider's own documentation."""


Digest = Callable[[bytes], str]
"""32 hexadecimal digits of a keyed digest of a value: all that is kept of it."""


class Examiner(Protocol):
    """A scanner made ready for one scan."""

    def examine(self, text: bytes) -> list[Hit]:
        """Everything found in a text, each once, in order of offset. Pure; never raises because of the text."""
        ...

    def about(self, rule: str) -> About:
        """What to say about a finding of this rule."""
        ...


class Scanner(Protocol):
    """What a module or package of `scanners/` offers as `SCANNER` to be found by the registry."""

    @property
    def id(self) -> str:
        """Name of the module, with hyphens: also its name in settings, pages and reports."""
        ...

    @property
    def title(self) -> str:
        """What it looks for, in a few words."""
        ...

    def rules_version(self) -> str:
        """Changes whenever the same text could give another result."""
        ...

    def open(self, digest: Digest) -> Examiner:
        """Compiles the rules. Takes up to about a second; called in the child only."""
        ...
