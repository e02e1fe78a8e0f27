"""What all scanners have in common that are programs: limits, a run, and the way from its words to issues.

One that is added is a module of `scanners/` with a `ProgramScanner` in it: which files, which arguments, how to read
the answer. What is not proved to have been looked at is a gap, so an incomplete scan; never a clean one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import ClassVar, NamedTuple

from keyhole.core.escaping import escape
from keyhole.core.plural import counted
from keyhole.core.terms import Confidence, Kind, Severity
from keyhole.scanners.assessment import Assessment, Issue
from keyhole.scanners.hits import About
from keyhole.scanners.interface import Programs, Tools, TreeExaminer
from keyhole.scanners.programs.halves import Failed, tried
from keyhole.scanners.programs.located import Program, locate
from keyhole.scanners.programs.ran import Ran
from keyhole.scanners.programs.running import is_plain

MOST_FILES = 20_000
MOST_BYTES = 256 << 20
LARGEST = 4 << 20
"""Files, bytes together and bytes of one that are given to a program."""
MOST_REMARKS = 100_000
_NAMED = 3
_AROUND = 3
"""Lines before and after one by which it is known again in another file, empty ones not counted."""
_NEAR = 20
"""Lines among which those are looked for."""


class File(NamedTuple):
    """One file that a program is given."""

    path: bytes
    """Where it is in the repository."""
    content: bytes


class Malformed(ValueError):
    """A program's answer is not what it documents. The message holds nothing of the answer."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that a program said about one line. Its texts are those of rules, never of the file."""

    name: str
    """The name under which the file was given to it."""
    line: int
    rule: str
    title: str
    severity: Severity
    confidence: Confidence
    why: str
    fix: str
    references: tuple[str, ...] = ()
    detail: str = ""
    """Tells two remarks of one rule on one line apart, where that matters."""
    last: int = 0
    """The last line of what it is about; 0 if it is about one line."""


@dataclass(slots=True)
class Answer:
    """What a program said about all files."""

    remarks: list[Remark] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)
    """Why, by the name of a file that it could not make sense of."""
    gaps: list[str] = field(default_factory=list)
    """What else it did not look at."""


class ProgramScanner:
    """A scanner, before it is made ready. A module of `scanners/` makes one of its own."""

    id: ClassVar[str]
    title: ClassVar[str]
    kind: ClassVar[Kind]
    """What its findings are, all of them."""
    program: ClassVar[Program]
    what: ClassVar[str]
    """One of the files it looks at, in words: `workflow file`."""
    engine: ClassVar[str] = "2"
    """Raised by hand when the adapter itself would give another result for the same files."""
    environment: ClassVar[Mapping[str, str]] = {}
    """What the program's environment has besides the bare minimum."""
    memory_bytes: ClassVar[int] = 512 << 20
    """Private memory of each of its processes."""
    settings: ClassVar[Mapping[str, bytes]] = {}
    """Files of settings of our own that are put beside those of the repository."""
    apart: ClassVar[bool] = True
    """Whether it looks at each file by itself, so that it finds the same in one whatever others there are."""
    overlooks: ClassVar[tuple[bytes, ...]] = ()
    """Words of comments that ask the program to overlook something, in lower case. They are not followed."""
    leaves_out: ClassVar[str] = ""
    """Why it does not care for a file that it wanted, as the rest of a sentence; empty if that goes without saying."""

    @property
    def kinds(self) -> frozenset[Kind]:
        """See `Scanner.kinds`."""
        return frozenset({self.kind})

    def readable(self) -> Iterable[Path]:
        """Files and folders besides its own that the program has to read."""
        return ()

    def wants(self, path: bytes) -> bool:
        """Whether it looks at the file at this path."""
        raise NotImplementedError

    def cares(self, path: bytes, content: bytes) -> bool:
        """Whether it looks at a file with this content, where the path alone does not tell."""
        return True

    def alike(self, path: bytes, other: bytes) -> bool:
        """Whether it looks at what is at `path` in the same way as if it were at `other`. It wants both."""
        return True

    def misses(self, path: bytes) -> bool:
        """Whether something was not looked at if this is a link that leads to no file of the commit."""
        return self.cares(path, b"")

    def name(self, number: int, path: bytes) -> str:
        """The plain name under which a file is given to the program; `number` makes it unlike all others."""
        suffix = PurePosixPath(path.decode("utf-8", "replace")).suffix.lower()
        name = f"{number // 1000}/{number}{suffix}"
        return name if is_plain(name) else f"{number // 1000}/{number}"

    def content(self, raw: bytes) -> bytes:
        """The text of a file as the program can read it, with the same lines."""
        return raw

    def arguments(self, folder: Path) -> list[str]:
        """What is told to the program, which is started in `folder/files`."""
        raise NotImplementedError

    def read(self, ran: Ran, files: Mapping[str, File]) -> Answer:
        """What it said about these files, of a run that came to its own end. Raises Malformed."""
        raise NotImplementedError

    def missing(self) -> str:
        """How to install the program; empty if it is there."""
        return "" if locate(self.program) else self.program.install

    def rules_version(self) -> str:
        """Version of the adapter and of the program, which has the rules."""
        located = locate(self.program)
        return f"{self.engine} {self.program.name} {located.version if located else 'missing'}"

    def open(self, tools: Tools) -> TreeExaminer:
        """Ready to run."""
        return ProgramExaminer(self, tools.programs)


