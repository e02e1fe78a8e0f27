"""Code scans: list, create, run, and what they found."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpResponse
from ninja import Query, Router, Status

from keyhole.api.auth import ApiRequest
from keyhole.api.schemas import MOST, Page, Scan, ScanWanted
from keyhole.reports import history
from keyhole.reports import services as reporting
from keyhole.repositories import services as repositories
from keyhole.scans import models, services

router = Router()


@router.get("", response=Page[Scan], summary="List code scans, newest first")
def listing(
    request: ApiRequest,
    repository: str = "",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Page[Scan]:
    """All, or those of one repository by its full name. 100 a page."""
    number = repositories.by_full_name(request.caller, repository).pk if repository else None
    rows = services.list_scans(request.caller, number)
    rows = rows.select_related("judgement__version", "judgement__environment")
    return Page(
        total=rows.count(),
        items=[shown(row) for row in rows.order_by("-pk")[(page - 1) * MOST : page * MOST]],
    )


@router.post("", response={201: Scan}, summary="Create a code scan, and run it unless told not to")
def create(request: ApiRequest, wanted: ScanWanted) -> Status[Scan]:
    """Answers at once; the scan goes on by itself."""
    row = repositories.by_full_name(request.caller, wanted.repository)
    made = services.create(
        request.caller,
        services.ScanSpec(
            repository_id=row.pk,
            name=wanted.name,
            description=wanted.description,
            ref=wanted.ref,
            scanners=tuple(wanted.scanners),
            environment_id=services.environment_named(request.caller, wanted.environment),
            upstream=tuple(wanted.tell_github),
            run_now=wanted.run_now,
            trigger=models.Trigger.API,
        ),
    )
    return Status(201, shown(made))


@router.get("/{int:number}", response=Scan, summary="Look at one code scan")
def one(request: ApiRequest, number: int) -> Scan:
    """Its state and counts."""
    return shown(services.get(request.caller, number))


@router.post("/{int:number}/run", response={202: Scan}, summary="Run a code scan, or run it again")
def run(request: ApiRequest, number: int) -> Status[Scan]:
    """Again, it is a new scan, so that the result from before stays."""
    return Status(202, shown(services.run(request.caller, number)))


@router.get("/{int:number}/result", summary="The whole result of a code scan", response=None)
def result(request: ApiRequest, number: int, format: str = "json") -> HttpResponse:  # noqa: A002 - the name in the address
    """Keyhole's own JSON, or another format of its reports: text, sarif, csv, cyclonedx, html, pdf. 409 while there
    is none, 404 for a format that there is not.
    """
    found = reporting.scan_document(request.caller, number, format)
    return HttpResponse(found.body, content_type=found.media)


@router.get("/{int:number}/findings", response=Page[dict[str, Any]], summary="What a code scan found")
def findings(
    request: ApiRequest, number: int, page: Annotated[int, Query(ge=1, le=10_000)] = 1
) -> Page[dict[str, Any]]:
    """Worst first, 100 a page. A finding never holds the secret that it is about. `shown_as` is the id of the finding
    of this scan that says the same and is counted in its place, for the reason in `merge_reason`.
    """
    rows = services.findings(request.caller, number)
    items = [
        {**row.data, "shown_as": row.shown_as or None, "merge_reason": row.merge_reason}
        for row in rows[(page - 1) * MOST : page * MOST]
    ]
    return Page(total=rows.count(), items=items)


@router.get(
    "/{int:number}/compare/{int:other}",
    response=dict[str, Any],
    summary="What a later code scan has that this one has not, and the other way round",
)
def compare(request: ApiRequest, number: int, other: int) -> dict[str, Any]:
    """As `keyhole compare NUMBER OTHER --json`: what is new, gone or changed, and what else differs. 409 where one of
    them has no result.
    """
    return history.compare(request.caller, number, other).to_json()


def shown(row: models.Scan) -> Scan:
    """A scan as the API shows it."""
    return Scan(
        id=row.pk,
        name=row.name,
        repository=row.repository.full_name,
        ref=row.ref,
        state=row.state,
        reason=row.reason,
        counters=row.counters,
        scanners=row.scanners,
        trigger=row.trigger,
        environment=row.environment.name if row.environment else None,
        verdict=row.judgement.to_json() if hasattr(row, "judgement") else None,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )
