"""What people do with environments: make, change and remove them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from keyhole.accounts.services import require
from keyhole.audit.log import ALLOWED, Draft, append
from keyhole.core.caller import Caller
from keyhole.core.errors import Conflict, InvalidInput, NotFound
from keyhole.core.names import alike
from keyhole.core.terms import Severity
from keyhole.environments import removal
from keyhole.environments.models import UPSTREAM, Environment, Policy
from keyhole.notifications.models import Channel
from keyhole.tokens.services import checked_text

_NAME, _DESCRIPTION = 40, 1024
_LONGEST_DUE, _LARGEST_RANK = 3650, 9999
_TITLES = {
    "name": "name",
    "description": "description",
    "rank": "place in lists",
    "policy_id": "policy",
    "due_days": "days",
    "channel_ids": "channels",
    "upstream": "word to GitHub",
}


@dataclass(frozen=True, slots=True)
class EnvironmentSpec:
    """An environment as a person wants it."""

    name: str
    description: str = ""
    rank: int = 100
    """The lowest is listed first."""
    policy_id: int | None = None
    """What its scans are judged by; None for nothing."""
    due_days: Mapping[str, int] = field(default_factory=dict)
    """Days until a finding is due, by severity; without an entry it never is."""
    channel_ids: tuple[int, ...] = ()
    """Notification channels that hear of breaches and overdue findings at once."""
    upstream: tuple[str, ...] = ()
    """What GitHub is told of each scan; see `models.UPSTREAM`."""


def list_environments(caller: Caller) -> QuerySet[Environment]:
    """Every environment, in the order of their ranks."""
    require(caller, "environment:read")
    rows = Environment.objects.filter(removed_at=None).select_related("policy")
    return rows.prefetch_related("channels")


def get(caller: Caller, number: int) -> Environment:
    """One environment. NotFound if there is none with this id."""
    found = list_environments(caller).filter(pk=number).first() if 0 < number < 2**63 else None
    if found is None:
        raise _no_such()
    return found


def by_name(caller: Caller, name: str) -> Environment:
    """The environment of this name, or with this id. NotFound if there is none."""
    rows = list_environments(caller)
    found = rows.filter(name=name).first()
    if found is None and name.isascii() and name.isdigit() and len(name) < 19:
        found = rows.filter(pk=int(name)).first()
    if found is None:
        raise _no_such()
    return found


def spec_of(row: Environment) -> EnvironmentSpec:
    """The environment as it is, to change some of it."""
    return EnvironmentSpec(
        row.name,
        row.description,
        row.rank,
        row.policy_id,
        dict(row.due_days),
        tuple(channel.pk for channel in row.channels.all() if channel.removed_at is None),
        tuple(row.upstream),
    )


def create(caller: Caller, spec: EnvironmentSpec) -> Environment:
    """Make an environment. InvalidInput names the field that is wrong; Conflict if the name is taken."""
    require(caller, "environment:change")
    return _save(caller, Environment(created_at=timezone.now()), spec, "environment:create")


def mark_of(row: Environment) -> str:
    """Tells the environment as it is from any other state of it."""
    return hashlib.sha256(repr(spec_of(row)).encode()).hexdigest()[:16]


def change(caller: Caller, number: int, spec: EnvironmentSpec, seen: str = "") -> Environment:
    """Change an environment. Its scans from now on are measured by it; verdicts on earlier ones stay as they are.

    Conflict if the name is taken, or if it is not any more as it was when `seen`, its mark, was taken.
    """
    require(caller, "environment:change")
    known = get(caller, number)
    with transaction.atomic():
        # Whoever changes it at this moment is waited for: SQLite does that by itself.
        Environment.objects.select_for_update().get(pk=known.pk)
        row = get(caller, number)
        if seen and seen != mark_of(row):
            _refuse_unseen(row, spec)
        return _save(caller, row, spec, "environment:change")


def _plain(value: object) -> object:
    return frozenset(value) if isinstance(value, tuple) else value


def _refuse_unseen(row: Environment, spec: EnvironmentSpec) -> None:
    now = spec_of(row)
    differ = [
        title for name, title in _TITLES.items() if _plain(getattr(now, name)) != _plain(getattr(spec, name))
    ]
    if differ:
        raise Conflict(
            f"Somebody changed {row.name} meanwhile. Not what this says is its {', '.join(differ)}.",
            hint="Look at what it is now. To have it as it stands here all the same, save again.",
        )


def remove(caller: Caller, number: int) -> Environment:
    """Remove an environment, and its due dates. Scans that it measured keep its name and their verdicts."""
    require(caller, "environment:change")
    with transaction.atomic():
        row = get(caller, number)
        row.removed_at = timezone.now()
        row.save(update_fields=["removed_at"])
        removal.run_parts(row.pk)
        _record(caller, "environment:remove", row)
    return row


def _save(caller: Caller, row: Environment, spec: EnvironmentSpec, action: str) -> Environment:
    before, row.name = row.name, checked_text("name", spec.name, _NAME, lines=False)
    if not row.name:
        raise InvalidInput("An environment needs a name.", field="name")
    row.description = checked_text("description", spec.description, _DESCRIPTION, lines=False)
    if not 0 <= spec.rank <= _LARGEST_RANK:
        raise InvalidInput(f"The rank is from 0 to {_LARGEST_RANK:,}.", field="rank")
    row.rank = spec.rank
    row.policy = _policy(spec.policy_id)
    row.due_days = _due(spec.due_days)
    row.upstream = _upstream(spec.upstream)
    channels = _channels(spec.channel_ids)
    try:
        with transaction.atomic():
            if row.name != before:  # two that are alike since long ago stay as they are
                _refuse_alike(row)
            row.save()
            row.channels.set(channels)
            _record(caller, action, row)
    except IntegrityError as problem:
        raise _taken(row.name) from problem
    return row


def _refuse_alike(row: Environment) -> None:
    others = Environment.objects.filter(removed_at=None).exclude(pk=row.pk)
    if known := alike(row.name, others.values_list("name", flat=True)):
        raise _taken(known)


def _taken(name: str) -> Conflict:
    return Conflict(f"There is an environment {name!r} already.", hint="Choose another name.")


def _policy(number: int | None) -> Policy | None:
    if number is None:
        return None
    found = Policy.objects.filter(pk=number, removed_at=None).first() if 0 < number < 2**63 else None
    if found is None:
        raise InvalidInput("There is no such scan policy.", field="policy")
    return found


def _due(given: Mapping[str, int]) -> dict[str, int]:
    known = [severity.value for severity in Severity]
    for severity, days in given.items():
        if severity not in known:
            raise InvalidInput(f"{str(severity)[:40]!r} is no severity.", field="due_days")
        if type(days) is not int or not 1 <= days <= _LONGEST_DUE:
            raise InvalidInput(f"A finding is due after 1 to {_LONGEST_DUE:,} days.", field="due_days")
    return {severity: given[severity] for severity in known if severity in given}


def _upstream(given: tuple[str, ...]) -> list[str]:
    strange = [name for name in given if name not in UPSTREAM]
    if strange:
        raise InvalidInput(
            f"{strange[0][:40]!r} is nothing that GitHub can be told.",
            field="upstream",
            hint=f"It is one of {', '.join(UPSTREAM)}.",
        )
    return [name for name in UPSTREAM if name in given]


def _channels(numbers: tuple[int, ...]) -> list[Channel]:
    found = list(Channel.objects.filter(pk__in=numbers, removed_at=None))
    if len(found) != len(set(numbers)):
        raise InvalidInput("There is no such notification channel.", field="channels")
    return found


def _no_such() -> NotFound:
    return NotFound(
        "There is no such environment.", hint="`keyhole environment list` shows the environments."
    )


def _record(caller: Caller, action: str, row: Environment) -> None:
    subject = {
        "environment": row.name,
        "environment_id": row.pk,
        "policy": row.policy.name if row.policy else "",
        "due_days": row.due_days,
        "channels": sorted(channel.name for channel in row.channels.all()),
        "upstream": row.upstream,
    }
    append(Draft(action=action, outcome=ALLOWED, actor=caller.as_actor(), subject=subject))