class ProgramExaminer:
    """A scanner made ready for one scan."""

    def __init__(self, scanner: ProgramScanner, programs: Programs | None) -> None:
        self._scanner = scanner
        self._programs = programs
        located = locate(scanner.program)
        self._called = f"{scanner.program.name} {located.version if located else ''}".strip()
        self._astray: dict[str, list[bytes]] = {}

    def wants(self, path: bytes) -> bool:
        """Whether it looks at the file at this path."""
        return self._scanner.wants(path)

    def same(self, path: bytes, files: Sequence[bytes]) -> bool:
        """See `FollowsLinks`."""
        return any(self._scanner.alike(path, each) for each in files)

    def astray(self, path: bytes, where: str) -> None:
        """See `FollowsLinks`."""
        if self._scanner.misses(path):
            self._astray.setdefault(where, []).append(path)

    def assess(self, files: Iterable[tuple[bytes, bytes]]) -> Assessment:
        """Runs the program over all files that are within the limits: once, if none of them ends it."""
        gaps: list[str] = []
        notes: list[str] = []
        given = self._given(files, gaps, notes)
        gaps += [_led_astray(where, paths) for where, paths in self._astray.items()]
        if not given:
            nothing = f"No {self._scanner.what}s to look at with {self._called}."
            return Assessment((), tuple(gaps), (nothing, *notes))
        if self._programs is None:
            what = self._counted(len(given))
            return Assessment((), (*gaps, f"{what} not assessed: {self._called} was not started"), ())
        answer = Answer()
        left = tried(tuple(given), partial(self._attempt, self._programs, given, answer))
        gaps += [
            f"{self._counted(number)} not assessed: {self._called} {why}"
            for why, number in left.others.items()
        ]
        if sum(left.others.values()) == len(given):
            return Assessment((), tuple(gaps), ())
        self._leave_out_strangers(answer, given)
        alone = {name: f"the program {why}" for name, why in left.alone.items()}
        unread = alone | answer.unread
        for name, why in list(unread.items())[:_NAMED]:
            gaps.append(f"{escape(given[name].path)} was not assessed by {self._called}: {why}")
        if len(unread) > _NAMED:
            gaps.append(
                f"{counted(len(unread) - _NAMED, f'more {self._scanner.what}')} not assessed by {self._called}"
            )
        lines = _Lines(given)
        looked_at = len(given) - len(unread) - sum(left.others.values())
        return Assessment(
            tuple(self._issues(answer.remarks, given, lines)),
            (*gaps, *answer.gaps),
            (*self._notes(answer.remarks, lines, looked_at), *notes),
        )

    def _counted(self, number: int) -> str:
        return counted(number, self._scanner.what)

    def _attempt(
        self,
        programs: Programs,
        given: Mapping[str, File],
        answer: Answer,
        names: Sequence[str],
        seconds: float | None,
    ) -> Failed | None:
        """Runs the program over the files with these names, and takes what it says into `answer`."""
        part = {name: given[name] for name in names}
        files = [(name, self._scanner.content(content)) for name, (_, content) in part.items()]
        ran = programs.run(self._scanner.id, files, seconds)
        if ran.ended:
            return Failed(ran.ended, started=ran.code != 0 and self._scanner.apart)
        try:
            said = self._scanner.read(ran, part)
        except Malformed as problem:
            return Failed(f"ended with exit code {ran.code}, {problem}", started=self._scanner.apart)
        except (LookupError, TypeError, AttributeError):  # an answer may be of any shape
            return Failed("gave an answer that is not what it documents", started=self._scanner.apart)
        answer.remarks += said.remarks
        answer.unread |= said.unread | dict.fromkeys(ran.unwritten, "it could not be given to the program")
        answer.gaps += said.gaps
        return None

    def _leave_out_strangers(self, answer: Answer, given: Mapping[str, File]) -> None:
        """What it says about files that it was not given belongs nowhere, and the rest of its answer stands."""
        known = [remark for remark in answer.remarks if remark.name in given]
        strange = len(answer.remarks) - len(known) + len(answer.unread.keys() - given.keys())
        if strange:
            answer.remarks = known
            answer.unread = {name: why for name, why in answer.unread.items() if name in given}
            answer.gaps.append(
                f"{counted(strange, 'answer')} of {self._called} left out: about files that it was not given"
            )

    def _given(
        self, files: Iterable[tuple[bytes, bytes]], gaps: list[str], notes: list[str]
    ) -> dict[str, File]:
        given: dict[str, File] = {}
        left_out, large, beyond, total = 0, 0, 0, 0
        for path, content in files:
            if not self._scanner.cares(path, content):
                left_out += 1
            elif len(content) > LARGEST:
                large += 1
            elif len(given) >= MOST_FILES or total + len(content) > MOST_BYTES:
                beyond += 1
            else:
                total += len(content)
                number = len(given)
                name = self._scanner.name(number, path)
                # Two paths may get one name, and neither may hide the other.
                given[f"_{number}/{name}" if name in given else name] = File(path, content)
        if large:
            gaps.append(
                f"{counted(large, self._scanner.what)} of more than {LARGEST >> 20} MiB not assessed "
                f"by {self._called}"
            )
        if beyond:
            gaps.append(f"{counted(beyond, f'more {self._scanner.what}')} not assessed by {self._called}")
        if left_out and self._scanner.leaves_out:
            notes.append(f"{counted(left_out, 'file')} {self._scanner.leaves_out}.")
        return given

    def _issues(self, remarks: list[Remark], given: Mapping[str, File], lines: _Lines) -> Iterator[Issue]:
        seen: Counter[tuple[str, str, bytes, str]] = Counter()
        for remark in sorted(remarks, key=lambda one: (one.name, one.rule, one.line)):
            path, text = given[remark.name].path, b" ".join(lines.at(remark).split())
            key = (remark.rule, remark.name, text, remark.detail)
            # The line's text and not its number: what stands above it may change. Its turn, where it stands twice.
            identity = b"\0".join((path, text, remark.detail.encode(), b"%d" % seen[key]))
            seen[key] += 1
            around = b"\0".join((lines.around(remark), remark.detail.encode()))
            yield Issue(remark.rule, identity, path, remark.line, _about(remark, self._scanner.kind), around)

    def _notes(self, remarks: list[Remark], lines: _Lines, looked_at: int) -> Iterator[str]:
        yield f"{counted(looked_at, self._scanner.what)} looked at by {self._called}."
        asked = {
            (remark.name, remark.line)
            for remark in remarks
            if any(word in lines.all_of(remark).lower() for word in self._scanner.overlooks)
        }
        if asked:
            yield (
                f"{counted(len(asked), 'line')} with a finding {'has' if len(asked) == 1 else 'have'} a comment that "
                f"asks {self._scanner.program.name} to overlook it; such comments are not followed."
            )


