"""Telling GitHub as a durable job: each thing by itself, again after what passes, and once for what does not.

What is due is found in the rows, so that a worker that dies leaves nothing untold. Everything that is told may be
told twice: a crash between telling and remembering does that.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from keyhole.audit.log import DENIED, Draft, append
from keyhole.core.caller import Caller
from keyhole.core.errors import KeyholeError, Unavailable
from keyhole.core.redact import one_line
from keyhole.findings.models import Telling
from keyhole.findings.telling import JOB
from keyhole.jobs import job, step
from keyhole.notifications.events import Event, Severity
from keyhole.notifications.publishing import publish
from keyhole.providers.github.problems import GitHubProblem
from keyhole.reports.gather import WITH_RESULT
from keyhole.reports.github.alerts import told_since
from keyhole.reports.github.parts import PARTS
from keyhole.reports.github.standing import told_in_its_place
from keyhole.reports.github.target import reached
from keyhole.reports.github.words import Outcome
from keyhole.scans.life import acting_for
from keyhole.scans.models import FINISHED, Scan

KIND = JOB
_AGAIN = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
"""Pauses after what passes by itself; after the last one it is given up."""


def _due() -> Iterable[int]:
    rows = Telling.objects.filter(state=Telling.State.WAITING, due_at__lte=timezone.now())
    return rows.filter(scan__state__in=FINISHED).order_by("due_at").values_list("pk", flat=True)


def _failed(row: int, reason: str) -> None:
    telling = _waiting(row)
    if telling is not None:
        _give_up(acting_for(telling.scan), telling, reason)


@job(KIND, unfinished=_due, failed=_failed)
def tell_github(row: int) -> None:
    """Tells one thing."""
    tell(row)


@step
def tell(row: int) -> None:
    """Tells it, and remembers what came of it."""
    telling = _waiting(row)
    if telling is None or not telling.scan.finished or telling.due_at > timezone.now():
        return
    if telling.scan.state not in WITH_RESULT:
        _end(telling, Telling.State.NOTHING, "The scan came to no result.")
        return
    later = _told_later(telling)
    if later is not None:
        _end(telling, Telling.State.NOTHING, f"GitHub was told of scan {later}, which is later.")
        return
    telling.attempts += 1
    telling.save(update_fields=["attempts"])
    part, caller = PARTS[telling.what], acting_for(telling.scan)
    try:
        with reached(caller, telling.scan, part.permission) as target:
            outcome = part.tell(target)
    except KeyholeError as problem:
        _not_told(caller, telling, problem)
    else:
        _told(telling, outcome)


def _told_later(telling: Telling) -> int | None:
    """A later scan of which the same was told, and that says all that this one could: GitHub keeps what comes last."""
    scan = telling.scan
    if telling.what != "sarif":
        return told_in_its_place(scan, telling.what)
    since = told_since(scan)
    return max(since.values()) if scan.scanners and since.keys() >= set(scan.scanners) else None


def _told(telling: Telling, outcome: Outcome) -> None:
    state = Telling.State.NOTHING if outcome.nothing else Telling.State.DONE
    _end(telling, state, outcome.said, url=outcome.url)


def _not_told(caller: Caller, telling: Telling, problem: KeyholeError) -> None:
    passing = isinstance(problem, Unavailable) or (isinstance(problem, GitHubProblem) and problem.passing)
    if passing and telling.attempts <= len(_AGAIN):
        again = timezone.now() + _AGAIN[telling.attempts - 1]
        until = problem.until if isinstance(problem, GitHubProblem) else None
        telling.due_at = max(again, until) if isinstance(until, datetime) else again
        telling.said, telling.hint = one_line(problem.message, 500), "It is tried again by itself."
        telling.save(update_fields=["due_at", "said", "hint"])
        return
    _give_up(caller, telling, problem.message, problem.hint)


def _give_up(caller: Caller, telling: Telling, reason: str, hint: str = "") -> None:
    """Ends it untold, which people have to know: GitHub goes on showing what it was told before."""
    with transaction.atomic():
        _end(telling, Telling.State.FAILED, reason, hint=hint)
        append(
            Draft(
                action="github:write",
                outcome=DENIED,
                actor=caller.as_actor(),
                subject={
                    "what": telling.get_what_display(),
                    "scan_id": telling.scan_id,
                    "repository": telling.scan.repository.full_name,
                    "reason": telling.said,
                },
            )
        )
        publish(caller, _event(telling))


def _end(telling: Telling, state: Telling.State, said: str, *, hint: str = "", url: str = "") -> None:
    telling.state, telling.said, telling.hint = state, one_line(said, 500), one_line(hint, 500)
    telling.url, telling.ended_at = url, timezone.now()
    telling.save(update_fields=["state", "said", "hint", "url", "ended_at"])


def _event(telling: Telling) -> Event:
    what = telling.get_what_display().lower()
    title = f"GitHub could not be told of the scan of {telling.scan.repository.full_name}: {what}"
    return Event(
        "scan.untold", Severity.WARNING, title, f"{telling.said} {telling.hint}", f"/scans/{telling.scan_id}"
    )


def _waiting(row: int) -> Telling | None:
    scans = Scan.objects.select_related("repository__owner", "repository__connection", "environment")
    telling = Telling.objects.filter(pk=row, state=Telling.State.WAITING).first()
    if telling is not None:
        telling.scan = scans.get(pk=telling.scan_id)
    return telling
