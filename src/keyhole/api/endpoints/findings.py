"""Findings through all scans."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from ninja import Query, Router, Schema
from pydantic import Field

from keyhole.api.auth import ApiRequest
from keyhole.api.schemas import MOST, Moment, Page, in_utc
from keyhole.core.terms import Kind
from keyhole.findings import apart, services
from keyhole.findings.filtering import Due, Order, ProblemFilter, Show
from keyhole.findings.shown import problem_as_json, whole_as_json
from keyhole.repositories import services as repositories

router = Router()


class Asked(Schema):
    """What is looked for; see `docs/findings.md`."""

    show: Show = Show.OPEN
    severity: list[Literal["critical", "high", "medium", "low"]] = Field(default_factory=list)
    kind: list[Kind] = Field(default_factory=list)
    scanner: list[str] = Field(default_factory=list)
    status: list[Literal["new", "open", "reopened", "fixed"]] = Field(default_factory=list)
    repository: str = ""
    rule: str = ""
    package: str = ""
    advisory: str = ""
    path: str = ""
    due: Due = Due.ANY
    kev: bool = False
    epss: Annotated[float, Field(ge=0, le=1)] = 0.0
    since: Moment | None = None
    q: str = ""
    order: Order = Order.SEVERITY
    page: Annotated[int, Field(ge=1, le=10_000)] = 1


@router.get("", response=Page[dict[str, Any]], summary="List findings through all scans")
def listing(request: ApiRequest, asked: Annotated[Asked, Query()]) -> Page[dict[str, Any]]:
    """Open ones unless asked otherwise, worst first, 100 a page."""
    services.check_scanners(request.caller, asked.scanner)
    place = repositories.by_full_name(request.caller, asked.repository).pk if asked.repository else None
    wanted = ProblemFilter(
        show=asked.show,
        severity=tuple(asked.severity),
        kind=tuple(asked.kind),
        scanner=tuple(asked.scanner),
        status=tuple(asked.status),
        repository=(place,) if place else (),
        rule=asked.rule,
        package=asked.package,
        advisory=asked.advisory,
        path=asked.path,
        due=asked.due,
        kev=asked.kev,
        epss=asked.epss,
        since=in_utc(asked.since),
        text=asked.q,
        order=asked.order,
    )
    rows = services.list_problems(request.caller, wanted)
    return Page(
        total=rows.count(),
        items=[problem_as_json(row) for row in rows[(asked.page - 1) * MOST : asked.page * MOST]],
    )


@router.get("/{int:number}", response=dict[str, Any], summary="Look at one finding")
def one(request: ApiRequest, number: int) -> dict[str, Any]:
    """With what the last scan says of it, the branches that have it, and its history. Never with a secret."""
    row = services.get(request.caller, number)
    return whole_as_json(row, services.history(request.caller, row))


@router.post("/{int:number}/unmerge", response=dict[str, Any], summary="Show a merged finding for itself")
def unmerge(request: ApiRequest, number: int) -> dict[str, Any]:
    """It is not merged again by later scans."""
    return problem_as_json(apart.unmerge(request.caller, number))
