"""A credential beside the plan that it was made for: what is missing, what is too much, what nobody can tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from keyhole.core.permissions import Level, vocabulary
from keyhole.inspector.report import Report, Verdict


@dataclass(frozen=True, slots=True)
class Comparison:
    """Permissions with the level that is meant."""

    missing: Mapping[str, Level] = field(default_factory=dict)
    """Planned, and shown not to be granted at the planned level."""
    unneeded: Mapping[str, Level] = field(default_factory=dict)
    """Shown to be granted above the planned level, or without being planned at all."""
    unknowable: Mapping[str, Level] = field(default_factory=dict)
    """Planned, and neither shown to be granted nor shown not to be."""
    present: Mapping[str, Level] = field(default_factory=dict)
    """Planned, and shown to be granted."""
    unseen: tuple[str, ...] = ()
    """Not planned at any or at a higher level, and nobody can tell whether they are granted there."""
    wider: bool = False
    """Whether it has scopes, which always reach further than a plan of permissions."""

    @property
    def fits(self) -> bool:
        """Whether nothing is shown to be missing or too much."""
        return not self.missing and not self.unneeded and not self.wider


def compare(report: Report, planned: Mapping[str, Level]) -> Comparison:
    """The report beside the planned permissions. `metadata: read` is always included and never too much."""
    sorted_out: dict[Verdict, dict[str, Level]] = {verdict: {} for verdict in Verdict}
    for name, level in planned.items():
        finding = report.finding(name, _existing(name, level))
        sorted_out[finding.verdict if finding else Verdict.UNPROVABLE][name] = level
    return Comparison(
        missing=sorted_out[Verdict.NOT_GRANTED],
        unneeded=_unneeded(report, planned),
        unknowable=sorted_out[Verdict.UNPROVABLE],
        present=sorted_out[Verdict.GRANTED],
        unseen=() if report.scoped else _unseen(report, planned),
        wider=report.scoped,
    )


@dataclass(frozen=True, slots=True)
class Change:
    """How a credential differs from what it was, or from another one. Levels are shown, never guessed."""

    widened: Mapping[str, Level] = field(default_factory=dict)
    """Shown to be granted now, and shown not to be before: the highest such level."""
    narrowed: Mapping[str, Level] = field(default_factory=dict)
    """Shown to be granted before, and shown not to be now: the highest such level."""
    scopes_added: tuple[str, ...] = ()
    scopes_gone: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        """Whether there is a difference."""
        return bool(self.widened or self.narrowed or self.scopes_added or self.scopes_gone)


def change(before: Report, after: Report) -> Change:
    """What two reports show to be different. What either could not prove is no difference."""
    known = {(each.permission, each.level): each.verdict for each in before.findings}
    widened: dict[str, Level] = {}
    narrowed: dict[str, Level] = {}
    for each in after.findings:
        match known.get((each.permission, each.level)), each.verdict:
            case Verdict.NOT_GRANTED, Verdict.GRANTED:
                widened[each.permission] = max(each.level, widened.get(each.permission, each.level))
            case Verdict.GRANTED, Verdict.NOT_GRANTED:
                narrowed[each.permission] = max(each.level, narrowed.get(each.permission, each.level))
    return Change(
        widened,
        narrowed,
        tuple(sorted({*after.scopes} - {*before.scopes})),
        tuple(sorted({*before.scopes} - {*after.scopes})),
    )


def _unneeded(report: Report, planned: Mapping[str, Level]) -> dict[str, Level]:
    return {
        name: level
        for name, level in report.held().items()
        if name != "metadata" and (name not in planned or level > planned[name])
    }


def _unseen(report: Report, planned: Mapping[str, Level]) -> tuple[str, ...]:
    """Permissions of which the lowest level that would be too much could not be decided."""
    lowest: dict[str, Verdict] = {}
    for each in report.findings:
        if each.permission != "metadata" and each.level > planned.get(each.permission, 0):
            lowest.setdefault(each.permission, each.verdict)
    return tuple(name for name, verdict in lowest.items() if verdict is Verdict.UNPROVABLE)


def _existing(name: str, level: Level) -> Level:
    """The level as the permission has it: read of a write-only permission is write."""
    known = vocabulary().permissions.get(name)
    return max(level, known.levels[0]) if known else level
