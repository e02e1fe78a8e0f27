"""Rotates the key of the vault again and again, each time killed after one write more, and says what was left.

Each attempt is a child of its own on a fresh copy of the data folder. A write is a statement that changes rows, the
end of a transaction, or a step of replacing the file with the keys. What a kill left is looked at by another child,
which reveals every secret, finishes the rotation and reveals them all again.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from functools import partial
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from keyhole.accounts.services import local_caller  # noqa: E402
from keyhole.audit.verify import verify  # noqa: E402
from keyhole.core.secret import Secret  # noqa: E402
from keyhole.vault import keyring, rotation  # noqa: E402
from keyhole.vault.envelope import unseal  # noqa: E402
from keyhole.vault.models import SealedSecret  # noqa: E402
from keyhole.vault.services import Place, checked_ring, keep  # noqa: E402

SECRETS = 1000
DATA = Path(settings.KEYHOLE_DATA)
FILES = ("keyhole.sqlite3", "vault.keys", "audit.head")
WRITES = ("UPDATE", "INSERT", "DELETE", "SAVEPOINT", "RELEASE")


def text_of(number: int) -> str:
    return f"made up secret number {number}"


def fill(kept: Path) -> None:
    """A vault of a thousand secrets, copied to where each attempt begins."""
    with transaction.atomic():
        for number in range(1, SECRETS + 1):
            keep(local_caller(), Place("connection", number, "credential"), Secret(text_of(number)))
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    kept.mkdir()
    for name in FILES:
        shutil.copy2(DATA / name, kept / name)


def begin_again(kept: Path) -> None:
    for name in ("keyhole.sqlite3-wal", "keyhole.sqlite3-shm"):
        (DATA / name).unlink(missing_ok=True)
    for name in FILES:
        shutil.copy2(kept / name, DATA / name)


def killed_after(number: int) -> None:
    """From now on the `number`-th write is this process's last act."""
    left = [number]

    def count(happened: object) -> object:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return happened

    def after(real: object) -> object:
        return lambda *args, **kwargs: count(real(*args, **kwargs))  # type: ignore[operator]

    def statement(execute, sql, params, many, context):
        happened = execute(sql, params, many, context)
        return count(happened) if sql.startswith(WRITES) else happened

    connection.ensure_connection()
    connection.execute_wrappers.append(statement)
    connection._commit = after(connection._commit)
    for name in ("fsync", "link", "open", "replace", "unlink", "pwrite"):
        setattr(os, name, after(getattr(os, name)))


def in_a_child(act) -> tuple[int, str]:
    """How a child that does this ended, and what it returned."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.write(writer, json.dumps(act()).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(writer)
    with os.fdopen(reader) as said:
        answer = said.read()
    return os.waitpid(child, 0)[1], answer


def attempt(number: int) -> None:
    killed_after(number)
    rotation.rotate(local_caller())


def unreadable() -> int:
    ring = checked_ring()
    rows = list(SealedSecret.objects.all())
    assert len(rows) == SECRETS
    return sum(
        unseal(ring.get(row.key_id), row.place, row.envelope).reveal() != text_of(row.row) for row in rows
    )


def look_and_finish() -> dict[str, object]:
    before, keys = unreadable(), len(keyring.load().keys)
    if keys > 1:
        rotation.rotate(local_caller())
    report = verify()
    return {
        "lost": before + unreadable(),
        "keys": keys,
        "left": len(keyring.load().keys),
        "used": SealedSecret.objects.values("key_id").distinct().count(),
        "chain": report.why,
        "drafts": len(list(DATA.glob(".vault.keys.*"))) if keys > 1 else 0,
    }


def main() -> None:
    kept = Path(sys.argv[1])
    fill(kept)
    number, whole = 0, False
    while not whole:
        number += 1
        begin_again(kept)
        status, _ = in_a_child(partial(attempt, number))
        whole = status == 0
        assert whole or os.WTERMSIG(status) == signal.SIGKILL, status
        status, said = in_a_child(look_and_finish)
        print(said if status == 0 else json.dumps({"failed": number}), flush=True)


if __name__ == "__main__":
    main()
