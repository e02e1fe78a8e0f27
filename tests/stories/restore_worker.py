"""Restores a backup over other data again and again, each time killed after one step more, and says what was left.

A step is a call that changes files. What a kill left is opened by another child, as any Keyhole would: it must be the
old data or the new, whole. Then the restore is run again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import sys
from functools import partial
from pathlib import Path

# Loaded once, for every child; nothing here looks at a data folder yet.
import django
import django.db
import pyrage  # noqa: F401
from click.testing import CliRunner

from keyhole.cli.restore import command

DATA, OLD, BACKUP, KEY = (Path(argument) for argument in sys.argv[1:5])


def die_after(number: int) -> None:
    """From now on the `number`-th step is this process's last act."""
    left = [number]

    def counting(real):
        def call(*args, **kwargs):
            done = real(*args, **kwargs)
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return done

        return call

    for name in ("fsync", "link", "mkdir", "replace", "unlink", "rmdir"):
        setattr(os, name, counting(getattr(os, name)))


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


def restore(number: int = 0) -> str:
    if number:
        die_after(number)
    done = CliRunner().invoke(
        command, [str(BACKUP), "--data", str(DATA), "--identity", str(KEY), "--replace", "--keep-tokens"]
    )
    if done.exception is not None:
        raise done.exception
    return done.output


def look() -> dict[str, object]:
    """The data as whoever opens the folder next finds them."""
    os.environ["KEYHOLE_DATA"] = str(DATA)
    os.environ["DJANGO_SETTINGS_MODULE"] = "keyhole.settings"
    django.setup()
    from keyhole.accounts.services import local_caller
    from keyhole.accounts.storage import bring_up_to_date
    from keyhole.audit.verify import verify
    from keyhole.vault.services import Place, reveal

    bring_up_to_date()
    secret = reveal(local_caller(), Place("connection", 1, "token")).reveal()
    report = verify()
    keys = hashlib.sha256(
        (DATA / "django.secret").read_bytes() + (DATA / "vault.keys").read_bytes()
    ).hexdigest()
    return {
        "secret": secret,
        "chain": report.why,
        "keys": keys,
        "left": sorted(path.name for path in DATA.glob(".restore*")),
        "journal": (DATA / "restore.journal").exists(),
    }


def main() -> None:
    number, whole = 0, False
    while not whole:
        number += 1
        shutil.rmtree(DATA, ignore_errors=True)
        shutil.copytree(OLD, DATA)
        status, _ = in_a_child(partial(restore, number))
        whole = status == 0
        assert whole or os.WTERMSIG(status) == signal.SIGKILL, status
        found = [in_a_child(look)]
        if not whole and number % 4 == 0:  # the state is looked at after each kill, mended after some
            found += [in_a_child(restore), in_a_child(look)]
        assert not [status for status, _ in found if status], (number, found)
        mended = json.loads(found[-1][1]) if len(found) > 1 else None
        print(json.dumps([json.loads(found[0][1]), mended]), flush=True)


if __name__ == "__main__":
    main()
