"""`keyhole scan`: scan a repository's whole history for secrets."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keyhole.cli.judging import left_out_of, policy_of, tell
from keyhole.cli.output import json_option, not_empty, safe, say_json
from keyhole.cli.reporting import check_output, format_option, output_option, write_report
from keyhole.cli.session import open_keyhole, use_settings
from keyhole.core.errors import NotFound, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from keyhole.core.caller import Caller
    from keyhole.core.finding import ScanResult
    from keyhole.core.gates import Policy, Verdict
    from keyhole.reports.dataset import Dataset
    from keyhole.scanners.progress import Progress
    from keyhole.scans.direct import Around
    from keyhole.scans.models import Scan

_EXIT_FINDINGS, _EXIT_INCOMPLETE = 1, 3
_MANY = 1000


@click.command("scan")
@click.argument("target", metavar="PATH|OWNER/REPO")
@click.option(
    "--ref", default="", callback=not_empty, help="Branch or tag whose history is read; default: all of them."
)
@click.option(
    "--head",
    is_flag=True,
    help="PATH: read only the files of the newest commit, not its history; the gate `complete` wants all of it.",
)
@click.option(
    "--scanner",
    "-s",
    "scanners",
    multiple=True,
    default=("secrets",),
    show_default=True,
    callback=not_empty,
    metavar="ID",
    help="What looks at it; `keyhole scanners` lists them. Repeatable.",
)
@click.option(
    "--sarif",
    type=click.Path(path_type=Path),
    default=None,
    callback=not_empty,
    help="Write a SARIF 2.1.0 report to this file.",
)
@click.option(
    "--policy",
    default="",
    callback=not_empty,
    metavar="FILE|NAME",
    help="Pass or fail by this, instead of by any finding.",
)
@click.option(
    "--environment",
    "-e",
    default="",
    callback=not_empty,
    metavar="NAME",
    help="OWNER/REPO: where its code goes; its policy counts.",
)
@click.option(
    "--tell-github",
    multiple=True,
    callback=not_empty,
    metavar="WHAT",
    help="OWNER/REPO: status, comment or sarif. Repeatable.",
)
@click.option(
    "--rules",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    callback=not_empty,
    help="PATH: file with own rules for secrets. Repeatable.",
)
@format_option
@output_option
@json_option
def command(
    target: str,
    ref: str,
    head: bool,
    scanners: tuple[str, ...],
    sarif: Path | None,
    policy: str,
    environment: str,
    tell_github: tuple[str, ...],
    rules: tuple[Path, ...],
    form: str,
    output: Path | None,
    as_json: bool,
) -> None:
    """Scan a repository: its whole history for secrets, its newest commit for everything else.

    PATH is scanned as it is, without a server and without keeping anything. OWNER/REPO is a connected repository:
    the scan is kept, with a token of its own, and shows in the browser.

    Exit codes: 0 clean, 1 findings (with --policy: a breach), 2 usage, 3 incomplete or not done (never shown as
    clean), 4 not possible now, 5 not permitted.
    """
    if as_json and output is not None:
        raise click.UsageError("--json prints on standard output. For a file: --format json --output FILE.")
    if as_json and form != "text":
        raise click.UsageError("--json is a format of its own: leave it or --format out.")
    check_output(form, output)
    by = policy_of(policy) if policy else None
    say = _Saying(form, output, sarif, as_json=as_json, policy=by, head=head)
    path = Path(target)
    if path.is_dir():
        if environment or tell_github:
            raise click.UsageError("A folder has no environment and no GitHub. Give it a policy: --policy.")
        _path(path, ref, scanners, rules, say, head=head)
    else:
        if head:
            raise click.UsageError("--head is for a folder; a scan that is kept reads the whole history.")
        if rules:
            raise click.UsageError(
                "--rules is for a folder; a scan that is kept uses the rules in KEYHOLE_RULES."
            )
        report, scan = _connected(target, ref, scanners, environment, tell_github)
        say(report.as_result(), lambda: report, scan)
    sys.exit(say.exit_code)


class _Saying:
    """Says what a scan came to, in the way that was asked for."""

    exit_code = _EXIT_INCOMPLETE
    """Of what was said; until then there is nothing to say but that."""

    def __init__(
        self,
        form: str,
        output: Path | None,
        sarif: Path | None,
        *,
        as_json: bool,
        policy: Policy | None,
        head: bool,
    ) -> None:
        self._form, self._output, self._sarif = form, output, sarif
        self.as_json = as_json
        self._policy = policy
        self._head = head

    def get_ready(self, objects: int) -> None:
        """Imports what takes long, while the scan's process works with so many objects, and not after it."""
        if self.as_json:
            if not self._head or objects > _MANY:  # few are read before this is done, and have little to say
                import msgspec.json  # noqa: F401
        else:
            from keyhole.reports import dataset  # noqa: F401
        if self._policy is not None:
            from keyhole.scanners.registry import all_scanners

            all_scanners()

    def __call__(self, result: ScanResult, report: Callable[[], Dataset], scan: Scan | None = None) -> None:
        """Writes all that was asked for. The report is only made if something of it is."""
        left_out = left_out_of(result.scanners) if self._head and self._policy is not None else ""
        verdict = _verdict(self._policy, result, scan, left_out)
        if self._sarif is not None:
            write_report(_judged(report(), verdict), "sarif", self._sarif, beside=True)
        if self.as_json:
            say_json(
                result.to_json() if verdict is None else {**result.to_json(), "verdict": verdict.to_json()}
            )
        else:
            told_below = self._form == "text" and self._output is None
            write_report(_judged(report(), None if told_below else verdict), self._form, self._output)
            if verdict is not None:
                aside = self._form != "text" and self._output is None
                tell(verdict, result, left_out=left_out, err=aside)
        # Of a folder everything is open, and making the report of it takes longer than scanning a small one.
        self.exit_code = _exit_code(result, verdict, found=result.findings if scan is None else report().open)


