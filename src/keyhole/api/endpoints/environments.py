"""Environments: where code goes, and what must hold there."""

from __future__ import annotations

from ninja import Router, Status

from keyhole.accounts.services import require
from keyhole.api.auth import ApiRequest
from keyhole.api.schemas import Environment, EnvironmentWanted, Page
from keyhole.core.caller import Caller
from keyhole.core.errors import InvalidInput, NotFound
from keyhole.environments import models, policies, services

router = Router()


@router.get(
    "", response=Page[Environment], summary="List environments with their policies, most important first"
)
def listing(request: ApiRequest) -> Page[Environment]:
    """All of them."""
    rows = [_shown(row) for row in services.list_environments(request.caller)]
    return Page(total=len(rows), items=rows)


@router.post("", response={201: Environment}, summary="Make an environment")
def create(request: ApiRequest, wanted: EnvironmentWanted) -> Status[Environment]:
    """Scans that name it are measured by it."""
    made = services.create(request.caller, _spec(request.caller, wanted))
    return Status(201, _shown(made))


@router.get("/{int:number}", response=Environment, summary="Look at one environment")
def one(request: ApiRequest, number: int) -> Environment:
    """With its policy as it is now."""
    return _shown(services.get(request.caller, number))


@router.put("/{int:number}", response=Environment, summary="Replace what an environment says")
def change(request: ApiRequest, number: int, wanted: EnvironmentWanted) -> Environment:
    """For scans from now on; verdicts on earlier ones stay, and so do the notification channels."""
    require(request.caller, "environment:change")  # before anybody learns which environments there are
    kept = tuple(services.spec_of(services.get(request.caller, number)).channel_ids)
    return _shown(services.change(request.caller, number, _spec(request.caller, wanted, kept)))


@router.delete("/{int:number}", response={204: None}, summary="Remove an environment")
def remove(request: ApiRequest, number: int) -> Status[None]:
    """Scans that it measured keep its name and their verdicts. Schedules that chose it scan on without its policy."""
    services.remove(request.caller, number)
    return Status(204, None)


def _spec(
    caller: Caller, wanted: EnvironmentWanted, channels: tuple[int, ...] = ()
) -> services.EnvironmentSpec:
    return services.EnvironmentSpec(
        name=wanted.name,
        description=wanted.description,
        rank=wanted.rank,
        policy_id=None if wanted.policy is None else _policy(caller, wanted.policy),
        due_days=wanted.due_days,
        channel_ids=channels,
        upstream=tuple(wanted.tell_github),
    )


def _policy(caller: Caller, name: str) -> int:
    try:
        return policies.by_name(caller, name).pk
    except NotFound as problem:
        raise InvalidInput(problem.message, field="policy", hint="GET /policies lists them.") from problem


def _shown(row: models.Environment) -> Environment:
    version = row.policy.latest if row.policy is not None else None
    return Environment(
        id=row.pk,
        name=row.name,
        description=row.description,
        rank=row.rank,
        due_days=row.due_days,
        tell_github=row.upstream,
        policy=None if version is None else {**version.data, "version": version.number},
    )
