"""`keyhole doctor`: is everything that Keyhole stands on in order?"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import click

from keyhole.cli.output import json_option, safe, say_json
from keyhole.cli.session import open_keyhole
from keyhole.core.errors import KeyholeError
from keyhole.core.git_safety import git_argv, git_env

_OLDEST_GIT = (2, 36)
"""The first with `http.curloptResolve`, which pins the address of an import."""
_LEAST_FREE = 1 << 30
_CLOSED = ("keyhole.sqlite3*", "*.secret", "vault.keys", "audit.head", "revoked.log")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    ok: bool
    detail: str
    """What was found, and what to do if it is not in order."""


@click.command("doctor")
@json_option
def command(as_json: bool) -> None:
    """Check git, disk, database, repositories, audit log, clock, vault and files.

    Exit code 1 when something is not in order.
    """
    findings = list(_examine())
    if as_json:
        say_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            sign = click.style("ok  ", fg="green") if finding.ok else click.style("FAIL", fg="red")
            click.echo(f"{sign}  {finding.name}: {safe(finding.detail)}")
    sys.exit(0 if all(finding.ok for finding in findings) else 1)


def _examine() -> Iterator[Finding]:
    yield _git()
    try:
        open_keyhole()
    except (KeyholeError, OSError) as problem:
        yield Finding("data folder", False, str(problem))
        return
    yield _disk()
    yield _database()
    yield _repositories()
    yield _audit()
    yield _clock()
    yield _vault()
    yield _files()


def _git() -> Finding:
    try:
        said = subprocess.run(
            git_argv(None, "version"), env=git_env(), capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError) as problem:
        return Finding("git", False, f"cannot be run: {problem}. Install git.")
    numbers = tuple(int(part) for part in said.split()[2].split(".")[:2])
    wanted = ".".join(map(str, _OLDEST_GIT))
    # The number alone proves little: distributions repair old versions, so say where to look.
    return Finding(
        "git", numbers >= _OLDEST_GIT, f"{said} (at least {wanted}; keep your distribution's updates on)"
    )


def _disk() -> Finding:
    from django.conf import settings

    free = shutil.disk_usage(settings.KEYHOLE_DATA).free
    return Finding("disk", free >= _LEAST_FREE, f"{free / 1e9:.1f} GB free in {settings.KEYHOLE_DATA}")


def _database() -> Finding:
    from django.db import DatabaseError, connection

    if connection.vendor != "sqlite":
        return Finding("database", True, connection.vendor)
    try:
        with connection.cursor() as cursor:
            said = cursor.execute("PRAGMA quick_check").fetchone()[0]
    except DatabaseError as problem:
        said = str(problem)
    return Finding(
        "database", said == "ok", f"SQLite: {said}" + ("" if said == "ok" else ". Restore a backup.")
    )


def _repositories() -> Finding:
    from keyhole.repositories.lookup import is_there
    from keyhole.repositories.models import Repository

    rows = list(Repository.objects.filter(removed_at=None).select_related("owner"))
    missing = [row.full_name for row in rows if not is_there(row)]
    if missing:
        return Finding(
            "repositories", False, f"not in their place: {', '.join(missing)}. Try `keyhole repo refresh`."
        )
    return Finding("repositories", True, f"{len(rows)} connected, all in their place")


def _audit() -> Finding:
    from keyhole.audit.verify import verify

    report = verify()
    if not report.ok:
        return Finding("audit log", False, f"broken at record {report.broken_at}: `keyhole audit verify`")
    return Finding("audit log", True, f"{report.entries:,} records, unbroken")


def _clock() -> Finding:
    from django.db import transaction

    from keyhole.audit.log import Chain

    with transaction.atomic():
        chain = Chain()
    if chain.clock_went_back:
        behind = str(chain.at - chain.clock).partition(".")[0]
        return Finding(
            "clock",
            False,
            f"{behind} behind the last record, so no token is generated. Correct it; if it is right: "
            "`keyhole audit accept-clock`.",
        )
    return Finding("clock", True, "not behind the last record")


def _vault() -> Finding:
    from keyhole.vault.status import status

    found = status()
    if found.unfinished:
        return Finding("vault", False, f"{found.sentence()} Finish the rotation: `keyhole vault rotate`.")
    if found.waiting:
        return Finding("vault", False, f"{found.sentence()} Look at them, then `keyhole vault release`.")
    return Finding("vault", not found.sealed, f"{found.sentence()} {found.hint}".strip())


def _files() -> Finding:
    from pathlib import Path

    from django.conf import settings

    data = Path(settings.KEYHOLE_DATA)
    kept = sorted({path for pattern in _CLOSED for path in data.glob(pattern)})
    loose = [path.name for path in kept if path.stat().st_mode & 0o077]
    if loose:
        return Finding(
            "files",
            False,
            f"others may read {', '.join(loose)} in {data}: run `chmod 600` on them.",
        )
    return Finding("files", True, f"{len(kept)} with something to hide, closed to others")
