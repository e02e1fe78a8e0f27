"""git processes of a scan: hardened, without a standard error of their own, and never left behind."""

from __future__ import annotations

import resource
import subprocess
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, NamedTuple

from keyhole.core.git_safety import git_argv, git_env

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

    objects: Path | None
    """The folder with what is stored; None if git does not take it for a repository."""
    shallow: Path | None
    """The file that is there if history was cut off."""
    commit: str
    """The object id of the head, empty if there is no such commit."""


class Git:
    """Starts git processes for one repository."""

    def __init__(self, git_dir: Path, tips: Iterable[str] = ()) -> None:
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
    def start(
        self, *args: str, stdin: int | IO[bytes] | None = subprocess.DEVNULL
    ) -> Iterator[subprocess.Popen[bytes]]:
        """A running git with its output as a pipe; killed and reaped when the block is left.

        What git writes to its standard error is thrown away: it quotes the repository, and nobody escapes it.
        """
        process = subprocess.Popen(
            git_argv(self._git_dir, *args, config=_CONFIG),
            env=git_env(),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=_BUFFER,
        )
        _limit(process.pid)
        try:
            yield process
        finally:
            process.kill()
            close(process.stdin)
            close(process.stdout)
            process.wait()

    def answer(self, *args: str) -> str:
        """The single line that a short git command prints; empty if it fails."""
        with self.start(*args) as process:
            assert process.stdout is not None  # noqa: S101  # it was asked for; this is for the type checker
            line = process.stdout.readline(_BUFFER)
            return line.decode("ascii", "replace").strip() if process.wait() == 0 else ""

    def unborn(self) -> bool:
        """Whether HEAD names a branch that has no commit yet, as in a new repository."""
        branch = "" if self.tips else self.answer("symbolic-ref", "-q", "HEAD")
        if not branch:
            return False
        file, packed = self.place(branch), self.place("packed-refs")
        # Asked of the files, as git says the same of a branch that is damaged.
        return not file.exists() and not (packed.is_file() and f" {branch}\n".encode() in packed.read_bytes())

    def place(self, name: str) -> Path:
        """Where git keeps this. The whole answer, as names of folders may have line breaks."""
        with self.start("rev-parse", "--git-path", name) as process:
            said = process.stdout.read() if process.stdout is not None else b""
        return Path(_text(said.removesuffix(b"\n")))

    def facts(self) -> Facts:
        """Where things are, asked all at once: starting git takes longer than its answer."""
        # A folder may be called anything, with line breaks and ids in its name. The name of the format, behind it,
        # tells where that ends.
        asked = ("--git-common-dir", "--show-object-format", "--revs-only", f"{self.head}^{{commit}}")
        with self.start("rev-parse", *asked) as process:
            said = process.stdout.read() if process.stdout is not None else b""
        *lines, last = said.removesuffix(b"\n").split(b"\n")
        commit = b"" if last in _FORMATS else last
        folder = _text(b"\n".join(lines[:-1] if commit else lines))
        if not folder:
            return Facts(None, None, "")
        return Facts(Path(folder, "objects"), Path(folder, "shallow"), commit.decode("ascii"))


def _text(said: bytes) -> str:
    return said.decode("utf-8", "surrogateescape")


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
def feeding(process: subprocess.Popen[bytes], lines: Iterable[bytes]) -> Iterator[None]:
    """Writes lines to a process from a thread while the block reads its answers; kills it when the block is left.

    From a thread, because a process that waits for us to read would never get the rest of its input otherwise.
    """
    assert process.stdin is not None  # noqa: S101  # for the type checker
    feeder = threading.Thread(target=_feed, args=(process.stdin, lines), daemon=True)
    feeder.start()
    try:
        yield
    finally:
        process.kill()
        feeder.join()


def _feed(stdin: IO[bytes], lines: Iterable[bytes]) -> None:
    try:
        stdin.writelines(lines)
        stdin.close()
    except (BrokenPipeError, ValueError):
        return  # git ended early, or the scan did; whoever reads its output notices


def close(pipe: IO[bytes] | None) -> None:
    """Closes a pipe whose other end may be gone."""
    try:
        if pipe is not None:
            pipe.close()
    except BrokenPipeError:
        return  # the process is gone, and what was meant for it with it
