"""What people do with channels: make, change, pause, test and remove them, and see what was sent."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from keyhole.accounts.services import require
from keyhole.audit.log import ALLOWED, Draft, append
from keyhole.core.caller import Caller
from keyhole.core.errors import Conflict, InvalidInput, NotFound
from keyhole.core.names import alike
from keyhole.core.redact import one_line
from keyhole.core.secret import Secret
from keyhole.notifications.channels.interface import ChannelKind, kind_of
from keyhole.notifications.delivery import AtOnce, place, send_at_once
from keyhole.notifications.events import EVENTS, OTHERS, Event, Severity
from keyhole.notifications.models import Channel, Delivery, Rule, When
from keyhole.providers.outgoing import configured
from keyhole.vault import services as vault

_LONGEST_NAME = 60
_LONGEST_VALUE = 4000


@dataclass(frozen=True, slots=True)
class RuleSpec:
    """What a channel is to be told of one kind of event."""

    when: When
    least: Severity = Severity.INFO


DEFAULT_RULES: Mapping[str, RuleSpec] = {
    OTHERS: RuleSpec(When.IMMEDIATELY, Severity.WARNING),
    "scan.findings": RuleSpec(When.DAILY, Severity.INFO),
}
"""What a new channel is told: warnings at once, new findings once a day."""


@dataclass(frozen=True, slots=True)
class ChannelSpec:
    """A channel as a person wants it."""

    kind: str
    name: str
    values: Mapping[str, str] = field(repr=False)
    """Every field of the kind, secret ones too."""
    rules: Mapping[str, RuleSpec] = field(default_factory=lambda: DEFAULT_RULES)


@dataclass(frozen=True, slots=True)
class Made:
    """A new channel, and what was generated for it: shown once, to whoever made it."""

    channel: Channel
    generated: Mapping[str, Secret]


def list_channels(caller: Caller) -> list[Channel]:
    """Every channel, by name."""
    require(caller, "notification:read")
    return list(Channel.objects.filter(removed_at=None).prefetch_related("rules").order_by("name"))


def get(caller: Caller, number: int) -> Channel:
    """One channel; NotFound when there is none with this number."""
    require(caller, "notification:read")
    return _existing(number)


def create(caller: Caller, spec: ChannelSpec) -> Made:
    """Make a channel; its secrets go to the vault. InvalidInput names the field that is wrong."""
    user = require(caller, "notification:change")
    kind = kind_of(spec.kind)
    given, generated = _completed(kind, spec.values)
    values = kind.check(given, configured())
    name = _name(spec.name)
    rules = _checked(spec.rules)
    with transaction.atomic():
        _refuse_taken(name)
        channel = Channel.objects.create(name=name, kind=kind.id, values=values, created_by=user)
        for each in kind.secret_fields:
            vault.keep(caller, place(channel.pk, each.name), Secret(given[each.name]))
        _write_rules(channel, rules)
        _record(caller, "notification:create", channel)
    return Made(channel, generated)


def set_rules(caller: Caller, number: int, rules: Mapping[str, RuleSpec]) -> Channel:
    """Replace what the channel is told."""
    require(caller, "notification:change")
    checked = _checked(rules)
    with transaction.atomic():
        channel = _existing(number)
        channel.rules.all().delete()
        _write_rules(channel, checked)
        words = {kind: f"{rule.when.value} from {rule.least.value}" for kind, rule in checked.items()}
        _record(caller, "notification:change", channel, rules=words)
    return _existing(number)


def change(caller: Caller, number: int, name: str, values: Mapping[str, str]) -> Channel:
    """Give a channel another name or other settings. A secret that is left empty stays as it is.

    InvalidInput names the field that is wrong; nothing is changed then.
    """
    require(caller, "notification:change")
    channel = _existing(number)
    kind = kind_of(channel.kind)
    new = {each.name: values.get(each.name, "").strip() for each in kind.secret_fields}
    known = {
        each: vault.reveal(caller, place(number, each)).reveal() for each, text in new.items() if not text
    }
    given, _ = _completed(kind, {**values, **{each: text for each, text in new.items() if text}, **known})
    checked, name = kind.check(given, configured()), _name(name)
    with transaction.atomic():
        channel = _existing(number)
        if name != channel.name:
            _refuse_taken(name, channel.pk)
        before, changed = channel.name, sorted(each for each, text in new.items() if text)
        channel.name, channel.values, channel.problem = name, checked, ""
        channel.save(update_fields=["name", "values", "problem"])
        for each in changed:
            vault.keep(caller, place(number, each), Secret(given[each]))
        _record(caller, "notification:change", channel, before=before, secrets=changed)
    return channel


def set_paused(caller: Caller, number: int, paused: bool) -> Channel:
    """Stop telling the channel anything, or begin again. What was published meanwhile is not sent later."""
    require(caller, "notification:change")
    with transaction.atomic():
        channel = _existing(number)
        channel.paused_at = timezone.now() if paused else None
        channel.save(update_fields=["paused_at"])
        _record(caller, "notification:change", channel, paused=paused)
    return channel


def remove(caller: Caller, number: int) -> Channel:
    """Remove a channel and forget its secrets. What was sent stays in the audit log only."""
    require(caller, "notification:change")
    with transaction.atomic():
        channel = _existing(number)
        channel.removed_at = timezone.now()
        channel.save(update_fields=["removed_at"])
        for each in kind_of(channel.kind).secret_fields:
            vault.forget(caller, place(channel.pk, each.name))
        _record(caller, "notification:remove", channel)
    return channel


def test(caller: Caller, number: int) -> AtOnce:
    """Send a message to the channel now, and tell what really came of it. Also when the channel is paused."""
    require(caller, "notification:change")
    channel = _existing(number)
    event = Event(
        "notification.test",
        Severity.INFO,
        f"A test of the channel {channel.name}",
        "If you can read this, notifications of Keyhole arrive here.",
        f"/settings/notifications/{channel.pk}",
        {"Sent by": caller.name},
    )
    result = send_at_once(caller, channel, event)
    with transaction.atomic():
        _record(caller, "notification:test", channel, arrived=result.arrived)
    return result


def deliveries(caller: Caller, number: int | None = None, most: int = 50) -> list[Delivery]:
    """What was sent or is waiting, the newest first; of one channel, or of all that are there."""
    require(caller, "notification:read")
    rows = Delivery.objects.filter(channel__removed_at=None).select_related("channel")
    if number is not None:
        rows = rows.filter(channel=_existing(number))
    rows = rows.annotate(latest=Max("occurrences__at"))
    return list(rows.prefetch_related("occurrences").order_by("-pk")[:most])


def _completed(kind: ChannelKind, values: Mapping[str, str]) -> tuple[dict[str, str], dict[str, Secret]]:
    """Every field of the kind as text, with what may be generated made where it is empty."""
    given, generated = {}, {}
    for each in kind.fields:
        text = values.get(each.name, "").strip()
        if not text and each.generated:
            text = secrets.token_urlsafe(32)
            generated[each.name] = Secret(text)
        if not text:
            raise InvalidInput(f"{each.label} is missing.", field=each.name)
        if len(text) > _LONGEST_VALUE:
            raise InvalidInput(f"{each.label} is too long.", field=each.name)
        given[each.name] = text
    return given, generated


def _name(text: str) -> str:
    name = text.strip()
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise InvalidInput(f"A name has 1 to {_LONGEST_NAME} characters, on one line.", field="name")
    return name


def _refuse_taken(name: str, own: int = 0) -> None:
    others = Channel.objects.filter(removed_at=None).exclude(pk=own)
    if known := alike(name, others.values_list("name", flat=True)):
        raise Conflict(f"There is a channel {known} already.", hint="Choose another name.")


def _checked(rules: Mapping[str, RuleSpec]) -> Mapping[str, RuleSpec]:
    unknown = [kind for kind in rules if kind not in EVENTS and kind != OTHERS]
    if unknown:
        raise InvalidInput(
            f"{one_line(unknown[0], 60)} is no kind of event.",
            field="rules",
            hint="`keyhole notification events` lists them.",
        )
    return rules


def _write_rules(channel: Channel, rules: Mapping[str, RuleSpec]) -> None:
    Rule.objects.bulk_create(
        [
            Rule(channel=channel, kind=kind, least=rule.least.value, when=rule.when)
            for kind, rule in rules.items()
        ]
    )


def _existing(number: int) -> Channel:
    rows = Channel.objects.filter(removed_at=None).prefetch_related("rules")
    channel = rows.filter(pk=number).first() if 0 < number < 2**63 else None
    if channel is None:
        raise NotFound("There is no such channel.", hint="`keyhole notification list` shows the channels.")
    return channel


def _record(caller: Caller, action: str, channel: Channel, **more: object) -> None:
    append(
        Draft(
            action=action,
            outcome=ALLOWED,
            actor=caller.as_actor(),
            subject={"channel": channel.name, "channel_id": channel.pk, "kind": channel.kind, **more},
        )
    )
