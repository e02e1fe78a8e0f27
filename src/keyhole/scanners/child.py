"""Runs a scan in a process of its own that can be killed, and never says more than that process proved.

The child reads hostile input, so the parent treats what it says as hostile, too: lines have a longest length,
everything is decoded strictly, and whatever does not fit makes the scan incomplete.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from keyhole.core.errors import KeyholeError
from keyhole.core.escaping import escape
from keyhole.core.git_safety import GIT_PATH
from keyhole.core.secret import Secret
from keyhole.scanners.code import code
from keyhole.scanners.earlier import Earlier
from keyhole.scanners.early import ended, start_early, started, taken
from keyhole.scanners.interface import NeedsProgram, Remembers
from keyhole.scanners.kept import LARGEST, Kept
from keyhole.scanners.limits import Limits
from keyhole.scanners.programs.configured import configured
from keyhole.scanners.registry import chosen
from keyhole.scanners.rules_version import rules_version
from keyhole.scanners.said import Ended, Said, decoded, understood
from keyhole.scanners.secrets import own

if TYPE_CHECKING:
    from keyhole.core.finding import ScanResult
    from keyhole.scanners.interface import Scanner
    from keyhole.scanners.progress import Progress
    from keyhole.scanners.spawned import Spawned

_GRACE_SECONDS = 15.0
"""What the child may take beyond its own time limit, to say what it found until then."""
_OBJECT_ID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


def run(
    git_dir: Path,
    *,
    hmac_secret: Secret,
    scanners: Iterable[str] = ("secrets",),
    tips: Iterable[str] = (),
    ref: str = "",
    advisories: Path | None = None,
    kept: Path | None = None,
    head: bool = False,
    limits: Limits = Limits(),  # noqa: B008  # frozen
    on_progress: Callable[[Progress], None] | None = None,
    on_result: Callable[[ScanResult], None] | None = None,
    stop: threading.Event | None = None,
) -> ScanResult:
    """Scans the repository with this git dir (see `locate.git_dir_of`) and waits for the result.

    `tips` are full object ids, of commits or tags, whose history is scanned; none means every ref and HEAD.
    `ref` is the full name of the branch or tag that they are of: only with one are they remembered.
    With `head` only the files of HEAD, or of the first tip, are looked at, and not their history.
    `advisories` is the index that packages are compared with, `kept` the folder for what need not be made twice.
    `hmac_secret` keys the fingerprints: the same secret finds the same finding again. `on_progress` is called in
    this thread, and `on_result` once with what will be returned, while what the next scan need not do again is still
    written down. If they raise, the scan is killed and the error passed on. `stop` ends the scan within a second.

    Whatever happens to the child (killed, out of memory, out of time, stopped), the answer is a result that says
    `incomplete` and why; no process and no file is left. Raises UnknownScanner, NotInstalled and WrongRules before
    anything is started.
    """
    selected = chosen(scanners)
    own.own_rules()
    tips = _object_ids(tips)
    start = time.monotonic()
    rules = own.texts()
    measure = (limits, rules)
    told = on_result or _ignore
    earlier = Earlier(git_dir, hmac_secret, selected, tips, measure, kept if not head else None, ref=ref)
    means = _means(hmac_secret, selected, kept, rules)
    order = {
        "git_dir": str(git_dir.resolve()),
        "scanners": [scanner.id for scanner in selected],
        "tips": tips,
        "advisories": str(advisories.resolve()) if advisories is not None else "",
        "memory": earlier.memory,
        "relatives": earlier.relatives(),
        "head": head,
        "limits": limits._asdict(),
    }
    try:
        with _talking(means, order, selected, limits, stop or threading.Event()) as talk:
            # Looked at before the process may look at the repository: what changes meanwhile is found next time.
            if (same := earlier.result(start)) is not None:
                told(same)
                return same
            talk.begin()
            result, line = talk.result(on_progress or _ignore)
            try:
                told(result)
            finally:
                earlier.note(result, line)
            if earlier.memory:
                _keep(earlier, talk.said)
    except Ended as problem:
        if isinstance(problem, _Failed):
            earlier.forget()
        result = _without_result(str(problem), selected, time.monotonic() - start)
        told(result)
    return result


def get_ready(*, hmac_secret: Secret, scanners: Iterable[str], kept: Path | None) -> None:
    """Starts the process of the next scan, which will most likely be one by these scanners (see `run`).

    It opens those of them that look at history alone, compiles what they will need, and waits. A scan with other rules
    or another folder does without it. Where that cannot be done now, it is for the next scan to say why.
    """
    with suppress(KeyholeError, OSError):
        start_early(means=_means(hmac_secret, chosen(scanners), kept, own.texts()))


def _means(hmac_secret: Secret, scanners: Iterable[Scanner], kept: Path | None, rules: own.Texts) -> bytes:
    """What the process is told first: all that is the same from scan to scan, whatever else looks at the files."""
    means = {
        "opened": [scanner.id for scanner in scanners if isinstance(scanner, Remembers)],
        "programs": configured().to_json(),
        "own_rules": rules,
        "kept": str(kept.resolve()) if kept is not None else "",
        "code": code(Kept(kept, hmac_secret)) if kept is not None else "",
        "hmac_secret": hmac_secret.reveal(),
    }
    return _line(means)


def _line(said: object) -> bytes:
    return json.dumps(said).encode() + b"\n"


def _without_result(reason: str, scanners: Iterable[Scanner], seconds: float) -> ScanResult:
    from keyhole.core.finding import ScanResult  # noqa: PLC0415  # see `_Talk.result`
    from keyhole.core.terms import Status  # noqa: PLC0415  # see `_Talk.result`

    return ScanResult(
        status=Status.INCOMPLETE,
        reasons=(reason,),
        commit="",
        objects=0,
        bytes_read=0,
        findings=(),
        notes=(),
        scanners=tuple(scanner.id for scanner in scanners),
        rules_version=rules_version(scanners),
        duration=round(seconds, 3),
        isolation=(),
    )


def _object_ids(tips: Iterable[str]) -> list[str]:
    checked = list(tips)
    if not all(_OBJECT_ID.fullmatch(tip) for tip in checked):
        raise ValueError("tips are full object ids: git would take anything else for a name or an option")
    return checked


def _ignore(_what: object) -> None:
    """Nobody watches."""


@contextmanager
def _talking(
    means: bytes, order: dict[str, Any], scanners: Iterable[Scanner], limits: Limits, stop: threading.Event
) -> Iterator[_Talk]:
    """A child that gets ready for the order. It is gone when the block is left, with all that it started."""
    with ExitStack() as stack:
        folder = _folder(stack) if any(isinstance(each, NeedsProgram) for each in scanners) else "/"
        child, told = _child(means)
        stack.callback(ended, child)
        talk = _Talk(child, Said(child.stdout, limits.seconds + _GRACE_SECONDS, stop))
        talk.tell((b"" if told else means) + _line({**order, "folder": folder}))
        yield talk


def _child(means: bytes) -> tuple[Spawned, bool]:
    """A process for a scan, and whether it knows these means."""
    try:
        return taken(means) or (started(), False)
    except OSError:
        raise Ended("no process could be started for the scan: too many run, or there is no memory") from None


def _folder(stack: ExitStack) -> str:
    """An empty folder for programs to be run in. It is gone when the block is left."""
    import tempfile  # noqa: PLC0415  # most scans run none

    return stack.enter_context(tempfile.TemporaryDirectory(prefix="keyhole-scan-"))


class _Failed(Ended):
    """The child said so itself."""


class _Talk(NamedTuple):
    child: Spawned
    said: Said

    def tell(self, lines: bytes) -> None:
        """Says something to the child. If it has ended, `result` tells why."""
        with suppress(BrokenPipeError):
            self.child.stdin.write(lines)
            self.child.stdin.flush()

    def begin(self) -> None:
        """Says that it may look at the repository, and nothing more."""
        self.said.begin()
        self.tell(b"begin\n")

    def result(self, on_progress: Callable[[Progress], None]) -> tuple[ScanResult, bytes]:
        """The result, and the line that said so."""
        # Imported while the child is at work, and not while it waits for its order.
        from keyhole.core.finding import ScanResult  # noqa: PLC0415
        from keyhole.scanners.progress import Progress  # noqa: PLC0415

        while (line := self.said.line()) is not None:
            kind, data = understood(line)
            if kind == "progress":
                on_progress(decoded(Progress, data))
            elif kind == "result":
                return decoded(ScanResult, data), line
            else:
                raise _Failed(_failure(str(data)))
        raise Ended(_ending(self.child))


def _failure(told: str) -> str:
    """Why it failed, in words where it is something that people can mend."""
    import shutil  # noqa: PLC0415  # nearly all scans end well

    if told.startswith(FileNotFoundError.__name__) and shutil.which("git", path=GIT_PATH) is None:
        return f"git was not found in any of {GIT_PATH.replace(':', ', ')}; install it (`keyhole doctor` checks it)"
    return f"the scanning process failed: {escape(told[:200].encode('utf-8', 'replace'))}"


def _keep(earlier: Earlier, said: Said) -> None:
    """Keeps what comes behind the result for the next scan; nothing of a history that was not seen whole."""
    memory = _bytes(said, "memory")
    ids = _bytes(said, "ids") if memory else None
    if memory and ids is not None:
        earlier.keep(memory, ids)


def _bytes(said: Said, what: str) -> bytes | None:
    """What is said next, if it is that, and the whole of it."""
    try:
        kind, size = understood(said.line() or b"")
        if kind != what or type(size) is not int or not 0 <= size <= LARGEST:
            return None
        content = said.exactly(size)
    except Ended:
        return None  # the result stands, and the next scan reads more
    return content if len(content) == size else None


def _ending(child: Spawned) -> str:
    import signal  # noqa: PLC0415  # nearly all scans end well

    code = child.wait(_GRACE_SECONDS)
    if code is None:
        return "the scanning process fell silent"
    if code >= 0:
        return f"the scanning process ended with exit code {code}"
    if -code == signal.SIGXCPU:
        return "out of processor time"
    if -code == signal.SIGKILL:
        return "the scanning process was killed, perhaps for want of memory"
    return f"the scanning process was ended by signal {-code}"
