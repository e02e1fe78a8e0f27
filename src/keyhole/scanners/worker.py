"""The child process of a scan: reads its orders from its standard input, writes JSON lines to its standard output.

Nothing that was found leaves it but findings, which hold no values. Errors leave it as the name of their class and
the line of our code, never with their message: a message may quote what was being read.
"""

from __future__ import annotations

import errno
import gc
import json
import os
import sys
import time
from contextlib import ExitStack, suppress
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from keyhole.core.terms import Status
from keyhole.scanners.ahead import Ahead
from keyhole.scanners.collect import worst_first
from keyhole.scanners.early import HEAD
from keyhole.scanners.gitpipe import Facts, Git
from keyhole.scanners.head import Head
from keyhole.scanners.interface import Examiner, NeedsProgram, Remembers, Scanner, Tools, TreeExaminer
from keyhole.scanners.introduction import Introduction, introduced_in
from keyhole.scanners.isolation import isolate
from keyhole.scanners.limits import Limits
from keyhole.scanners.named import Named
from keyhole.scanners.objects import OutOfTime, Trouble
from keyhole.scanners.orders import Orders
from keyhole.scanners.ready import Ready, get_ready
from keyhole.scanners.registry import chosen, named
from keyhole.scanners.remembered import REMEMBERED, ids_of
from keyhole.scanners.reporter import Reporter
from keyhole.scanners.rules_version import rules_version
from keyhole.scanners.shown import Shown
from keyhole.scanners.tree import files

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from keyhole.scanners.kept import Kept
    from keyhole.scanners.memory.memory import Memory
    from keyhole.scanners.past import Past
    from keyhole.scanners.programs.client import Bench

_GRACE_SECONDS = 10.0


