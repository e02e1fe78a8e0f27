"""Decisions about findings: what they would hide, making them, and taking them back."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Annotated, Any, Literal

from ninja import Query, Router, Status
from pydantic import BeforeValidator, Field

from keyhole.api.auth import ApiRequest
from keyhole.api.schemas import MOST, Id, Moment, Page, Taken, in_utc
from keyhole.core.errors import InvalidInput
from keyhole.findings import services
from keyhole.findings.deciding import widened
from keyhole.findings.shown import decision_as_json, problem_as_json
from keyhole.repositories import services as repositories

router = Router()
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_ABOUT = {
    "finding": ("findings",),
    "repository": ("findings", "repository", "rule", "path"),
    "package": ("findings", "ecosystem", "package", "ids"),
}
"""The fields by which each scope is told what the decision is about."""


def _to_its_end(given: object) -> object:
    """A day by itself is the last one, as everywhere else where one is given."""
    return f"{given}T23:59:59Z" if isinstance(given, str) and _DAY.fullmatch(given) else given


class DecisionWanted(Taken):
    """A decision to make, or to preview."""

    kind: Literal["accepted", "false_positive"]
    reason: str = ""
    until: Annotated[Moment | None, BeforeValidator(_to_its_end)] = None
    scope: Literal["finding", "repository", "package"] = "finding"
    findings: list[Id] = Field(default_factory=list, max_length=10_000)
    repository: str = ""
    rule: str | None = None
    path: str = ""
    ecosystem: str = ""
    package: str = ""
    ids: list[str] = Field(default_factory=list, max_length=50)
    replaces: list[Id] | None = Field(default=None, max_length=10_000)
    """The decisions in whose place it may come, as the preview told them; any, without this."""


@router.get("", response=Page[dict[str, Any]], summary="List decisions, newest first")
def decisions(request: ApiRequest, page: Annotated[int, Query(ge=1, le=10_000)] = 1) -> Page[dict[str, Any]]:
    """In force and ended, 100 a page."""
    rows = services.decisions(request.caller)
    return Page(
        total=rows.count(),
        items=[decision_as_json(row) for row in rows[(page - 1) * MOST : page * MOST]],
    )


@router.post("/preview", response=dict[str, Any], summary="What a decision would hide")
def preview(request: ApiRequest, wanted: DecisionWanted) -> dict[str, Any]:
    """Nothing is decided; the reason is not asked for."""
    seen = services.preview(request.caller, _spec(request, wanted))
    return {
        "hides": seen.count,
        "repositories": dict(seen.repositories),
        "others": seen.others,
        "replaces": [decision_as_json(each) for each in seen.replaces],
        "findings": [problem_as_json(row) for row in seen.hides[:MOST]],
    }


@router.post("", response={201: dict[str, Any]}, summary="Accept findings, or call them false positives")
def decide(request: ApiRequest, wanted: DecisionWanted) -> Status[dict[str, Any]]:
    """What it covers is not shown as open any more. It is on record. The answer tells which decisions it replaces; with
    `replaces`, those of a preview, it is refused if there are others meanwhile.
    """
    spec = _spec(request, wanted)
    before = services.preview(request.caller, spec).replaces
    if spec.replaces is None:
        spec = replace(spec, replaces=tuple(each.pk for each in before))
    made = services.decide(request.caller, spec)
    told = [decision_as_json(each) for each in before]
    return Status(201, {**decision_as_json(made), "replaces": told})


@router.get("/{int:number}", response=dict[str, Any], summary="Look at one decision")
def decision(request: ApiRequest, number: int) -> dict[str, Any]:
    """Who decided what, why, and until when."""
    return decision_as_json(services.get_decision(request.caller, number))


@router.delete("/{int:number}", response=dict[str, Any], summary="Take a decision back")
def withdraw(request: ApiRequest, number: int) -> dict[str, Any]:
    """What it alone hid is open again."""
    return decision_as_json(services.withdraw(request.caller, number))


def _refuse_others(wanted: DecisionWanted) -> None:
    """InvalidInput for what says nothing in this scope: whoever sends it wants something else than would be decided."""
    known = _ABOUT[wanted.scope]
    for name in sorted({each for names in _ABOUT.values() for each in names}.difference(known)):
        if getattr(wanted, name):
            raise InvalidInput(
                f"A decision of scope {wanted.scope} takes no {name}.",
                field=name,
                hint=f"It is told by: {', '.join(known)}.",
            )


def _spec(request: ApiRequest, wanted: DecisionWanted) -> services.DecisionSpec:
    _refuse_others(wanted)
    place = repositories.by_full_name(request.caller, wanted.repository).pk if wanted.repository else None
    spec = services.DecisionSpec(
        kind=wanted.kind,
        reason=wanted.reason,
        until=in_utc(wanted.until),
        scope=wanted.scope,
        problems=tuple(wanted.findings),
        repository_id=place,
        rule=wanted.rule or "",
        path=wanted.path,
        ecosystem=wanted.ecosystem,
        package=wanted.package,
        ids=tuple(wanted.ids),
        replaces=None if wanted.replaces is None else tuple(wanted.replaces),
    )
    return widened(spec, wanted.rule)
