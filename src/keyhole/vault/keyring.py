"""The keys that everything sealed depends on: DATA/vault.keys, or the variable KEYHOLE_VAULT_KEYS.

A key is 64 hexadecimal digits. There may be several, one a line or separated by commas; the first is the active one,
which new secrets are sealed with. A key's id is computed from the key, so that a wrong key cannot pass for the right
one. The ring is read anew for every use: it is small, and a rotation beside a running server holds at once.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import re
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from keyhole.core.errors import Unavailable
from keyhole.core.secret import Secret
from keyhole.vault.problems import Sealed

NAME = "vault.keys"
_KEY = re.compile(r"[0-9a-f]{64}")
_LARGEST = 65_536


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the ring."""

    id: str
    """16 hexadecimal digits that stand for the key and tell nothing of it."""
    text: Secret

    def material(self) -> bytes:
        """The 32 bytes."""
        return bytes.fromhex(self.text.reveal())


@dataclass(frozen=True, slots=True)
class Ring:
    """All keys, the active one first. Never empty."""

    keys: tuple[Key, ...]

    @property
    def active(self) -> Key:
        """The key that seals."""
        return self.keys[0]

    @property
    def ids(self) -> frozenset[str]:
        """The ids of all keys."""
        return frozenset(key.id for key in self.keys)

    def get(self, key_id: str) -> Key | None:
        """The key with this id, if it is on the ring."""
        return next((key for key in self.keys if key.id == key_id), None)


def new_key() -> Key:
    """A key that nobody has."""
    return _key(secrets.token_hex(32))


def _key(text: str) -> Key:
    # Not a plain hash: the id is stored beside what the key protects, and must be of no use in finding it.
    id_ = hmac.digest(bytes.fromhex(text), b"keyhole vault key id", hashlib.sha256)[:8].hex()
    return Key(id_, Secret(text))


def parse(text: Secret, source: str) -> Ring:
    """The ring in a file or variable. Sealed, saying which entry is wrong but not what it is."""
    entries = [entry for entry in re.split(r"[\s,]+", text.reveal()) if entry]
    if not entries:
        raise Sealed(f"{source} holds no key.", hint=_HINT)
    for number, entry in enumerate(entries, 1):
        if not _KEY.fullmatch(entry):
            raise Sealed(
                f"Key {number} of {source} has {len(entry)} characters and is not 64 hexadecimal digits.",
                hint=_HINT,
            )
    return Ring(tuple(_key(entry) for entry in dict.fromkeys(entries)))


_HINT = "Put back the keys that were there, from a backup. Keyhole changes nothing until then."


def from_environment() -> bool:
    """Whether the keys are those of KEYHOLE_VAULT_KEYS, which Keyhole cannot change."""
    return bool(settings.KEYHOLE_VAULT_KEYS.reveal().strip())


def source() -> str:
    """Where the keys are, for people."""
    return "KEYHOLE_VAULT_KEYS" if from_environment() else NAME


def path() -> Path:
    """The file."""
    return Path(settings.KEYHOLE_DATA) / NAME


def load() -> Ring | None:
    """The ring as it is now; None when there is no file yet. Sealed when it cannot be read or understood."""
    if from_environment():
        return parse(settings.KEYHOLE_VAULT_KEYS, source())
    try:
        found = path().stat()
        if found.st_uid != os.geteuid() or found.st_mode & 0o077:
            raise Sealed(
                f"{NAME} can be read by others (mode {stat.S_IMODE(found.st_mode):04o}).",
                hint=f"Run: chmod 600 {path()} - then `keyhole vault rotate`, since they may know the keys.",
            )
        with path().open("rb") as file:
            content = file.read(_LARGEST).decode("ascii", "replace")
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise Sealed(f"{NAME} cannot be read: {problem.strerror}.", hint=_HINT) from problem
    return parse(Secret(content), NAME)


def create() -> Ring:
    """The ring of a vault that is used for the first time. Never replaces a file that another process made."""
    made = Ring((new_key(),))
    with _draft(made) as draft, contextlib.suppress(FileExistsError):
        os.link(draft, path())
    _flush_folder()
    return load() or made


def replace(ring: Ring) -> None:
    """Put another ring in the place of the one there, at once and for good, or not at all."""
    with _draft(ring) as draft:
        draft.replace(path())
    _flush_folder()


def tidy() -> None:
    """Remove drafts of the file that a process left behind which was killed. Only while nobody else writes one."""
    for draft in path().parent.glob(f".{NAME}.*"):
        draft.unlink(missing_ok=True)


@contextlib.contextmanager
def _draft(ring: Ring) -> Iterator[Path]:
    draft = path().with_name(f".{NAME}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.writelines(f"{key.text.reveal()}\n" for key in ring.keys)
            file.flush()
            os.fsync(file.fileno())
        yield draft
    except OSError as problem:
        raise Unavailable(
            f"{NAME} cannot be written: {problem.strerror}.", hint="Check the disk of the data folder."
        ) from problem
    finally:
        draft.unlink(missing_ok=True)


def _flush_folder() -> None:
    # A rename is only as durable as the folder that it is written in.
    descriptor = os.open(path().parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
