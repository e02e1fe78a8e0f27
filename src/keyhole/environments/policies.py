"""What people do with policies: make, change and remove them, and see what they said before."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from keyhole.accounts.services import require
from keyhole.audit.log import ALLOWED, Draft, append
from keyhole.core import gates
from keyhole.core.caller import Caller
from keyhole.core.errors import Conflict, NotFound
from keyhole.core.names import alike
from keyhole.environments.models import Policy, PolicyVersion
from keyhole.environments.naming import check_scanners


def list_policies(caller: Caller) -> QuerySet[Policy]:
    """Every policy, by name, with its versions and the environments that select it."""
    require(caller, "environment:read")
    return Policy.objects.filter(removed_at=None).prefetch_related("versions__by", "environments")


def get(caller: Caller, number: int) -> Policy:
    """One policy. NotFound if there is none with this id."""
    found = list_policies(caller).filter(pk=number).first() if 0 < number < 2**63 else None
    if found is None:
        raise _no_such()
    return found


def by_name(caller: Caller, name: str) -> Policy:
    """The policy of this name, or with this id. NotFound if there is none."""
    found = list_policies(caller).filter(name=name).first()
    if found is None and name.isascii() and name.isdigit() and len(name) < 19:
        found = list_policies(caller).filter(pk=int(name)).first()
    if found is None:
        raise _no_such()
    return found


def create(caller: Caller, policy: gates.Policy) -> Policy:
    """Keep a policy. It judges nothing before an environment selects it. Conflict if the name is taken."""
    user = require(caller, "environment:change")
    check_scanners(policy)
    try:
        with transaction.atomic():
            _refuse_alike(policy)
            row = Policy.objects.create(name=policy.name, description=policy.description)
            PolicyVersion.objects.create(policy=row, number=1, data=policy.to_json(), by=user)
            _record(caller, "policy:create", row, version=1, gates=len(policy.gates))
    except IntegrityError as problem:
        raise _taken(policy.name) from problem
    return row


def change(caller: Caller, number: int, policy: gates.Policy, seen: int = 0) -> Policy:
    """Have the policy say this from now on. What it said before is kept, for the verdicts that name it.

    Conflict if the name is taken, or if `seen`, the version that this was made from, is not the last one any more.
    """
    user = require(caller, "environment:change")
    check_scanners(policy)
    try:
        with transaction.atomic():
            row = _locked(number)
            latest, before = row.latest, row.name
            if latest.data == policy.to_json():
                return row
            if seen and seen != latest.number:
                raise Conflict(
                    f"Somebody changed {before} meanwhile: it is at version {latest.number}, and this was made from "
                    f"version {seen}.",
                    hint="Look at what it says now. To have it as it stands here all the same, save again.",
                )
            if policy.name != before:  # two that are alike since long ago stay as they are
                _refuse_alike(policy, row.pk)
            row.name, row.description = policy.name, policy.description
            row.save(update_fields=["name", "description"])
            made = PolicyVersion.objects.create(
                policy=row, number=latest.number + 1, data=policy.to_json(), by=user
            )
            _record(caller, "policy:change", row, before=before, version=made.number, gates=len(policy.gates))
    except IntegrityError as problem:
        raise _taken(policy.name) from problem
    return row


def remove(caller: Caller, number: int) -> Policy:
    """Remove a policy. Conflict while an environment selects it: its scans would silently be judged by nothing."""
    require(caller, "environment:change")
    with transaction.atomic():
        row = _locked(number)
        users = [each.name for each in row.environments.filter(removed_at=None)]
        if users:
            raise Conflict(
                f"{row.name} judges the scans of {', '.join(users)}.",
                hint="Have the environment select another policy, or none, first.",
            )
        row.removed_at = timezone.now()
        row.save(update_fields=["removed_at"])
        _record(caller, "policy:remove", row)
    return row


def _locked(number: int) -> Policy:
    rows = Policy.objects.select_for_update().filter(removed_at=None)
    row = rows.filter(pk=number).first() if 0 < number < 2**63 else None
    if row is None:
        raise _no_such()
    return row


def _no_such() -> NotFound:
    return NotFound("There is no such scan policy.", hint="`keyhole policy list` shows the policies.")


def _refuse_alike(policy: gates.Policy, own: int = 0) -> None:
    others = Policy.objects.filter(removed_at=None).exclude(pk=own)
    if known := alike(policy.name, others.values_list("name", flat=True)):
        raise _taken(known)


def _taken(name: str) -> Conflict:
    return Conflict(f"There is a policy {name!r} already.", hint="Choose another name.")


def _record(caller: Caller, action: str, row: Policy, **more: Any) -> None:
    subject = {"policy": row.name, "policy_id": row.pk, **more}
    append(Draft(action=f"scan_{action}", outcome=ALLOWED, actor=caller.as_actor(), subject=subject))
