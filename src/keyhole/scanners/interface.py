"""What a scanner is, and what passes between it and the process that runs it: data, protocol and error in one place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from keyhole.core.errors import KeyholeError
from keyhole.core.finding import Confidence, Kind, Severity
from keyhole.core.library import Library, PackageFacts
from keyhole.scanners.kept import Kept


class NotInstalled(KeyholeError):
    """A scan asked for a scanner whose program is not on this machine."""

    status = 422
    exit_code = 2


class UnknownScanner(KeyholeError):
    """A scan asked for a scanner that does not exist."""

    status = 422
    exit_code = 2


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a scan may take. Whatever is cut off by one of these makes the result incomplete, with the reason."""

    seconds: float = 1800.0
    """Wall time for everything."""
    memory_bytes: int = 512 << 20
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
    archive_bytes: int = 128 << 20
    """Unpacked bytes of one archive, all archives inside it included."""
    archive_ratio: int = 250
    """How many times its own size an archive may become, once that is more than 16 MiB."""
    archive_members: int = 20_000
    """Files of one archive, those of all archives inside it included."""
    archive_depth: int = 4
    """Archives and compressed files inside each other."""
    archive_size: int = 64 << 20
    """Largest archive that is opened, as it is stored."""
    history_lines: int = 20_000_000
    """Changed paths of history read to find the commits of findings."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a scan is."""

    phase: str
    """`listing`, `reading`, `attributing` or `assessing`, in this order."""
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
    note: str = ""
    """See `keyhole.core.finding.Location.note`."""


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
    kind: Kind
    """What sort of defect it is."""
    package: tuple[PackageFacts, ...] = ()
    """The package that it is about, if it is about one."""


Digest = Callable[[bytes], str]
"""32 hexadecimal digits of a keyed digest of a value: all that is kept of it."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of one run of a program."""

    code: int
    """Exit code. Means something only if `ended` is empty."""
    ended: str
    """Why it did not come to its own end, as the rest of a sentence about it; empty if it did."""
    output: bytes
    errors: bytes
    """What it wrote to its standard output and its standard error."""
    unwritten: tuple[str, ...] = ()
    """Names of the files that could not be given to it."""


class Programs(Protocol):
    """Runs programs of scanners, each over copies of files in a folder of its own, without network."""

    def run(self, scanner: str, files: Sequence[tuple[str, bytes]]) -> Ran:
        """Runs the program of this scanner over files with these plain relative names, and waits for it."""
        ...


@dataclass(frozen=True, slots=True)
class Tools:
    """What a scanner may use besides the repository."""

    digest: Digest
    advisories: Path | None = None
    """The index of advisories; None where there is none."""
    programs: Programs | None = None
    """There if a scanner that was asked for needs a program."""
    kept: Kept | None = None
    """Where what took long to make may be kept; None where nothing can be."""
    code: str = ""
    """A digest of the code that is running: what another one kept is none of its own. Empty if nothing is kept."""


@runtime_checkable
class Examiner(Protocol):
    """A scanner of history made ready for one scan: it sees every text that ever was, each once."""

    def examine(self, text: bytes) -> list[Hit]:
        """Everything found in a text, each once, in order of offset. Pure; never raises because of the text."""
        ...

    def about(self, rule: str) -> About:
        """What to say about a finding of this rule."""
        ...


@runtime_checkable
class LeavesOut(Protocol):
    """An examiner that does not look at all of every text."""

    def left_out(self) -> Mapping[str, int]:
        """What a limit made it leave out since it was last asked: reasons, for people, each with how often."""
        ...


@runtime_checkable
class Follower(Examiner, Protocol):
    """One that need not look at all of a text that is stored as a difference from another."""

    def follow(self, text: bytes, before: Any, difference: bytes) -> tuple[list[Hit], Any]:
        """What `examine` finds, and what to pass as `before` with a text that differs from this one.

        `before` is that of the text that this one differs from, or None; `difference` is as git stores it.
        """
        ...


@dataclass(frozen=True, slots=True)
class Issue:
    """One defect of the files as they are now."""

    rule: str
    """Id of the rule."""
    identity: bytes
    """What makes it the same issue in every scan."""
    path: bytes
    line: int
    """From 1."""
    about: About
    surroundings: bytes = b""
    """What stands around it, whatever the file is called; empty where the identity has no path in it."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """What came of looking at the files as they are now."""

    issues: tuple[Issue, ...]
    gaps: tuple[str, ...]
    """What could not be assessed, and why; each makes the scan incomplete."""
    notes: tuple[str, ...]
    """What was assessed, and by which measure, for people."""
    libraries: tuple[Library, ...] = ()
    """See `keyhole.core.finding.ScanResult.libraries`."""
    advisories_at: str = ""
    """See `keyhole.core.finding.ScanResult.advisories_at`."""


@runtime_checkable
class TreeExaminer(Protocol):
    """A scanner of the files as they are now, made ready for one scan."""

    def wants(self, path: bytes) -> bool:
        """Whether it looks at the file at this path."""
        ...

    def assess(self, files: Iterable[tuple[bytes, bytes]]) -> Assessment:
        """Looks at the files that it wants, each a path and a content. Never raises because of them."""
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

    def open(self, tools: Tools) -> Examiner | TreeExaminer:
        """Compiles the rules, or takes what was kept of that. In the child only, before it looks at a repository."""
        ...


@runtime_checkable
class NeedsProgram(Protocol):
    """A scanner that starts a program of its own."""

    def missing(self) -> str:
        """How to install the program, as sentences; empty if it is there."""
        ...


@runtime_checkable
class Remembers(Protocol):
    """A scanner whose findings depend on nothing but the history, the rules and the limits."""

    remembers: bool
    """True."""
