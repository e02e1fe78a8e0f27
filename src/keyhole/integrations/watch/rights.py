"""What a connection may beside what was planned and what was done with it, and the narrower plan that would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from keyhole.connections.models import Connection
from keyhole.connections.usage import Use, used_since
from keyhole.core.caller import Caller
from keyhole.core.errors import InvalidInput
from keyhole.core.permissions import Level, vocabulary
from keyhole.core.request import OwnerKind
from keyhole.inspector.compare import compare
from keyhole.inspector.report import Report, from_json
from keyhole.integrations.drift import WINDOW
from keyhole.integrations.models import RightsChange
from keyhole.integrations.watch.inspections import levels
from keyhole.planner.features import FEATURES
from keyhole.planner.query import to_query
from keyhole.planner.request import LONGEST_NAME, MOST_REPOSITORIES, PlanRequest
from keyhole.providers.github.instance import InstanceKind
from keyhole.repositories.github import taken_in

_FREE = "metadata"
_KINDS = {"user": OwnerKind.USER, "organization": OwnerKind.ORGANIZATION}


@dataclass(frozen=True, slots=True)
class Right:
    """One permission that is granted, planned or used."""

    name: str
    title: str
    granted: Level | None
    """The highest level that is shown to be granted."""
    planned: Level | None
    used: Level | None
    """The highest level that was used within the window."""
    used_at: datetime | None
    beyond_plan: bool
    """Whether more is granted than was planned."""
    idle: bool
    """Whether more is granted than was used in the whole window."""


@dataclass(frozen=True, slots=True)
class Rights:
    """The permissions of one connection."""

    connection: Connection
    known: bool
    """Whether GitHub was ever asked what it can do."""
    scopes: tuple[str, ...]
    """Of a classic token, which has no permissions."""
    ripe: bool
    """Whether it is old enough for its use to mean anything."""
    rows: tuple[Right, ...]
    missing: tuple[Right, ...]
    """Planned, and shown not to be granted."""
    change: RightsChange | None
    """The last time within the window that GitHub was seen to grant more or less than before."""
    query: str
    """Of the page for plans, filled in with what was used; empty when there is nothing to propose."""

    @property
    def beyond(self) -> tuple[Right, ...]:
        """What is granted beyond the plan."""
        return tuple(each for each in self.rows if each.beyond_plan)

    @property
    def idle(self) -> tuple[Right, ...]:
        """What is granted and was not used."""
        return tuple(each for each in self.rows if each.idle)


def rights_of(caller: Caller, row: Connection) -> Rights:
    """What is known here of a connection's permissions; GitHub is not asked."""
    now = timezone.now()
    used = used_since(row, now - WINDOW)
    report = _report(row)
    granted = report.held() if report else levels(row.report.get("permissions")) if row.is_app else {}
    planned, ripe = row.planned_levels, now - row.created_at >= WINDOW
    names = sorted({*granted, *planned, *used}, key=_title)
    rows = tuple(_right(name, granted, planned, used, ripe=ripe) for name in names)
    scopes = report.scopes if report else ()
    missing = compare(report, planned).missing if report and not report.scoped else {}
    excess = bool(scopes) or any(each.beyond_plan or each.idle for each in rows)
    return Rights(
        row,
        known=report is not None or bool(granted),
        scopes=scopes,
        ripe=ripe,
        rows=rows,
        missing=tuple(each for each in rows if each.name in missing),
        change=RightsChange.objects.filter(connection=row, at__gte=now - WINDOW).order_by("at").last(),
        query=_query(caller, row, report, used) if excess and not row.is_app else "",
    )


def _report(row: Connection) -> Report | None:
    try:
        return None if row.is_app else from_json(row.report)
    except InvalidInput:
        return None


def _title(name: str) -> str:
    known = vocabulary().permissions.get(name)
    return known.title if known is not None else name


def _right(
    name: str,
    granted: Mapping[str, Level],
    planned: Mapping[str, Level],
    used: Mapping[str, Use],
    *,
    ripe: bool,
) -> Right:
    held, use = granted.get(name), used.get(name)
    more = held if held is not None and name != _FREE else Level.READ - 1
    return Right(
        name,
        _title(name),
        held,
        planned.get(name),
        use.level if use else None,
        use.last_at if use else None,
        beyond_plan=bool(planned) and more > planned.get(name, 0),
        idle=ripe and more > (use.level if use else 0),
    )


def _query(caller: Caller, row: Connection, report: Report | None, used: Mapping[str, Use]) -> str:
    """A plan for what was really done: whatever of Keyhole's own needs no more than what was used."""
    features = tuple(
        each.id
        for each in FEATURES.values()
        if all(name in used and level <= used[name].level for name, level in each.permissions.items())
    )
    covered = {name for each in features for name in FEATURES[each].permissions}
    if not features or not {*used} - {_FREE} <= covered:
        return ""
    owner = row.owner_login.lower()
    names = [each.full_name for each in taken_in(caller, row.pk)]
    return to_query(
        PlanRequest(
            features=features,
            owner=row.owner_login,
            owner_kind=_KINDS.get(report.owner_kind) if report else None,
            repositories=tuple(name for name in names if name.lower().startswith(f"{owner}/"))[
                :MOST_REPOSITORIES
            ],
            name=f"{row.name[: LONGEST_NAME - 11]} (narrower)",
            github="" if row.instance.kind is InstanceKind.GITHUB_COM else row.web,
        )
    )
