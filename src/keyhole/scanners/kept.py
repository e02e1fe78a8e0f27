"""Files that hold what was worked out before, so that it need not be worked out again.

Each is sealed with a key of the installation and belongs to its account alone: one that was changed, damaged, cut
short, renamed or made by somebody else is as good as none. They hold nothing that could not be made anew, so losing
them costs time only, and a failure to write one is no failure of a scan.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import re
import stat
from collections.abc import Iterator

from keyhole.core.secret import Secret

LARGEST = 512 << 20
"""Bytes of one file. What would be larger is not kept."""
TOGETHER = 2 << 30
"""Bytes of all files whose names begin alike."""
_SEAL = 32
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,99}")


class Kept:
    """A folder of such files."""

    def __init__(self, folder: str | os.PathLike[str], key: Secret) -> None:
        """The folder is made when something is first written. The key says who may have written it."""
        self._folder = os.fspath(folder)
        self._key = hashlib.sha256(b"keyhole kept files\0" + key.reveal().encode()).digest()

    def read(self, name: str) -> bytes | None:
        """What was written under this name; None if it is not there, or not exactly as it was written."""
        seal, content = _private(self._path(name))
        return content if hmac.compare_digest(seal, self._seal(name, content)) else None

    def exists(self, name: str) -> bool:
        """Whether there is a file of this name, as it was written or not."""
        return os.path.exists(self._path(name))

    def write(self, name: str, content: bytes) -> bool:
        """Keeps this under the name, whole or not at all. False where nothing can be written."""
        path = self._path(name)
        if len(content) > LARGEST:
            return False
        new = f"{path}.{os.urandom(8).hex()}.new"
        try:
            os.makedirs(self._folder, mode=0o700, exist_ok=True)
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(self._seal(name, content))
                    file.write(content)
                os.replace(new, path)
            finally:
                _removed(new)
        except OSError:
            return False  # a full disk, a read-only home: the next scan takes longer
        return True

    def touch(self, name: str, beginning: bytes) -> bool:
        """Counts as written now what is kept under this name. False where that is nothing, or begins otherwise."""
        path = self._path(name)
        try:
            with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
                if file.read(_SEAL + len(beginning))[_SEAL:] != beginning:
                    return False
                os.utime(file.fileno())
        except OSError:
            return False
        return True

    def newest(self, prefix: str) -> list[str]:
        """The names that begin so, of what was written last first."""
        return [os.path.basename(path) for _, _, path in sorted(self._files(prefix), reverse=True)]

    def remove(self, name: str) -> None:
        """Forgets what was written under this name."""
        with contextlib.suppress(OSError):  # what cannot be removed cannot be trusted less than it is
            _removed(self._path(name))

    def only(self, prefix: str, newest: int, size: int = TOGETHER) -> None:
        """Removes the files whose names begin so, but for the newest ones: so many, and of so many bytes together.

        The newest of all stays, however large it is.
        """
        for number, (_, each, path) in enumerate(sorted(self._files(prefix), reverse=True)):
            size -= each
            if number and (number >= newest or size < 0):
                with contextlib.suppress(OSError):
                    _removed(path)

    def _files(self, prefix: str) -> Iterator[tuple[int, int, str]]:
        """When each was written, its bytes, and where it is."""
        with contextlib.suppress(OSError):
            for name in os.listdir(self._folder):
                if name.startswith(prefix):
                    with contextlib.suppress(FileNotFoundError):  # another scan is at it, too
                        path = os.path.join(self._folder, name)
                        status = os.stat(path)
                        yield status.st_mtime_ns, status.st_size, path

    def _path(self, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise ValueError("not a name for a kept file")
        return os.path.join(self._folder, name)

    def _seal(self, name: str, content: bytes) -> bytes:
        # SHA-256, as processors have instructions for it.
        seal = hmac.new(self._key, name.encode() + b"\0", hashlib.sha256)
        seal.update(content)
        return seal.digest()


def _removed(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def _private(path: str) -> tuple[bytes, bytes]:
    """Seal and content of a file that only this account can have written; empty if there is none."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return b"", b""
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        theirs = status.st_uid != os.geteuid() or status.st_mode & 0o077
        if theirs or not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST + _SEAL:
            return b"", b""
        # Apart, as a copy takes as long as reading. Of a larger number, Python takes the memory first.
        return file.read(_SEAL), file.read(status.st_size)
