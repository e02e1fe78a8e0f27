"""Sealing a backup with age (https://age-encryption.org/v1): for a passphrase, or for the holders of private keys.

The file is an ordinary age file: without Keyhole, `age -d FILE | tar -xz` opens it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyrage import (
    DecryptError,
    EncryptError,
    IdentityError,
    RecipientError,
    decrypt_io,
    encrypt_io,
    passphrase,
    x25519,
)

from keyhole.core.errors import BadCredentials, InvalidInput
from keyhole.core.secret import Secret

SHORTEST = 12
"""Characters of a passphrase: the file is made to lie about for years."""
_MAGIC = b"age-encryption.org/v1\n"


@dataclass(frozen=True, slots=True)
class Passphrase:
    """Opened with the same words that it was sealed with. The whole backup is held in memory meanwhile."""

    text: Secret


@dataclass(frozen=True, slots=True)
class Recipients:
    """Sealed for the holders of these public keys; read and written in pieces."""

    keys: tuple[str, ...]
    """`age1...`"""


@dataclass(frozen=True, slots=True)
class Identities:
    """Opened with any of these private keys."""

    keys: tuple[Secret, ...]
    """`AGE-SECRET-KEY-1...`"""


def check_passphrase(text: Secret) -> Passphrase:
    """The passphrase, if it may seal a backup. InvalidInput when it is too short."""
    if len(text.reveal()) < SHORTEST:
        raise InvalidInput(
            f"The passphrase needs at least {SHORTEST} characters.",
            field="passphrase",
            hint="Several words are easy to keep: `openssl rand -base64 24` makes one for a safe.",
        )
    return Passphrase(text)


def recipients(texts: Sequence[str]) -> Recipients:
    """Public keys. InvalidInput, naming it, for what is none."""
    for text in texts:
        try:
            x25519.Recipient.from_str(text)
        except RecipientError as problem:
            raise InvalidInput(
                f"{text[:80]!r} is not a public key of age.",
                field="recipient",
                hint="It begins with age1; `age-keygen` makes a pair.",
            ) from problem
    return Recipients(tuple(texts))


def identities(path: Path) -> Identities:
    """The private keys in a file as `age-keygen` writes it. InvalidInput when there is none in it."""
    try:
        lines = path.read_text("ascii").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise InvalidInput(
            f"{path} cannot be read as a file of age identities.", field="identity"
        ) from problem
    keys = tuple(Secret(line.strip()) for line in lines if line.strip().startswith("AGE-SECRET-KEY-1"))
    try:
        for key in keys:
            x25519.Identity.from_str(key.reveal())
    except IdentityError:
        keys = ()
    if not keys:
        raise InvalidInput(
            f"{path} holds no private key of age.",
            field="identity",
            hint="Its lines begin with AGE-SECRET-KEY-1.",
        )
    return Identities(keys)


def encrypt(source: Path, target: Path, lock: Passphrase | Recipients) -> None:
    """Seal a file into a new one that only its owner may read. FileExistsError when there is one already."""
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as written, source.open("rb") as read:
        try:
            if isinstance(lock, Passphrase):
                written.write(passphrase.encrypt(read.read(), lock.text.reveal()))
            else:
                encrypt_io(read, written, [x25519.Recipient.from_str(key) for key in lock.keys])
        except EncryptError as problem:
            raise InvalidInput("The backup could not be encrypted.") from problem
        written.flush()
        os.fsync(written.fileno())


def is_age(path: Path) -> bool:
    """Whether the file begins as age files do."""
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def decrypt(source: Path, target: Path, lock: Passphrase | Identities) -> None:
    """Open a sealed file into a new one that only its owner may read.

    BadCredentials when it was not sealed for this passphrase or key, or was changed since: age tells the two apart no
    more than it should. What was written to `target` until then is not to be used.
    """
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as written, source.open("rb") as read:
        try:
            if isinstance(lock, Passphrase):
                written.write(passphrase.decrypt(read.read(), lock.text.reveal()))
            else:
                # Each in its own form: the package takes a list of either kind of key.
                keys: list[Any] = [x25519.Identity.from_str(key.reveal()) for key in lock.keys]
                decrypt_io(read, written, keys)
        except DecryptError:
            raise _does_not_open() from None
        except OSError as problem:
            if problem.errno is not None:
                raise  # of the disk; the package's own, for a file that was cut or changed, have no number
            raise _does_not_open() from None


def _does_not_open() -> BadCredentials:
    return BadCredentials(
        "The backup does not open: it was sealed with another passphrase or key, or it is damaged.",
        hint="A backup for recipients needs --identity FILE; one with a passphrase needs the passphrase.",
    )