class _Lines:
    """The lines that remarks are about; each file is split once."""

    def __init__(self, given: Mapping[str, File]) -> None:
        self._given = given
        self._split: dict[str, list[bytes]] = {}

    def at(self, remark: Remark) -> bytes:
        """The text of its line; empty if there is no such line."""
        return b"".join(self._rows(remark)[remark.line - 1 : remark.line])

    def around(self, remark: Remark) -> bytes:
        """Its lines and some before and after them, without regard to spaces and empty lines."""
        rows, start, end = self._rows(remark), max(remark.line - 1, 0), max(remark.line, remark.last)
        above = _full(reversed(rows[max(start - _NEAR, 0) : start]))
        below = _full(rows[end : end + _NEAR])
        return b"\n".join((*reversed(above), *_full(rows[start:end], end), *below))

    def all_of(self, remark: Remark) -> bytes:
        """The text of all its lines."""
        return b"\n".join(self._rows(remark)[remark.line - 1 : max(remark.line, remark.last)])

    def _rows(self, remark: Remark) -> list[bytes]:
        if remark.name not in self._split:
            self._split[remark.name] = self._given[remark.name].content.split(b"\n")
        return self._split[remark.name]


def _led_astray(where: str, paths: Sequence[bytes]) -> str:
    shown = sorted(escape(path) for path in paths)
    more = f" and {len(shown) - _NAMED} more" if len(shown) > _NAMED else ""
    return f"{counted(len(shown), 'link')} {where} not assessed: {', '.join(shown[:_NAMED])}{more}"


def _full(rows: Iterable[bytes], most: int = _AROUND) -> list[bytes]:
    return list(islice(filter(None, (b" ".join(row.split()) for row in rows)), most))


def _about(remark: Remark, kind: Kind) -> About:
    return About(
        title=_plain(remark.title),
        severity=remark.severity,
        confidence=remark.confidence,
        why=_plain(remark.why),
        fix=_plain(remark.fix),
        references=tuple(_plain(one) for one in remark.references if one.startswith("https://"))[:10],
        kind=kind,
    )


def _plain(text: str) -> str:
    return escape(" ".join(text.split()).encode("utf-8", "replace"))
