"""A code scan as a durable job. Each step may begin again after a crash; what has to be kept is in the scan's row."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from keyhole.core import finding as core
from keyhole.core.errors import InvalidInput
from keyhole.core.terms import Status
from keyhole.jobs import job, step
from keyhole.repositories.lookup import is_there
from keyhole.scans import refs
from keyhole.scans.afterwards import run_parts
from keyhole.scans.fetching import fetch
from keyhole.scans.followups import hand_over_follow_ups
from keyhole.scans.life import finish, say, still_there
from keyhole.scans.models import UNFINISHED, Finding, Inventory, Scan, Stage, State
from keyhole.scans.moved import settled
from keyhole.scans.reading import read as read_repository
from keyhole.scans.summary import before, counted

KIND = "scan"
_BATCH = 500
MOST_ATTEMPTS = 20
"""How often reading is begun. A repository that takes the worker down with it must not do so for ever, but a machine
with a bad day must not cost a scan either."""


def _unfinished() -> Iterable[int]:
    return Scan.objects.filter(state__in=UNFINISHED).order_by("pk").values_list("pk", flat=True)


def _failed(row: int, reason: str) -> None:
    scan = _scan(row)
    if scan is not None:
        finish(scan, State.FAILED, reason)


@job(KIND, unfinished=_unfinished, failed=_failed, long=True)
def run(row: int) -> None:
    """All of it. A row that has ended, or that is gone, makes every step do nothing."""
    prepare(row)
    read(row)
    run_parts(row)
    conclude(row)
    hand_over_follow_ups(row)


@step
def prepare(row: int) -> None:
    """Looks whether there is something to read, fetches it if it lies on GitHub, and settles which commits."""
    scan = _scan(row)
    if scan is None or scan.finished or scan.imported:
        return
    begun = Scan.objects.filter(pk=row, state=State.QUEUED).update(
        state=State.RUNNING, stage=Stage.PREPARE, started_at=timezone.now()
    )
    scan.refresh_from_db()
    if scan.stop_requested:
        finish(scan, State.STOPPED, "Stopped before it began.")
        return
    if begun:
        say(scan, f"Scan of {scan.repository.full_name} began.")
    if scan.repository.removed_at is not None:
        finish(
            scan,
            State.FAILED,
            f"{scan.repository.full_name} was disconnected. Connect it again, and create a new scan of it.",
        )
        return
    if not is_there(scan.repository):
        finish(
            scan,
            State.FAILED,
            f"{scan.repository.full_name} is not where it was connected. "
            "Connect it again, then run the scan again.",
        )
        return
    if not scan.repository.is_served and not fetch(scan):
        return
    try:
        _settle(scan)
    except InvalidInput as problem:
        finish(scan, State.FAILED, problem.message)


def _settle(scan: Scan) -> None:
    git_dir = scan.repository.git_dir
    if scan.ref:
        # The object and not the name: a push in the middle of it must not make two halves of two histories.
        tip = refs.named(git_dir, scan.ref, scan.repository.full_name)
        scan.ref, scan.tip, scan.commit = tip.ref, tip.object_id, tip.commit
    else:
        scan.commit = refs.head(git_dir)
        scan.evidence = {**scan.evidence, "branch": refs.head_ref(git_dir)}
    scan.save(update_fields=["ref", "tip", "commit", "evidence"])


@step
def read(row: int) -> None:
    """Reads the repository and stores what was found. In one step, since the token cannot be kept between two."""
    scan = _scan(row)
    if scan is None or scan.state != State.RUNNING or scan.imported or _stopped(scan):
        return
    scan.attempts += 1
    scan.save(update_fields=["attempts"])
    if scan.attempts > MOST_ATTEMPTS:
        finish(
            scan,
            State.FAILED,
            f"It was interrupted {MOST_ATTEMPTS} times. "
            "The server's log says why; a smaller part, such as one branch, may do.",
        )
        return
    if scan.attempts > 1:
        say(scan, f"Going on after an interruption, attempt {scan.attempts}.")
    result = read_repository(scan)
    if result is not None:
        store(scan, result)
        return
    scan.refresh_from_db(fields=["stop_requested", "attempts", "state"])
    if not _stopped(scan) and scan.state == State.RUNNING:
        finish(scan, State.FAILED, "The scan's token was revoked while it was reading.")


def _stopped(scan: Scan) -> bool:
    return scan.stop_requested and finish(scan, State.STOPPED, "Stopped on request.")


def store(scan: Scan, result: core.ScanResult) -> None:
    """Keeps the result of a running scan, in the place of what an earlier attempt left."""
    rows = ("findings", "libraries")
    evidence = {key: value for key, value in result.to_json().items() if key not in rows}
    with transaction.atomic():
        mine = (
            Scan.objects.select_for_update()
            .filter(pk=scan.pk, state=State.RUNNING, attempts=scan.attempts)
            .update(
                stage=Stage.STORE,
                evidence={**scan.evidence, **evidence},
                commit=result.commit or scan.commit,
                environment=still_there(scan.environment),
            )
        )
        if not mine:
            return  # deleted, or taken over by a later attempt whose result will stand
        found = settled(scan, result.findings, complete=result.status is Status.COMPLETE)
        Finding.objects.filter(scan=scan).delete()
        Finding.objects.bulk_create([Finding.of(scan, each) for each in found], batch_size=500)
        Inventory.objects.filter(scan=scan).delete()
        if result.libraries:
            Inventory.of(scan, result.libraries).save()
    if scan.environment is not None and still_there(scan.environment) is None:
        say(scan, "Its environment was removed before it was scanned, so no policy judges it.")
    read = "" if scan.imported else f"{result.objects:,} objects read, "
    say(scan, f"{read}{len(result.findings):,} findings stored.")


@step
def conclude(row: int) -> None:
    """Compares with the scan before, counts, and ends the scan."""
    scan = _scan(row)
    if scan is None or scan.state != State.RUNNING or _stopped(scan):
        return
    Scan.objects.filter(pk=row).update(stage=Stage.CONCLUDE)
    known = before(scan)
    _mark_new(scan, known.seen or frozenset())
    reasons = scan.evidence.get("reasons") or []
    finish(
        scan,
        State.INCOMPLETE if reasons else State.COMPLETE,
        "; ".join(reasons),
        counters=counted(scan, known),
    )


def _mark_new(scan: Scan, seen: frozenset[str]) -> None:
    new = [number for number, key in scan.findings.order_by().values_list("pk", "key") if key not in seen]
    for start in range(0, len(new), _BATCH):
        Finding.objects.filter(pk__in=new[start : start + _BATCH]).update(new=True)


def _scan(row: int) -> Scan | None:
    return Scan.objects.select_related("repository__owner", "token").filter(pk=row).first()