class Scan:
    """One scan of one repository by several scanners that share the reading."""

    def __init__(
        self,
        git: Git,
        scanners: list[Scanner],
        tools: Tools,
        limits: Limits,
        report: Reporter,
        *,
        opened: Mapping[str, Examiner | TreeExaminer] = MappingProxyType({}),
        memory: str = "",
        relatives: Sequence[str] = (),
        head: bool = False,
        ahead: Ahead | None = None,
    ) -> None:
        """Opens the scanners but for those that are `opened`. Looks at nothing of the repository yet.

        `memory` is the name under which is kept what is remembered of this repository; empty if nothing is to be.
        `relatives` are such names of other parts of it, to be used where there is none of this.
        With `head` only the files of the newest commit are looked at, which git may have been asked for `ahead`.
        """
        self._git = git
        self._scanners = scanners
        opened = {each.id: opened[each.id] if each.id in opened else each.open(tools) for each in scanners}
        self._examiners = {name: each for name, each in opened.items() if isinstance(each, Examiner)}
        self._assessors = {name: each for name, each in opened.items() if isinstance(each, TreeExaminer)}
        self._shown = Shown(self._examiners.values(), lambda: _secrets(tools))
        self._digest = tools.digest
        self._limits = limits
        self._report = report
        self._trouble = Trouble()
        self._rules_version = rules_version(scanners)
        of_history = rules_version(scanner for scanner in scanners if scanner.id in self._examiners)
        self._identity = f"{of_history}\n{limits}\n{tools.code}"
        self._notes: list[str] = []
        self._keeps = bool(memory)
        self._past = (
            Head(git, self._examiners, limits, self._trouble, report, ahead)
            if head
            else self._whole_past(memory, relatives, tools.kept)
        )
        self._begun = False
        self._unread: dict[bytes, list[bytes]] = {}

    def _whole_past(self, memory: str, relatives: Sequence[str], kept: Kept | None) -> Past:
        # What reads packs takes long to import, and the newest commit does without.
        from keyhole.scanners.past import Past  # noqa: PLC0415

        known = self._remembered(kept, (memory, *relatives)) if memory and kept is not None else None
        kind: type[Past] = Past
        if self._git.tips:
            from keyhole.scanners.branch import Branch  # noqa: PLC0415  # most scans are of all of it

            kind = Branch
        return kind(self._git, self._examiners, self._limits, self._trouble, self._report, known)

    def _remembered(self, kept: Kept, names: Sequence[str]) -> Memory | None:
        """What is kept under the first of these names that holds for these scanners."""
        from keyhole.scanners.memory.written import understood  # noqa: PLC0415  # see `_whole_past`

        damaged = False
        for name in names:
            changing, ids = kept.read(name), kept.read(ids_of(name))
            if changing is None or ids is None:
                damaged |= changing is None and kept.exists(name)
                damaged |= ids is None and kept.exists(ids_of(name))
                continue
            known = understood(changing, ids, self._identity)
            if known is not None:
                return known if name == names[0] else known.elsewhere()
        if damaged:
            said = "what was kept of the last scan is damaged, so everything was read again."
            self._notes.append(f"{REMEMBERED}{said}")
        return None

    def run(self, isolation: tuple[str, ...]) -> dict[str, Any]:
        """Lists, reads, attributes. Running out of time keeps what was found.

        The result is as `ScanResult.from_json` takes it.
        """
        start = time.monotonic()
        facts = self._past.facts() if isinstance(self._past, Head) else self._git.facts()
        try:
            self._read_everything(facts)
        except OutOfTime:
            self._trouble.note(f"time limit of {self._limits.seconds:g} seconds reached")
        introduced = self._introduced()
        assessed = self._assess(facts.commit) if self._assessors else {}
        found = self._past.collector.findings(self._examiners, introduced, self._shown)
        named = Named({**self._unread_places(facts.commit), **introduced}, self._shown)
        reasons = self._trouble.sentences(named)
        return {
            "status": Status.INCOMPLETE if reasons else Status.COMPLETE,
            "reasons": reasons,
            "commit": facts.commit,
            "scanners": [scanner.id for scanner in self._scanners],
            "objects": self._past.objects,
            "bytes_read": self._past.size,
            "rules_version": self._rules_version,
            "duration": round(time.monotonic() - start, 3),
            "isolation": isolation,
            **assessed,
            "findings": worst_first([*found, *assessed.get("findings", ())]),
            "notes": [
                *self._notes,
                *self._past.notes(),
                *(f"Not looked into: {each}." for each in self._past.closed.sentences(named)),
                *assessed.get("notes", ()),
            ],
        }

    def _assess(self, commit: str) -> dict[str, Any]:
        """What the scanners of the files as they are now say, as it stands in the result."""
        # What findings are made of takes long to import, and who looks at history alone makes none.
        from keyhole.scanners.assessed import Assessed  # noqa: PLC0415
        from keyhole.scanners.links import FollowsLinks  # noqa: PLC0415

        together = Assessed(self._shown)
        self._report.phase("assessing")
        for name, assessor in self._assessors.items():
            try:
                seen = files(
                    self._git,
                    assessor.wants,
                    self._limits,
                    self._trouble,
                    self._report.tick,
                    follower=assessor if isinstance(assessor, FollowsLinks) else None,
                    unread=self._unread,
                )
                assessment = assessor.assess(seen)
            except OutOfTime:
                self._trouble.note(f"time limit of {self._limits.seconds:g} seconds reached")
                break
            except MemoryError:  # what others found is no less true
                self._trouble.note(f"there was not enough memory for all files that {name} looks at")
                continue
            for gap in assessment.gaps:
                self._trouble.note(self._shown[gap])
            together.take(name, assessment, commit, self._digest)
        return together.to_json()

    def _unread_places(self, commit: str) -> dict[bytes, list[Introduction]]:
        """Where the files are that are as they are now, and could not be read."""
        return {
            object_id: [introduced_in(commit.encode(), b"", path) for path in paths]
            for object_id, paths in self._unread.items()
        }

    def _introduced(self) -> dict[bytes, list[Introduction]]:
        self._report.phase("attributing")
        self._report.allow(_GRACE_SECONDS)
        return self._past.places() if self._begun else {}

    def _read_everything(self, facts: Facts) -> None:
        self._report.phase("listing")
        self._report.tick(0, 0)
        if not facts.folder:
            self._trouble.note("git does not take this for a repository")
            return
        # A line in this file is all it takes to make git read the objects of somebody else's repository.
        if facts.has("objects/info/alternates"):
            self._trouble.note(
                "objects are borrowed from another repository (alternates), which is not followed"
            )
            return
        if not self._examiners:
            return  # nobody wants to see the history
        if facts.has("shallow") and not isinstance(self._past, Head):
            self._trouble.note("history is cut off (a shallow clone), and what came before was not read")
        self._begun = True
        self._past.read(facts)
        self._report.phase("reading")
        self._report.tick(self._past.objects, self._past.objects)

    def remember(self) -> None:
        """Tells what the next scan need not do again, if that is wanted. After the result: nobody waits for this."""
        if self._keeps:
            # What is remembered has paths as git has them, so it is not kept where there is a secret in one.
            keeps = self._begun and not self._shown.hides
            memory = self._past.to_remember(self._identity) if keeps else None
            self._write(memory)

    def _write(self, memory: Memory | None) -> None:
        if memory is None:
            self._report.write_bytes("memory", b"")
            return
        from keyhole.scanners.memory.written import written  # noqa: PLC0415  # see `_whole_past`

        changing, ids = written(memory)
        self._report.write_bytes("memory", changing)
        self._report.write_bytes("ids", ids)


