"""Folders and files that only Keyhole's user may read, made closed and refused when open."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from keyhole.core.errors import Misconfigured
from keyhole.core.secret import Secret


class Unusable(Misconfigured, OSError):
    """The machine does not let Keyhole use the path. An OSError too, for those who do without a data folder then."""


def private_folder(path: Path) -> Path:
    """The folder, with nobody else let in. An empty one is closed, a used one that is open is refused."""
    with _usable(path):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.stat()
    if found.st_uid != os.geteuid():
        raise Misconfigured(f"{path} belongs to another user; Keyhole keeps secrets only in its own folder.")
    if found.st_mode & 0o077 and any(path.iterdir()):
        raise Misconfigured(
            f"{path} is open to other users (mode {stat.S_IMODE(found.st_mode):04o}); run: chmod 700 {path}"
        )
    with _usable(path):
        path.chmod(0o700)
    return path


def private_file(path: Path, first_content: Callable[[], bytes]) -> Path:
    """The file, made with its first content if missing; never written over, refused when others may read it."""
    with _usable(path):
        if not path.exists():
            _make(path, first_content())
        found = path.stat()
    if found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise Misconfigured(
            f"{path} can be read by others (owner {found.st_uid}, mode {stat.S_IMODE(found.st_mode):04o}); "
            f"treat what it holds as known to them, then run: chmod 600 {path}"
        )
    return path


def _make(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)  # unlike a rename, never replaces what another process made meanwhile
    except FileExistsError:
        pass
    finally:
        draft.unlink()


@contextmanager
def _usable(path: Path) -> Iterator[None]:
    """What the machine has against it, such as a read-only or full disk, as a sentence."""
    try:
        yield
    except OSError as problem:
        raise Unusable(
            f"{path} cannot be used: {problem.strerror}. Keyhole writes to its data folder, whatever it does; "
            "KEYHOLE_DATA names another one."
        ) from problem


def secret_in(path: Path) -> Secret:
    """The secret of 64 hexadecimal digits in the file, which is made with a new one if missing."""
    private_file(path, lambda: os.urandom(32).hex().encode())
    text = path.read_text(encoding="ascii", errors="replace").strip()
    if re.fullmatch(r"[0-9a-f]{64}", text) is None:
        raise Misconfigured(
            f"{path} does not hold a secret of 64 hexadecimal digits; restore it from a backup."
        )
    return Secret(text)


def password_in(path: str, name: str) -> Secret | None:
    """The first line of a file that a person made; None when no file is named. `name`: of the variable, for errors."""
    if not path:
        return None
    try:
        found = Path(path).stat()
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise Misconfigured(f"{name}={path} cannot be read.") from problem
    if found.st_mode & 0o077:
        raise Misconfigured(f"{name}={path} can be read by others; run: chmod 600 {path}")
    password = text.partition("\n")[0].rstrip("\r")
    if not password:
        raise Misconfigured(f"{name}={path} is empty.")
    return Secret(password)
