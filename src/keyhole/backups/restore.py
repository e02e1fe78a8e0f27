"""Unpacking a backup beside the data that it may replace, with no server running there. Files only, no Django.

Whoever restores does three things in this order: `unpacked` opens and checks the backup in a folder of its own;
`settle.settle`, with Django opened on that folder, makes it fit for use; `Unpacked.switch` puts it in its place.
"""

from __future__ import annotations

import fcntl
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from keyhole.audit.outside import digests_in
from keyhole.backups import age, archive, switch
from keyhole.backups.archive import Manifest
from keyhole.core.errors import Conflict, InvalidInput, Unavailable

_OF_LOCKS = frozenset({"server.lock", "restore.lock", "migrate.lock", "vault.lock"})


@dataclass(frozen=True, slots=True)
class Before:
    """The data that is replaced, as far as it tells what ended since the backup."""

    there: bool
    """Whether there is anything."""
    continued: bool
    """Whether its memory of what was revoked goes on from the backup's, so that nothing revoked since is unknown."""
    revoked: frozenset[bytes]
    """Digests in its revoked.log."""
    forgotten: frozenset[bytes]
    """Digests in its forgotten.log."""
    head: str
    """Its audit.head; empty when there is none."""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A backup that was opened and found whole, waiting to be used."""

    manifest: Manifest
    folder: Path
    """Where its files are, inside of the data folder."""
    data: Path
    before: Before

    def switch(self) -> Path | None:
        """Put it in its place, at once and for good; returns where the data that was there lies now, if any."""
        for name in ("-wal", "-shm"):
            if (self.folder / f"{archive.DATABASE}{name}").exists():
                raise Unavailable("The restored database was left open, so nothing was put in its place.")
        replaced = f"replaced-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"
        names = sorted(path.name for path in self.folder.iterdir() if archive.known(path.name))
        switch.begin(self.data, self.folder.name, replaced, names)
        kept = self.data / replaced
        return kept if kept.exists() else None


@contextmanager
def unpacked(
    file: Path, data: Path, lock: age.Passphrase | age.Identities, *, replace: bool = False
) -> Iterator[Unpacked]:
    """The backup, opened and checked, while no server can start on `data`.

    Conflict when data are there and `replace` is not set, or a server runs on them; BadCredentials when it does not
    open; InvalidInput when it is no whole backup. What was unpacked is removed again unless it was switched to.
    """
    if not file.is_file() or not age.is_age(file):
        raise InvalidInput(f"{file} is not a backup.", field="file", hint="`keyhole backup FILE` makes one.")
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _no_server(data):
        switch.finish(data)
        _sweep(data)
        there = any(path.name not in _OF_LOCKS for path in data.iterdir())
        if there and not replace:
            raise Conflict(
                f"{data} holds a Keyhole already.",
                hint="Restore into an empty folder with --data, or add --replace to put what is there aside.",
            )
        data.chmod(0o700)
        folder = data / f".restore-{secrets.token_hex(4)}"
        folder.mkdir(mode=0o700)
        try:
            sealed = folder / "backup.tar.gz"
            age.decrypt(file, sealed, lock)
            manifest = archive.unpack(sealed, folder)
            sealed.unlink()
            yield Unpacked(manifest, folder, data, _before(data, folder, there=there))
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _sweep(data: Path) -> None:
    for path in data.iterdir():
        if switch.STAGING.fullmatch(path.name):
            shutil.rmtree(path)  # of a restore that was ended before it changed anything


def _before(data: Path, folder: Path, *, there: bool) -> Before:
    revoked = digests_in(data / archive.REVOKED)
    head = _head(data)
    return Before(
        there=there,
        continued=there
        and _same_keyhole(data, folder)
        and digests_in(folder / archive.REVOKED) <= revoked
        and head[:20].isdigit()
        and _head(folder)[:20] <= head[:20],
        revoked=revoked,
        forgotten=digests_in(data / archive.FORGOTTEN),
        head=head,
    )


def _same_keyhole(data: Path, folder: Path) -> bool:
    """Whether both have the secret that every Keyhole makes for itself."""
    one, other = data / "findings.secret", folder / "findings.secret"
    return one.is_file() and other.is_file() and one.read_bytes() == other.read_bytes()


def _head(folder: Path) -> str:
    try:
        return (folder / archive.HEAD).read_text("ascii", "replace").strip()
    except FileNotFoundError:
        return ""


@contextmanager
def _no_server(data: Path) -> Iterator[None]:
    with (data / "server.lock").open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            raise Conflict(
                f"A Keyhole with process id {file.read().strip() or '(unknown)'} runs on {data}.",
                hint="Stop it first.",
            ) from None
        yield