def main() -> int:
    """Follows its orders: makes its scanners ready, isolates itself, scans."""
    _let_go()
    gc.disable()  # nothing made here refers to itself, and looking for that takes a tenth of the time
    orders = Orders(sys.stdin.fileno())
    whole = HEAD not in sys.argv
    if "early" in sys.argv[1:]:
        get_ready(whole=whole, idle=orders.none)
    try:
        return _obeyed(orders, whole=whole)
    except Exception as error:  # noqa: BLE001  # whatever it is, the parent must learn that the scan did not end
        Reporter(sys.stdout, 0).write("failed", _why(error))
        return 1


def _obeyed(orders: Orders, *, whole: bool) -> int:
    if not (means := orders.line()):
        return 0  # started early, and not needed
    ready = Ready(json.loads(means))
    if whole:
        ready.go_on(orders.none)
    if not (line := orders.line()):
        return 0
    order = json.loads(line)
    scanners = chosen(order["scanners"])
    os.chdir(order["folder"])
    limits = Limits(**order["limits"])
    report = Reporter(sys.stdout, limits.seconds)
    with ExitStack() as stack:
        bench = _bench(scanners, limits, stack)
        tools = ready.tools._replace(advisories=_path(order["advisories"]), programs=bench)
        git = Git(order["git_dir"], order["tips"])
        scan = Scan(
            git,
            scanners,
            tools,
            limits,
            report,
            opened=ready.opened,
            memory=order["memory"],
            relatives=order["relatives"],
            head=order["head"],
            ahead=_ahead(git, scanners, limits, stack) if order["head"] else None,
        )  # may still write what it keeps
        isolation = (*isolate(limits), *(bench.held if bench else ()))
        if not orders.line():
            return 0  # nothing has changed
        report.begin()
        result = scan.run(isolation)
    report.write("result", result)
    scan.remember()
    return 0


def _ahead(git: Git, scanners: list[Scanner], limits: Limits, stack: ExitStack) -> Ahead | None:
    """Where one of them looks at what git will tell; None if there is no process to be had."""
    if not any(isinstance(scanner, Remembers) for scanner in scanners):
        return None
    try:
        return stack.enter_context(Ahead(git, limits))
    except OSError:
        return None  # it is asked later


def _let_go() -> None:
    """Closes what is open by inheritance, and leaves the folder that whoever started this process is in."""
    os.chdir("/")
    for opened in map(int, os.listdir("/dev/fd")):
        if opened > 2:
            with suppress(OSError):  # the listing itself was one of them
                os.close(opened)


def _secrets(tools: Tools) -> Examiner:
    opened = named("secrets").open(tools)
    assert isinstance(opened, Examiner)  # noqa: S101  # for the type checker
    return opened


def _bench(scanners: list[Scanner], limits: Limits, stack: ExitStack) -> Bench | None:
    """The process that starts programs, if one will be needed: later it could not be started any more."""
    names = [scanner.id for scanner in scanners if isinstance(scanner, NeedsProgram)]
    if not names:
        return None
    from pathlib import Path  # noqa: PLC0415  # see `_path`

    from keyhole.scanners.programs.client import Bench  # noqa: PLC0415  # most scans need none

    return stack.enter_context(Bench(names, Path.cwd(), limits))


def _path(text: str) -> Path | None:
    if not text:
        return None
    from pathlib import Path  # noqa: PLC0415  # takes as long to import as git takes to list a small project

    return Path(text)


def _why(error: BaseException) -> str:
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return "out of memory"  # ours, or what the kernel says where it has none for a process or a file
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = (
        ""
        if trace is None
        else f" in {os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}"
    )
    return f"{type(error).__name__}{place}"


if __name__ == "__main__":
    sys.exit(main())
