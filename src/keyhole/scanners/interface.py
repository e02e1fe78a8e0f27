"""What a scanner is to the process that runs it. What passes between them is in `hits`, `assessment` and `limits`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

from keyhole.core.errors import InvalidInput

if TYPE_CHECKING:
    from pathlib import Path

    from keyhole.core.terms import Kind
    from keyhole.scanners.assessment import Assessment
    from keyhole.scanners.hits import About, Digest, Hit
    from keyhole.scanners.kept import Kept
    from keyhole.scanners.programs.ran import Ran


class _Scanners(InvalidInput):
    """The choice of scanners is not acceptable."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message, field="scanners", hint=hint)


class NotInstalled(_Scanners):
    """A scan asked for a scanner whose program is not on this machine."""


class UnknownScanner(_Scanners):
    """A scan asked for a scanner that does not exist."""


class Programs(Protocol):
    """Runs programs of scanners, each over copies of files in a folder of its own, without network."""

    def run(self, scanner: str, files: Sequence[tuple[str, bytes]], seconds: float | None = None) -> Ran:
        """Runs the program of this scanner over files with these plain relative names, and waits for it, at most so
        long; None is as long as any may take.
        """
        ...


class Tools(NamedTuple):
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
class GetsReady(Protocol):
    """An examiner that can do before its first text what it would else do when it is first needed."""

    def get_ready(self, idle: Callable[[], bool]) -> None:
        """Does some of that for as long as there is nothing else to do."""
        ...


@runtime_checkable
class Follower(Examiner, Protocol):
    """One that need not look at all of a text that is stored as a difference from another."""

    def follow(self, text: bytes, before: Any, difference: bytes) -> tuple[list[Hit], Any]:
        """What `examine` finds, and what to pass as `before` with a text that differs from this one.

        `before` is that of the text that this one differs from, or None; `difference` is as git stores it.
        """
        ...


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

    @property
    def kinds(self) -> frozenset[Kind]:
        """Every kind of finding that it can report: that it found none of another kind says nothing."""
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


@runtime_checkable
class ListsPackages(Protocol):
    """A scanner that lists the packages that files name, with their licences."""

    lists_packages: bool
    """True."""