def _verdict(policy: Policy | None, result: ScanResult, scan: Scan | None, left_out: str) -> Verdict | None:
    """By the policy that was named, else by that of the scan's environment."""
    from datetime import UTC, datetime

    if scan is not None:
        from keyhole.findings.judging import kept_verdict, verdict_on

        return kept_verdict(scan) if policy is None else verdict_on(scan, policy, datetime.now(UTC))
    if policy is None:
        return None
    from keyhole.core.gates import Facts, judge
    from keyhole.findings.merging import shown_as
    from keyhole.scanners.registry import reach

    facts = Facts.of(
        result,
        shown_as=shown_as(result.findings),
        reach=reach(result.scanners, result.findings),
        left_out=left_out,
    )
    return judge(policy, result.findings, result.libraries, facts, datetime.now(UTC))


def _judged(report: Dataset, verdict: Verdict | None) -> Dataset:
    from keyhole.reports.dataset import judged

    return judged(report, verdict)


def _exit_code(result: ScanResult, verdict: Verdict | None, *, found: Collection[object]) -> int:
    """A breach counts more than incompleteness, and incompleteness more than findings without a policy."""
    if verdict is not None and not verdict.passed:
        return _EXIT_FINDINGS
    if result.status.value != "complete":
        return _EXIT_INCOMPLETE
    return _EXIT_FINDINGS if verdict is None and found else 0


def _path(
    path: Path, ref: str, scanners: tuple[str, ...], rules: tuple[Path, ...], say: _Saying, *, head: bool
) -> None:
    use_settings()
    from datetime import UTC, datetime

    from keyhole.core.escaping import escape
    from keyhole.scans import direct

    bar = _Bar()

    def seen(progress: Progress) -> None:
        bar.show(progress.phase, progress.done, progress.total)
        say.get_ready(progress.total)

    def ended(result: ScanResult) -> None:
        bar.clear()
        name = escape(path.resolve().name.encode("utf-8", "surrogateescape"))
        now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"

        def report() -> Dataset:
            from keyhole.reports.dataset import of_result

            branch = escape(ref.encode("utf-8", "surrogateescape"))
            return of_result(result, name=name, ref=branch, finished=now)

        say(result, report)

    try:
        direct.scan(
            path,
            ref=ref,
            scanners=scanners,
            rules=rules,
            head=head,
            around=_around(),
            on_progress=seen,
            on_result=ended,
        )
    finally:
        bar.clear()


def _around() -> Around:
    """What the settings say, without Django around them: importing that takes as long as scanning a small project."""
    from keyhole.scans.direct import Around

    try:
        from keyhole import settings
    except OSError:
        return Around()  # no data folder can be made here
    return Around.of(settings)


def _connected(
    full_name: str, ref: str, scanners: tuple[str, ...], environment: str, upstream: tuple[str, ...]
) -> tuple[Dataset, Scan]:
    caller = open_keyhole()
    from keyhole.reports.services import of_scan
    from keyhole.repositories.services import by_full_name
    from keyhole.scans import services
    from keyhole.scans.follow import follow

    try:
        repository = by_full_name(caller, full_name)
    except NotFound as problem:
        raise NotFound(
            f"{safe(full_name)} is neither a folder here nor a connected repository.",
            hint="`keyhole repo list` shows the connected ones.",
        ) from problem
    spec = services.ScanSpec(
        repository.pk,
        ref=ref,
        scanners=scanners,
        environment_id=services.environment_named(caller, environment),
        upstream=upstream,
    )
    scan = services.create(caller, spec)
    bar = _Bar()
    try:
        for now in follow(caller, scan.pk):
            bar.show(now.get_stage_display() or now.get_state_display(), now.done, now.total)
            scan = now
    except KeyboardInterrupt:
        services.stop(caller, scan.pk)
        raise
    finally:
        bar.clear()
    if scan.state in ("failed", "stopped"):
        raise NotDone(f"The scan ended as {scan.state}: {scan.reason}")
    _tell_github(caller, scan.pk)
    return of_scan(caller, scan.pk), scan


def _tell_github(caller: Caller, number: int) -> None:
    from keyhole.reports.github.services import tell_here

    for row in tell_here(caller, number):
        what, state = row.get_what_display(), row.get_state_display().lower()
        said = safe(row.said) or ("The server tells GitHub in a moment." if row.state == "waiting" else "")
        click.echo(f"{what}: {state}. {said}".rstrip(), err=True)
        if row.hint:
            click.echo(safe(row.hint), err=True)


class NotDone(Unavailable):
    """The scan came to no result."""

    exit_code = _EXIT_INCOMPLETE


class _Bar:
    """Progress on a terminal: one line, rewritten. Nothing where standard error is a file."""

    def __init__(self) -> None:
        self._on = sys.stderr.isatty()

    def show(self, phase: str, done: int, total: int) -> None:
        """How far it is."""
        if self._on:
            numbers = f"{done:,} of {total:,}" if total else f"{done:,}" if done else ""
            click.echo(f"\r\x1b[K{phase}  {numbers}", nl=False, err=True)

    def clear(self) -> None:
        """Leave nothing on the line."""
        if self._on:
            click.echo("\r\x1b[K", nl=False, err=True)
