"""Sending reports that are due, as a durable job.

A report is made when it is due, with the rights of the person who asked for it, and attempted up to five times. Each
attempt is in its row before it is made; if the process dies in the middle, it is made again, so that a report may come
twice. A time that passed while nobody worked comes once, as soon as somebody does.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from keyhole.accounts.services import require
from keyhole.core.caller import Caller, Via
from keyhole.core.errors import Conflict, KeyholeError, PermissionDenied
from keyhole.core.redact import one_line
from keyhole.core.secret import Secret
from keyhole.jobs import job, step
from keyhole.notifications.channels.interface import Attachment
from keyhole.notifications.delivery import DIED, MOST_ATTEMPTS, PAUSES, send_at_once
from keyhole.notifications.events import Event, Severity
from keyhole.notifications.publishing import publish
from keyhole.reports import filters, gather, services, shares
from keyhole.reports.dataset import Dataset
from keyhole.reports.mailing import KIND, plan, what
from keyhole.reports.models import Mailing, Sending

log = logging.getLogger("keyhole.reports")

LARGEST = 15_000_000
"""Bytes of an attachment; many mail servers take no more than 20 MB, and mail is a third larger than what is in it."""
_LEASE = timedelta(minutes=10)
_KEPT = timedelta(days=365)


def _due() -> Iterable[int]:
    rows = Sending.objects.filter(
        done_at=None, due_at__lte=timezone.now(), mailing__paused_at=None, mailing__removed_at=None
    )
    return rows.order_by("due_at", "pk").values_list("pk", flat=True)


def _failed(row: int, reason: str) -> None:
    sending = Sending.objects.filter(pk=row, done_at=None).first()
    if sending is not None:
        _end(sending, reason, failed=True)


@job(KIND, unfinished=_due, failed=_failed)
def run(row: int) -> None:
    """Send one report."""
    send_report(row)


@step
def send_report(row: int) -> None:
    """One attempt. What has ended, or is not due yet, is left alone."""
    claimed = Sending.objects.filter(pk=row, done_at=None, due_at__lte=timezone.now()).update(
        attempts=F("attempts") + 1, due_at=timezone.now() + _LEASE
    )
    if not claimed:
        return
    sending = Sending.objects.select_related(
        "mailing__channel", "mailing__repository__owner", "mailing__created_by"
    ).get(pk=row)
    mailing = sending.mailing
    if sending.attempts > MOST_ATTEMPTS:
        _end(sending, DIED, failed=True)
        return
    try:
        said, arrived, final = _attempt(mailing)
    except PermissionDenied as problem:
        Mailing.objects.filter(pk=mailing.pk).update(paused_at=timezone.now())
        _end(sending, f"{problem.message} The mailing is paused.", failed=True)
    except KeyholeError as problem:
        _end(sending, f"{problem.message} {problem.hint}".strip(), failed=True)
    else:
        if arrived or final or sending.attempts >= MOST_ATTEMPTS:
            _end(sending, said, failed=not arrived)
        else:
            _again(sending, said)


def _attempt(mailing: Mailing) -> tuple[str, bool, bool]:
    """What came of it, whether it arrived, and whether trying again is pointless."""
    caller = _acting_for(mailing)
    require(caller, "report:mail")
    if mailing.channel.removed_at is not None or mailing.channel.paused_at is not None:
        raise Conflict(f"The channel {mailing.channel.name} is paused or removed.")
    report = _report(caller, mailing)
    attachments: tuple[Attachment, ...] = ()
    way_in: Secret | None = None
    if mailing.form:
        attachments = (_attached(report, mailing.form),)
    else:
        made = shares.create(caller, report, scan=_scan(report), days=mailing.link_days)
        way_in = made.link
    done = send_at_once(caller, mailing.channel, _event(mailing, report), attachments, way_in)
    if not done.arrived and way_in is not None:
        shares.revoke(caller, made.share.pk)
    return done.said, done.arrived, done.final


def _acting_for(mailing: Mailing) -> Caller:
    person = mailing.created_by
    return Caller(person.pk if person else None, f"report {mailing.pk}", Via.JOB)


def _report(caller: Caller, mailing: Mailing) -> Dataset:
    if mailing.repository is None:
        return services.of_filter(caller, filters.loaded(mailing.query), title=mailing.name)
    if mailing.repository.removed_at is not None:
        raise Conflict(
            f"{mailing.repository.full_name} is not connected any more.",
            hint="Connect it again, or remove the mailing.",
        )
    scan = gather.newest_scan(mailing.repository.pk, mailing.ref)
    if scan is None:
        raise Conflict(f"No scan of {mailing.repository.full_name} has come to a result yet.")
    return services.of_scan(caller, scan.pk)


def _scan(report: Dataset) -> int | None:
    numbers = [source.number for source in report.sources]
    return numbers[0] if len(numbers) == 1 else None


def _attached(report: Dataset, form: str) -> Attachment:
    found = services.document(report, form, "keyhole-report")
    if len(found.body) > LARGEST:
        raise Conflict(
            f"The report has {len(found.body) / 1e6:,.0f} MB, which is too much for mail.",
            hint="Have a link sent instead, or narrow the filter.",
        )
    return Attachment(found.name, found.media, found.body)


def _event(mailing: Mailing, report: Dataset) -> Event:
    severity = Severity.WARNING if report.open or not report.complete else Severity.INFO
    facts = {name.capitalize(): str(number) for name, number in report.by_severity.items() if number}
    url = f"/scans/{_scan(report)}" if mailing.repository and _scan(report) else "/findings"
    # What a report over findings is about is its filter, which stands below as what is reported.
    text = report.verdict if report.filtered else f"{report.verdict} {report.about}"
    told = {"Report": what(mailing), **facts}
    return Event("report.mailed", severity, f"{mailing.name}: {report.verdict}", text, url, told)


def _again(sending: Sending, said: str) -> None:
    pause = PAUSES[sending.attempts - 1]
    Sending.objects.filter(pk=sending.pk).update(due_at=timezone.now() + pause, outcome=one_line(said, 500))


def _end(sending: Sending, outcome: str, *, failed: bool) -> None:
    """End it, and put the next one in its place."""
    now = timezone.now()
    with transaction.atomic():
        ended = Sending.objects.filter(pk=sending.pk, done_at=None).update(
            done_at=now, failed=failed, outcome=one_line(outcome, 500)
        )
        if ended:
            plan(Mailing.objects.get(pk=sending.mailing_id))
            Sending.objects.filter(done_at__lt=now - _KEPT).delete()
    if failed and ended:
        log.warning("mailing %d was not sent: %s", sending.mailing_id, one_line(outcome, 200))
        _tell(sending.mailing, outcome)


def _tell(mailing: Mailing, outcome: str) -> None:
    told = Event(
        "report.failed",
        Severity.WARNING,
        f"The report {mailing.name} was not sent",
        outcome,
        f"/reports/mail/{mailing.pk}",
        {"Channel": mailing.channel.name},
    )
    publish(Caller(None, f"report {mailing.pk}", Via.JOB), told)
