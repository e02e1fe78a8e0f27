"""Scanning a folder on this machine without server, account or database: `keyhole scan PATH`.

The whole of it, for a command: `result = direct.scan(Path("."), on_progress=show)`, then `result.verdict` and
`result.findings`, and exit code 0 only if `result.clean`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from django.core.exceptions import ImproperlyConfigured

from keyhole.core.finding import ScanResult
from keyhole.core.secret import Secret
from keyhole.scanners import child
from keyhole.scanners.interface import Limits, Progress
from keyhole.scanners.locate import git_dir_of
from keyhole.scanners.programs.configured import Configured, configure
from keyhole.scanners.secrets import own

if TYPE_CHECKING:
    from types import ModuleType

KEPT = "kept"
"""Folder, in that of the data, of what scans worked out and need not work out again."""


def scan(
    path: Path,
    *,
    ref: str = "",
    scanners: Iterable[str] = ("secrets",),
    limits: Limits = Limits(),  # noqa: B008 - frozen
    secret: Secret | None = None,
    rules: Iterable[Path] = (),
    head: bool = False,
    on_progress: Callable[[Progress], None] | None = None,
) -> ScanResult:
    """Reads the repository at `path`, all of its history or that of one branch or tag, in a child process.

    With `head` it reads the files of the newest commit, of HEAD or of that branch or tag, and nothing older.
    `secret` keys the ids of the findings; without one it is this user's, see `secret_of_this_user`. `rules` are files
    of own rules for secrets, besides those of the settings. Raises InvalidInput, naming the field `path` or `ref`;
    UnknownScanner; WrongRules. Trouble on the way makes the result incomplete.
    """
    settings = _settings()
    configure(Configured(settings.KEYHOLE_PROGRAMS, settings.KEYHOLE_SEMGREP_RULES))
    own.look_in(settings.KEYHOLE_RULES, rules)
    git_dir = git_dir_of(path)
    tips = [_tip(git_dir, ref)] if ref else []
    key = secret or secret_of_this_user()[0]
    scanners = tuple(scanners)
    return child.run(
        git_dir,
        hmac_secret=key,
        scanners=scanners,
        tips=tips,
        advisories=_advisories(scanners),
        kept=_kept(),
        head=head,
        limits=limits,
        on_progress=on_progress,
    )


def _settings() -> ModuleType:
    """Without Django around them, which takes as long to import as a small project to scan."""
    from keyhole import settings  # noqa: PLC0415

    return settings


def _tip(git_dir: Path, ref: str) -> str:
    from keyhole.scans import refs  # noqa: PLC0415

    return refs.named(git_dir, ref).object_id


def _kept() -> Path | None:
    try:
        return Path(_settings().KEYHOLE_DATA) / KEPT
    except (ImproperlyConfigured, OSError):
        return None  # everything is worked out anew each time


def _advisories(scanners: tuple[str, ...]) -> Path | None:
    if scanners == ("secrets",):
        return None  # looks at no package, and what reads advisories takes long to import
    from keyhole.advisories.store import database  # noqa: PLC0415

    try:
        return database()
    except (ImproperlyConfigured, OSError):
        return None  # no data folder can be kept here, so there are none


def secret_of_this_user() -> tuple[Secret, bool]:
    """The secret that keys findings' ids, and whether it lasts.

    It is `findings.secret` of this user's data folder, the same one that scans on the server use, so that a finding
    has the same id everywhere. Where no such folder can be kept (a build container, a read-only home), it is a new
    random one: ids then hold for this run only.
    """
    try:
        return _settings().KEYHOLE_HMAC_SECRET, True
    except (ImproperlyConfigured, OSError):
        return Secret(os.urandom(32).hex()), False
