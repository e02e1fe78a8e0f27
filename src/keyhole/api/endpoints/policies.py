"""Scan policies: what must hold for a scan to pass, kept version by version and tried on the past."""

from __future__ import annotations

from typing import Annotated

from ninja import Query, Router, Status

from keyhole.api.auth import ApiRequest
from keyhole.api.schemas import KeptPolicy, Page, PolicyWanted, Trial, TrialWanted, TriedScan
from keyhole.core import gates
from keyhole.core.errors import InvalidInput, NotFound
from keyhole.core.policy_text import from_json
from keyhole.environments import models, policies
from keyhole.environments import services as environments
from keyhole.environments.naming import check_scanners
from keyhole.findings.trying import Tried, try_policy

router = Router()


@router.get("", response=Page[KeptPolicy], summary="List scan policies")
def listing(request: ApiRequest) -> Page[KeptPolicy]:
    """All of them, by name, each as it is now."""
    rows = [_shown(row) for row in policies.list_policies(request.caller)]
    return Page(total=len(rows), items=rows)


@router.post("", response={201: KeptPolicy}, summary="Keep a scan policy")
def create(request: ApiRequest, wanted: PolicyWanted) -> Status[KeptPolicy]:
    """It judges nothing before an environment selects it."""
    return Status(201, _shown(policies.create(request.caller, _read(wanted))))


@router.post("/trial", response=Trial, summary="Judge scans of the past by a policy; nothing is changed")
def trial(request: ApiRequest, wanted: TrialWanted) -> Trial:
    """By one that is sent, or by one that is kept."""
    caller = request.caller
    if (wanted.policy is None) == (not wanted.kept):
        raise InvalidInput("Send a policy, or name one that is kept.", field="policy")
    if wanted.policy is None:
        policy = policies.by_name(caller, wanted.kept).latest.as_core()
    else:
        policy = _read(wanted.policy)
        check_scanners(policy)
    number = environments.by_name(caller, wanted.environment).pk if wanted.environment else None
    tried = try_policy(caller, policy, last=wanted.last, environment_id=number)
    return Trial(
        passed=tried.passed,
        breaks=tried.breaks,
        mends=tried.mends,
        left_out=tried.left_out,
        scans=[_tried(row) for row in tried.rows],
    )


@router.get(
    "/{int:number}", response=KeptPolicy, summary="Look at a scan policy, now or as an earlier version"
)
def one(
    request: ApiRequest, number: int, version: Annotated[int | None, Query(ge=1, le=10**9)] = None
) -> KeptPolicy:
    """404 for a version that there is not."""
    row = policies.get(request.caller, number)
    if version is None:
        return _shown(row)
    found = row.versions.filter(number=version).first()
    if found is None:
        raise NotFound(f"{row.name} has no version {version}.", hint=f"The last is {row.latest.number}.")
    return _shown(row, found)


@router.put(
    "/{int:number}", response=KeptPolicy, summary="Add a version to a scan policy, which counts from now on"
)
def change(request: ApiRequest, number: int, wanted: PolicyWanted) -> KeptPolicy:
    """Verdicts keep the version that they were given by. What is the same as before adds none."""
    return _shown(policies.change(request.caller, number, _read(wanted)))


@router.delete("/{int:number}", response={204: None}, summary="Remove a scan policy")
def remove(request: ApiRequest, number: int) -> Status[None]:
    """409 while an environment selects it."""
    policies.remove(request.caller, number)
    return Status(204, None)


def _read(wanted: PolicyWanted) -> gates.Policy:
    return from_json(wanted.model_dump())


def _shown(row: models.Policy, version: models.PolicyVersion | None = None) -> KeptPolicy:
    latest = row.latest
    shown = version or latest
    return KeptPolicy(
        id=row.pk,
        name=row.name,
        version=shown.number,
        latest=latest.number,
        at=shown.at,
        policy=shown.data,
        environments=[each.name for each in row.environments.filter(removed_at=None)],
    )


def _tried(row: Tried) -> TriedScan:
    return TriedScan(
        scan=row.scan.pk,
        repository=row.scan.repository.full_name,
        finished_at=row.scan.finished_at,
        passes_now=None if row.present is None else row.present.passed,
        change=row.change,
        verdict=row.verdict.to_json(),
    )
