"""Reports that are sent by mail again and again: what is sent to whom and when, and having it so."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from keyhole.accounts.services import require
from keyhole.audit.log import ALLOWED, Draft, append
from keyhole.core.caller import Caller
from keyhole.core.errors import InvalidInput, NotFound
from keyhole.core.redact import one_line
from keyhole.findings.filtering import ProblemFilter
from keyhole.jobs import engine
from keyhole.notifications.models import Channel
from keyhole.reports import filters, shares
from keyhole.reports.models import Mailing, Sending
from keyhole.reports.renderers.interface import renderers
from keyhole.repositories import services as repositories
from keyhole.schedules import times

KIND = "report-mail"
"""The job's kind."""
PRESETS = (
    times.Preset("daily", "Every day at 7:00", "0 7 * * *"),
    times.Preset("weekly", "Mondays at 7:00", "0 7 * * 1"),
    times.Preset("monthly", "The first of the month at 7:00", "0 7 1 * *"),
)
_LONGEST_NAME = 100
_TOO_OFTEN = "Choose fewer times: daily, weekly and monthly are enough for most reports."


@dataclass(frozen=True, slots=True)
class MailingSpec:
    """A mailing as a person wants it."""

    name: str
    channel: int
    """Id of a channel of the kind mail."""
    cron: str
    """When: five fields, or the id of one of `PRESETS`."""
    zone: str = "UTC"
    repository: int = 0
    """Whose newest scan is reported; 0 for a report over findings."""
    ref: str = ""
    query: ProblemFilter = field(default_factory=ProblemFilter)
    """Which findings, where no repository is given."""
    form: str = "pdf"
    """Format of what is attached; empty to send a link."""
    link_days: int = shares.DEFAULT_DAYS
    """How long such a link works."""


def create(caller: Caller, spec: MailingSpec) -> Mailing:
    """Have a report sent from now on. InvalidInput names the field that is wrong."""
    user = require(caller, "report:mail")
    _check_form(caller, spec)
    if spec.ref.strip() and not spec.repository:
        raise InvalidInput(
            "A branch or tag is of a repository, and none was chosen.",
            field="ref",
            hint="Choose the repository as well, or leave out the branch.",
        )
    preset = {each.id: each.cron for each in PRESETS}
    cron = times.check(preset.get(spec.cron, spec.cron), spec.zone, too_often=_TOO_OFTEN)
    mailing = Mailing(
        name=_name(spec.name),
        repository=repositories.get(caller, spec.repository) if spec.repository else None,
        ref=spec.ref.strip()[:1000],
        query={} if spec.repository else filters.stored(spec.query),
        cron=cron,
        zone=spec.zone,
        channel=channel_of(spec.channel),
        form=spec.form,
        link_days=0 if spec.form else spec.link_days,
        created_by=user,
        created_at=timezone.now(),
    )
    with transaction.atomic():
        mailing.save()
        plan(mailing)
        _record(caller, "report:mail", mailing, to=mailing.channel.name, cron=cron, zone=spec.zone)
    return mailing


def _check_form(caller: Caller, spec: MailingSpec) -> None:
    if spec.form and spec.form not in renderers():
        raise InvalidInput(
            "There is no such format.", field="form", hint=f"There are: {', '.join(renderers())}."
        )
    if not spec.form:
        require(caller, "report:share")
        shares.check_days(spec.link_days)


def _name(text: str) -> str:
    name = one_line(text, len(text))
    if not name:
        raise InvalidInput("A mailing needs a name.", field="name")
    if len(name) > _LONGEST_NAME:
        raise InvalidInput(
            f"The name has {len(name):,} characters; at most {_LONGEST_NAME:,} are kept.", field="name"
        )
    return name


