"""A checked credential as the page Add token shows it: the sentence, the rows, and what can be done next."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache

from keyhole.core.permissions import Level, vocabulary
from keyhole.inspector import told
from keyhole.inspector.compare import Comparison, compare
from keyhole.inspector.report import Finding, Report, Verdict, from_json
from keyhole.planner.plan import plan
from keyhole.planner.request import PlanRequest

KEPT_SECONDS = 600
"""How long a report can be printed and downloaded. It is about a credential, and never holds one."""
_BADGES = {
    told.Standing.AS_PLANNED: "ok",
    told.Standing.MISSING: "bad",
    told.Standing.TOO_MUCH: "warn",
    told.Standing.UNKNOWABLE: "",
    told.Standing.HELD: "brand",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything the result's template needs."""

    report: Report
    planned: Mapping[str, Level]
    key: str
    """Under which the report is kept for a while; empty when it is not."""

    @property
    def sentence(self) -> str:
        """The answer."""
        return told.sentence(self.report, self.planned or None)

    @property
    def kind(self) -> str:
        """The kind in GitHub's words."""
        return told.kind_title(self.report)

    @property
    def comparison(self) -> Comparison:
        """What is missing, too much and not provable."""
        return compare(self.report, self.planned)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """One for each permission that was planned or is held, with the class of its badge."""
        if self.report.scoped:
            return []
        made = told.rows(self.report, self.planned or None)
        return [{"row": row, "badge": _BADGES[row.standing]} for row in made]

    @property
    def unprovable(self) -> list[tuple[str, str]]:
        """Title and reason of the permissions of which nothing could be decided."""
        return [(title(each.permission), each.reason) for each in told.unprovable(self.report)]

    @property
    def evidence(self) -> list[tuple[str, Finding]]:
        """Every verdict that was reached, with the title of its permission; what is granted first."""
        decided = [each for each in self.report.findings if each.verdict is not Verdict.UNPROVABLE]
        decided.sort(key=lambda each: each.verdict is not Verdict.GRANTED)
        return [(title(each.permission), each) for each in decided]

    @property
    def mood(self) -> str:
        """Class of the note that says it first."""
        if not self.planned:
            return "warn" if self.report.scoped else ""
        return "ok" if self.comparison.fits else "warn"


def title(name: str) -> str:
    """A permission in GitHub's words."""
    known = vocabulary().permissions.get(name)
    return known.title if known else name


def planned_by(request: PlanRequest) -> dict[str, Level]:
    """The permissions of the plan that an address carries; empty when it carries none. InvalidInput as `plan`."""
    if not (request.presets or request.features or request.endpoints):
        return {}
    return dict(plan(request).permissions)


def keep(user_id: int | None, report: Report, planned: Mapping[str, Level]) -> Shown:
    """The result, with its report kept for the person to print and download."""
    key = secrets.token_urlsafe(18)
    levels = {name: level.word for name, level in planned.items()}
    cache.set(_place(user_id, key), {"report": report.as_json(), "planned": levels}, KEPT_SECONDS)
    return Shown(report, planned, key)


def kept(user_id: int | None, key: str) -> Shown | None:
    """A report of this person's that was kept; None when it is gone, or somebody else's."""
    found = cache.get(_place(user_id, key))
    if not isinstance(found, dict):
        return None
    planned = {name: Level.parse(word) for name, word in found["planned"].items()}
    return Shown(from_json(found["report"]), planned, key)


def _place(user_id: int | None, key: str) -> str:
    return f"inspection:{user_id}:{key[:40]}"
