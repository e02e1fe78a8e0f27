"""Making a backup, of a Keyhole that may be running."""

from __future__ import annotations

import secrets
import shutil
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from keyhole import __version__
from keyhole.accounts.services import require
from keyhole.audit.log import ALLOWED, Draft, append
from keyhole.backups import age, archive
from keyhole.backups.archive import Manifest
from keyhole.core.caller import Caller
from keyhole.core.errors import Conflict, InvalidInput, Unavailable
from keyhole.vault import keyring
from keyhole.vault.rotation import alone

_WORK = ".backup-"


@dataclass(frozen=True, slots=True)
class Made:
    """A finished backup."""

    path: Path
    size: int
    """Bytes of the file."""
    records: int
    """Audit records in it."""
    with_keys: bool
    keys_elsewhere: bool
    """The keys of the vault are those of KEYHOLE_VAULT_KEYS, which no backup holds."""


def make(
    caller: Caller, target: Path, lock: age.Passphrase | age.Recipients, *, with_keys: bool = True
) -> Made:
    """Write everything that Keyhole keeps into one new file, sealed for whoever may open it.

    Not in it: the repositories, which are Git's to copy, and the state of running jobs. Conflict when the file exists
    or a rotation is at work; InvalidInput on PostgreSQL; Unavailable when the disk fails: there is then no file.
    """
    require(caller, "backup:make")
    if connection.vendor != "sqlite":
        raise InvalidInput(
            "This Keyhole keeps its data in PostgreSQL, which has its own way to be backed up.",
            hint='Run `pg_dump --format=custom --file=keyhole.dump "$KEYHOLE_DATABASE_URL"`, and keep with it, as '
            f"closed as the original, these files of {settings.KEYHOLE_DATA}: *.secret, vault.keys, audit.head, "
            "revoked.log, forgotten.log. docs/backup.md tells how to restore them.",
        )
    if target.exists():
        raise Conflict(f"{target} is there already.", hint="Choose another name: a backup replaces nothing.")
    try:
        with alone():  # rows and ring must fit together, and leftovers are nobody else's
            _sweep(Path(settings.KEYHOLE_DATA))
            # In the data folder, because what is copied is as secret there as here.
            with tempfile.TemporaryDirectory(prefix=_WORK, dir=settings.KEYHOLE_DATA) as work:
                return _make(caller, target, lock, with_keys, Path(work))
    except FileNotFoundError as problem:
        raise InvalidInput(f"There is no folder {target.parent}.", field="file") from problem
    except (OSError, sqlite3.Error) as problem:
        raise Unavailable(f"The backup cannot be written: {problem}.", hint="Check the disk.") from problem


def _sweep(data: Path) -> None:
    for left in data.glob(f"{_WORK}*"):
        shutil.rmtree(left)  # by a backup that was killed


def _make(
    caller: Caller, target: Path, lock: age.Passphrase | age.Recipients, with_keys: bool, work: Path
) -> Made:
    folder = work / "files"
    folder.mkdir()
    # First, so that the backup tells of itself, and nothing leaves unrecorded.
    _note(caller, target, lock, with_keys)
    records = _copy_database(folder)
    _copy_files(folder, with_keys)
    manifest = _manifest(folder, records)
    archive.pack(folder, manifest, work / "backup.tar.gz")
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        age.encrypt(work / "backup.tar.gz", draft, lock)
        try:
            target.hardlink_to(draft)  # unlike a rename, replaces nothing
        except FileExistsError as problem:
            raise Conflict(f"{target} is there already.", hint="Choose another name.") from problem
    finally:
        draft.unlink(missing_ok=True)
    return Made(target, target.stat().st_size, records, manifest.with_keys, keyring.from_environment())


def _note(caller: Caller, target: Path, lock: age.Passphrase | age.Recipients, with_keys: bool) -> None:
    sealed = "a passphrase" if isinstance(lock, age.Passphrase) else list(lock.keys)
    with transaction.atomic(durable=True):
        append(
            Draft(
                "backup:make",
                ALLOWED,
                caller.as_actor(),
                {"file": str(target), "sealed_for": sealed, "with_keys": with_keys},
            )
        )


def _copy_database(folder: Path) -> int:
    # The end of the log as noted before the copy: of a log that grows it may lag behind, but of one whose end was cut
    # off it still tells.
    data = Path(settings.KEYHOLE_DATA)
    shutil.copy(data / archive.HEAD, folder / archive.HEAD)
    name = connection.settings_dict["NAME"]
    copy = folder / archive.DATABASE
    with (
        closing(sqlite3.connect(f"file:{name}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        # In one go, under one snapshot: in steps, each write of the server would make it begin again.
        source.backup(target, pages=-1)
        found = target.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise Unavailable(
                f"The database is damaged, so no backup was made: {found}.", hint="Restore an older one."
            )
        return int(target.execute("SELECT COUNT(*) FROM audit_entry").fetchone()[0])


def _copy_files(folder: Path, with_keys: bool) -> None:
    # After the database: what ended meanwhile may be in these files and not there, never the other way round.
    for path in sorted(Path(settings.KEYHOLE_DATA).iterdir()):
        taken = archive.known(path.name) and path.name not in (archive.DATABASE, archive.HEAD)
        if taken and path.is_file() and (with_keys or path.name != archive.KEYS):
            shutil.copy(path, folder / path.name)


def _manifest(folder: Path, records: int) -> Manifest:
    files = tuple(archive.held(path) for path in sorted(folder.iterdir()))
    schema: dict[str, str] = {}
    for app, name in MigrationRecorder(connection).applied_migrations():
        schema[app] = max(name, schema.get(app, ""))
    return Manifest(
        version=__version__,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        url=settings.KEYHOLE_URL,
        schema=dict(sorted(schema.items())),
        with_keys=archive.KEYS in {held.name for held in files},
        records=records,
        files=files,
    )