def channel_of(number: int) -> Channel:
    """The channel, if it is one that sends mail. InvalidInput."""
    rows = mail_channels().filter(pk=number) if 0 < number < 2**63 else Channel.objects.none()
    found = rows.first()
    if found is None:
        raise InvalidInput(
            "Choose a channel that sends mail.",
            field="channel",
            hint="They are made under Settings, Notifications.",
        )
    return found


def mail_channels() -> QuerySet[Channel]:
    """Channels that a report can be sent through."""
    return Channel.objects.filter(kind="mail", removed_at=None).order_by("name")


def list_mailings(caller: Caller) -> QuerySet[Mailing]:
    """Every mailing, by name."""
    require(caller, "report:read")
    return Mailing.objects.filter(removed_at=None).select_related(
        "channel", "repository__owner", "created_by"
    )


def get(caller: Caller, number: int) -> Mailing:
    """One mailing. NotFound."""
    found = list_mailings(caller).filter(pk=number).first() if 0 < number < 2**63 else None
    if found is None:
        raise NotFound("There is no such mailing.", hint="`keyhole mailing list` lists them.")
    return found


def set_paused(caller: Caller, number: int, paused: bool) -> Mailing:
    """Send nothing until further notice, or go on."""
    require(caller, "report:mail")
    with transaction.atomic():
        mailing = get(caller, number)
        mailing.paused_at = timezone.now() if paused else None
        mailing.save(update_fields=["paused_at"])
        plan(mailing)
        _record(caller, "report:mail", mailing, paused=paused)
    return mailing


def remove(caller: Caller, number: int) -> None:
    """Send it no more."""
    require(caller, "report:mail")
    with transaction.atomic():
        mailing = get(caller, number)
        mailing.removed_at = timezone.now()
        mailing.save(update_fields=["removed_at"])
        plan(mailing)
        _record(caller, "report:mail", mailing, removed=True)


def send_now(caller: Caller, number: int) -> Sending:
    """Send it once more, now; its own times stay."""
    require(caller, "report:mail")
    with transaction.atomic():
        mailing = get(caller, number)
        Sending.objects.filter(mailing=mailing, done_at=None).delete()
        sending = Sending.objects.create(mailing=mailing, due_at=timezone.now())
        _record(caller, "report:mail", mailing, now=True)
        transaction.on_commit(lambda: engine.enqueue(KIND, sending.pk))
    return sending


def plan(mailing: Mailing) -> None:
    """Put the row that is due next in agreement with the mailing."""
    Sending.objects.filter(mailing=mailing, done_at=None).delete()
    if mailing.paused_at is None and mailing.removed_at is None:
        following = next(times.upcoming(mailing.cron, mailing.zone, timezone.now()))
        Sending.objects.create(mailing=mailing, due_at=following)


def sendings(caller: Caller, mailing: Mailing, most: int = 20) -> list[Sending]:
    """What was sent, or is to be, the newest first."""
    require(caller, "report:read")
    return list(mailing.sendings.all()[:most])


def what(mailing: Mailing) -> str:
    """What is reported, in words."""
    if mailing.repository is None:
        return filters.sentence(filters.loaded(mailing.query))
    return f"The newest scan of {mailing.repository.full_name}{f', {mailing.ref}' if mailing.ref else ''}"


def when(mailing: Mailing) -> str:
    """When it is sent, in words."""
    return "Paused" if mailing.paused_at else f"{times.explain(mailing.cron)} ({mailing.zone})"


def is_sent(mailing: Mailing) -> str:
    """The same for within a sentence: `sent at 07:00 (UTC)`, or `paused`."""
    words = when(mailing)
    return f"{'' if mailing.paused_at else 'sent '}{words[:1].lower()}{words[1:]}"


def _record(caller: Caller, action: str, mailing: Mailing, **more: object) -> None:
    subject = {
        "mailing_id": mailing.pk,
        "mailing": mailing.name,
        "repository": mailing.repository.full_name if mailing.repository else "",
        **more,
    }
    append(Draft(action, ALLOWED, caller.as_actor(), subject))
