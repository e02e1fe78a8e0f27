"""Scanning a folder on this machine without server, account or database: `keyhole scan PATH`.

The whole of it, for a command: `result = direct.scan(Path("."), around=Around.of(settings))`, then `result.verdict` and
`result.findings`, and exit code 0 only if `result.clean`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from keyhole.core.secret import Secret
from keyhole.scanners import child
from keyhole.scanners.limits import Limits
from keyhole.scanners.locate import git_dir_of
from keyhole.scanners.programs.configured import Configured, configure
from keyhole.scanners.secrets import own

if TYPE_CHECKING:
    from keyhole.core.finding import ScanResult
    from keyhole.scanners.progress import Progress
    from keyhole.scans.refs import Tip

KEPT = "kept"
"""Folder, in that of the data, of what scans worked out and need not work out again."""


class Around(NamedTuple):
    """What a scan of a folder takes from Keyhole's settings; nothing where none can be kept, as in a read-only home."""

    data: Path | None = None
    """The data folder, for advisories and for what need not be worked out twice."""
    secret: Secret | None = None
    """Keys the ids of the findings: that of scans on the server, so that a finding has the same id everywhere. Without
    one each scan has its own, and so have its findings."""
    programs: tuple[Path, ...] = ()
    semgrep_rules: Path | None = None
    rules: Path | None = None
    """The folder of own rules."""

    @classmethod
    def of(cls, settings: Any) -> Around:
        """What these settings say: those of Django, or Keyhole's own without Django around them."""
        return cls(
            Path(settings.KEYHOLE_DATA),
            settings.KEYHOLE_HMAC_SECRET,
            settings.KEYHOLE_PROGRAMS,
            settings.KEYHOLE_SEMGREP_RULES,
            settings.KEYHOLE_RULES,
        )


def scan(
    path: Path,
    *,
    ref: str = "",
    scanners: Iterable[str] = ("secrets",),
    limits: Limits = Limits(),  # noqa: B008 - frozen
    around: Around = Around(),  # noqa: B008 - frozen
    rules: Iterable[Path] = (),
    head: bool = False,
    on_progress: Callable[[Progress], None] | None = None,
    on_result: Callable[[ScanResult], None] | None = None,
) -> ScanResult:
    """Reads the repository at `path`, all of its history or that of one branch or tag, in a child process.

    With `head` it reads the files of the newest commit, of HEAD or of that branch or tag, and nothing older.
    `rules` are files of own rules for secrets, besides those of the settings. `on_result` is called with the result
    while what the next scan need not do again is still written down. Raises InvalidInput, naming the field `path` or
    `ref`; UnknownScanner; WrongRules. Trouble on the way makes the result incomplete.
    """
    configure(Configured(around.programs, around.semgrep_rules))
    own.look_in(around.rules, rules)
    git_dir = git_dir_of(path)
    scanners = tuple(scanners)
    tip = _tip(git_dir, ref) if ref else None
    return child.run(
        git_dir,
        hmac_secret=around.secret or Secret(os.urandom(32).hex()),
        scanners=scanners,
        tips=[tip.object_id] if tip is not None else [],
        ref=tip.ref if tip is not None else "",
        advisories=_advisories(around, scanners),
        kept=around.data / KEPT if around.data is not None else None,
        head=head,
        limits=limits,
        on_progress=on_progress,
        on_result=on_result,
    )


def _tip(git_dir: Path, ref: str) -> Tip:
    from keyhole.scans import refs  # noqa: PLC0415  # most scans name none

    return refs.named(git_dir, ref)


def _advisories(around: Around, scanners: tuple[str, ...]) -> Path | None:
    if scanners == ("secrets",) or around.data is None:
        return None  # looks at no package, and what reads advisories takes long to import
    from keyhole.advisories.store import database  # noqa: PLC0415

    return database()
