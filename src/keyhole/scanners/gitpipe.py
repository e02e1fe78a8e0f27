"""git processes of a scan: hardened, without a standard error of their own, and never left behind."""

from __future__ import annotations

import os
import resource
from _thread import LockType, allocate_lock, start_new_thread
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import NamedTuple

from keyhole.core.git_safety import git_argv, git_env
from keyhole.scanners.spawned import Spawned

_BUFFER = 1 << 20
_SHARE = 0.75
"""Of the memory that a process of the scan may take, what git may."""
# A commit graph that lies could hide commits; big objects are streamed and packs mapped piecewise so that the
# memory of git depends on our limits and not on the repository.
_CONFIG = {
    "core.commitGraph": "false",
    "core.quotePath": "true",
    "core.bigFileThreshold": "32m",
    "core.packedGitWindowSize": "32m",
    "core.packedGitLimit": "1g",
    "core.deltaBaseCacheLimit": "24m",
}
_FORMATS = (b"sha1", b"sha256")


class Facts(NamedTuple):
    """What git knows of a repository without reading much of it."""

    folder: str
    """Where git keeps what all working copies have in common; empty if git does not take it for a repository."""
    commit: str
    """The object id of the head, empty if there is no such commit."""

    def has(self, name: str) -> bool:
        """Whether there is a file of this name in that folder."""
        return os.path.exists(os.path.join(self.folder, name))


class Git:
    """Starts git processes for one repository."""

    def __init__(self, git_dir: str | os.PathLike[str], tips: Iterable[str] = ()) -> None:
        self._git_dir = git_dir
        self.tips = tuple(tips)
        """Object ids that the scan is limited to; none means every ref and HEAD."""
        self.from_ = self.tips or ("--ignore-missing", "--all")
        """Where every walk of history begins, as arguments of `rev-list`: object ids, or every ref and HEAD that leads
        anywhere (see `broken`).
        """
        self.head = self.tips[0] if self.tips else "HEAD"
        """What the result names as the commit that was scanned."""

    @contextmanager
    def start(self, *args: str, fed: bool = False, reads: int | None = None) -> Iterator[Spawned]:
        """A running git; killed and reaped when the block is left. It reads nothing, or what it is `fed` by `feeding`,
        or what another one writes to this descriptor.

        What git writes to its standard error is thrown away: it quotes the repository, and nobody escapes it.
        """
        argv = git_argv(self._git_dir, *args, config=_CONFIG)
        process = Spawned(argv, git_env(), reads=reads, buffer=_BUFFER)
        if not fed:
            process.stdin.close()
        _limit(process.pid)
        try:
            yield process
        finally:
            process.kill()
            process.close()
            process.wait()

    def answer(self, *args: str) -> str:
        """The single line that a short git command prints; empty if it fails."""
        with self.start(*args) as process:
            line = process.stdout.readline(_BUFFER)
            return line.decode("ascii", "replace").strip() if process.wait() == 0 else ""

    def unborn(self) -> bool:
        """Whether HEAD names a branch that has no commit yet, as in a new repository."""
        branch = "" if self.tips else self.answer("symbolic-ref", "-q", "HEAD")
        if not branch:
            return False
        file, packed = self.place(branch), self.place("packed-refs")
        # Asked of the files, as git says the same of a branch that is damaged.
        return not os.path.exists(file) and not _holds(packed, f" {branch}\n".encode())

    def place(self, name: str) -> str:
        """Where git keeps this. The whole answer, as names of folders may have line breaks."""
        with self.start("rev-parse", "--git-path", name) as process:
            said = process.stdout.read()
        return os.fsdecode(said.removesuffix(b"\n"))

    def folder(self) -> str:
        """Where git keeps what all working copies have in common, without asking git.

        Source: gitrepository-layout(5).
        """
        pointer = os.path.join(self._git_dir, "commondir")
        if not os.path.isfile(pointer):
            return os.fspath(self._git_dir)
        with open(pointer, "rb") as opened:
            return os.path.join(self._git_dir, os.fsdecode(opened.read().rstrip(b"\r\n")))

    def newest(self) -> AbstractContextManager[Spawned]:
        """git, telling in one line the id of the head, a comma, and when it was written; nothing if there is none."""
        return self.start("show", "-s", "--format=%H,%at", f"{self.head}^{{commit}}")

    def facts(self) -> Facts:
        """Where things are, asked all at once: starting git takes longer than its answer."""
        # A folder may be called anything, with line breaks and ids in its name. The name of the format, behind it,
        # tells where that ends.
        asked = ("--git-common-dir", "--show-object-format", "--revs-only", f"{self.head}^{{commit}}")
        with self.start("rev-parse", *asked) as process:
            said = process.stdout.read()
        *lines, last = said.removesuffix(b"\n").split(b"\n")
        commit = b"" if last in _FORMATS else last
        folder = os.fsdecode(b"\n".join(lines[:-1] if commit else lines))
        return Facts(folder, commit.decode("ascii") if folder else "")


def _holds(file: str, line: bytes) -> bool:
    if not os.path.isfile(file):
        return False
    with open(file, "rb") as opened:
        return line in opened.read()


def _limit(pid: int) -> None:
    """Leaves git less memory than the scan's processes have: differences in a circle make it take all it may.

    Set from outside, as what runs between fork and exec would keep a large process from being started quickly.
    """
    allowed, _ = resource.getrlimit(resource.RLIMIT_DATA)
    if allowed != resource.RLIM_INFINITY and hasattr(resource, "prlimit"):  # not on macOS
        less = int(allowed * _SHARE)
        with suppress(ProcessLookupError):  # it has ended
            resource.prlimit(pid, resource.RLIMIT_DATA, (less, less))


@contextmanager
def feeding(process: Spawned, lines: Iterable[bytes]) -> Iterator[None]:
    """Writes lines to a process from a thread while the block reads its answers; kills it when the block is left.

    From a thread, because a process that waits for us to read would never get the rest of its input otherwise.
    """
    fed = allocate_lock()
    fed.acquire()
    start_new_thread(_feed, (process, lines, fed))
    try:
        yield
    finally:
        process.kill()
        fed.acquire()


def _feed(process: Spawned, lines: Iterable[bytes], fed: LockType) -> None:
    try:
        process.stdin.writelines(lines)
        process.stdin.close()
    except (BrokenPipeError, ValueError):
        return  # git ended early, or the scan did; whoever reads its output notices
    finally:
        fed.release()
