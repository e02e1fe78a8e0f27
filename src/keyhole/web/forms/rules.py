"""The form of what a channel is told: one row for everything, and rows for the kinds that differ from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import QueryDict

from keyhole.notifications.events import EVENTS, OTHERS, Severity
from keyhole.notifications.models import Channel, When
from keyhole.notifications.services import RuleSpec

WHEN = (
    (When.NEVER.value, "Never"),
    (When.IMMEDIATELY.value, "Immediately"),
    (When.DAILY.value, "Daily summary"),
)
LEAST = (
    (Severity.INFO.value, "whatever it is"),
    (Severity.WARNING.value, "from warning on"),
    (Severity.CRITICAL.value, "only if critical"),
)
_TITLES = {
    "token": "Tokens",
    "connection": "Connections",
    "scan": "Code scans",
    "finding": "Findings",
    "member": "Members",
    "policy": "Policy",
    "vault": "Vault",
}
_NOT_FOR_RULES = frozenset({"notification.test", "report.mailed"})


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of event in the form."""

    kind: str
    title: str
    about: str
    when: str
    """Empty: as everything else."""
    least: str

    @property
    def id(self) -> str:
        """For labels; kinds have a dot, or are a star."""
        return self.kind.replace(".", "-").replace("*", "others")


@dataclass(frozen=True, slots=True)
class Group:
    """Kinds about the same thing."""

    title: str
    rows: tuple[Row, ...]

    @property
    def chosen(self) -> int:
        """How many of them have a rule of their own."""
        return sum(bool(row.when) for row in self.rows)


@dataclass(frozen=True, slots=True)
class Rows:
    """The whole form."""

    others: Row
    groups: tuple[Group, ...]
    when: tuple[tuple[str, str], ...] = WHEN
    least: tuple[tuple[str, str], ...] = LEAST


def rows(wanted: Mapping[str, RuleSpec]) -> Rows:
    """The form, filled in with these rules."""
    grouped: dict[str, list[Row]] = {}
    for kind in EVENTS.values():
        if kind.name not in _NOT_FOR_RULES:
            row = _row(kind.name, kind.title, kind.about, wanted)
            grouped.setdefault(_TITLES.get(kind.group, kind.group.capitalize()), []).append(row)
    others = _row(OTHERS, "Everything", "Also what later versions add. Kinds below may differ.", wanted)
    groups = tuple(Group(title, tuple(found)) for title, found in grouped.items())
    return Rows(others, groups)


def _row(kind: str, title: str, about: str, wanted: Mapping[str, RuleSpec]) -> Row:
    rule = wanted.get(kind)
    absent = When.NEVER.value if kind == OTHERS else ""
    when = rule.when.value if rule is not None else absent
    return Row(kind, title, about, when, (rule.least if rule is not None else Severity.INFO).value)


def from_post(post: QueryDict) -> dict[str, RuleSpec]:
    """The rules that a form was sent with. What is no choice of the form counts as not chosen."""
    found = {}
    for kind in (OTHERS, *EVENTS):
        when, least = post.get(f"when:{kind}", ""), post.get(f"least:{kind}", "")
        if when in When.values:
            known = least in {each.value for each in Severity}
            found[kind] = RuleSpec(When(when), Severity(least) if known else Severity.INFO)
    return found


def of_channel(channel: Channel) -> dict[str, RuleSpec]:
    """The rules that a channel has."""
    return {rule.kind: RuleSpec(When(rule.when), Severity(rule.least)) for rule in channel.rules.all()}
