"""The one place that says yes.

Default deny: whatever is missing, unknown or not understood denies. The order of the rules is part of the
promise: validity first (401), then existence (404, the same for hidden and absent), then permission (403).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from keyhole.core.grant import Grant
from keyhole.core.permissions import Group, Level, Operation, PermissionSet, Standing, vocabulary
from keyhole.core.refs import is_pushable
from keyhole.core.request import OwnerKind, RefUpdate, Repository, Request


class Reason(StrEnum):
    """Why a request was denied; the words are part of the audit format and are never changed."""

    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    UNKNOWN_OPERATION = "unknown_operation"
    NOT_VISIBLE = "not_visible"
    NOT_AVAILABLE = "not_available"
    PERMISSION_MISSING = "permission_missing"
    WORKFLOWS_MISSING = "workflows_missing"
    REF_NOT_ALLOWED = "ref_not_allowed"


_NAMES_A_REPOSITORY = ("{repo}", "{repo_name}", "{repository_id}", "{template_repo}")
_ABOUT_A_USER = "/users/{username}"
"""Operations below it are about that account; elsewhere a user's name is only an object, as in blocking somebody."""
_STATUS = {Reason.NOT_YET_VALID: 401, Reason.EXPIRED: 401, Reason.UNKNOWN_OPERATION: 404, Reason.NOT_VISIBLE: 404}


@dataclass(frozen=True, slots=True)
class Allowed:
    """The request may be carried out, exactly as it was described."""

    operation: Operation
    used: PermissionSet
    """The permissions it was allowed by; empty when it needs none."""


@dataclass(frozen=True, slots=True)
class Denied:
    """The request must not be carried out."""

    reason: Reason
    needs: tuple[PermissionSet, ...]
    """One of these sets would do; empty when no permission would help."""
    has: PermissionSet
    """What the token holds."""
    detail: str = ""
    """The ref or permission it failed on, for people; never the name of something hidden."""

    @property
    def status(self) -> int:
        """The HTTP status that says this: 401, 404 or 403."""
        return _STATUS.get(self.reason, 403)


Verdict = Allowed | Denied


def decide(grant: Grant, request: Request) -> Verdict:
    """Whether `grant` allows `request`. Pure: the same two values always give the same verdict."""
    return _invalid_now(grant, request) or _invisible(grant, request) or _judge(grant, request)


def _invalid_now(grant: Grant, request: Request) -> Denied | None:
    if request.at < grant.not_before:
        return Denied(Reason.NOT_YET_VALID, (), grant.permissions)
    if grant.expires_at is not None and request.at >= grant.expires_at:
        return Denied(Reason.EXPIRED, (), grant.permissions)
    return None


def _invisible(grant: Grant, request: Request) -> Denied | None:
    if request.operation is None:
        return Denied(Reason.UNKNOWN_OPERATION, (), grant.permissions)
    if not all(repository is not None and grant.sees(repository) for repository in request.repositories):
        return Denied(Reason.NOT_VISIBLE, (), grant.permissions)
    if request.owner is None and "{org}" in request.operation.path:
        return Denied(Reason.NOT_VISIBLE, (), grant.permissions)
    if not request.repositories and any(name in request.operation.path for name in _NAMES_A_REPOSITORY):
        return Denied(Reason.NOT_VISIBLE, (), grant.permissions)
    return None


def _judge(grant: Grant, request: Request) -> Verdict:
    operation = request.operation
    if operation is None or operation.standing in (Standing.UNAVAILABLE, Standing.UNLISTED):
        return Denied(Reason.NOT_AVAILABLE, (), grant.permissions)
    if operation.standing is Standing.PERMISSIONLESS:
        return Allowed(operation, {})
    if operation.public_ok and all(repository is not None and repository.public
                                   for repository in request.repositories):
        return Allowed(operation, {})
    return _judge_permissions(grant, request, operation)


def _judge_permissions(grant: Grant, request: Request, operation: Operation) -> Verdict:
    refused = next((update for update in request.updates or () if not is_pushable(update.ref)), None)
    if refused is not None:
        return Denied(Reason.REF_NOT_ALLOWED, (), grant.permissions, refused.ref)
    needs = _narrowed(operation, request.updates)
    for needed in needs:
        if all(_holds(grant, request, name, level) for name, level in needed.items()):
            return Allowed(operation, needed)
    without_workflows = _narrowed(operation, ())
    if needs != without_workflows and any(
            all(_holds(grant, request, name, level) for name, level in needed.items())
            for needed in without_workflows):
        return Denied(Reason.WORKFLOWS_MISSING, needs, grant.permissions, _first_touching(request.updates))
    return Denied(Reason.PERMISSION_MISSING, needs, grant.permissions)


def _narrowed(operation: Operation, updates: tuple[RefUpdate, ...] | None) -> tuple[PermissionSet, ...]:
    """The sets that count for these updates.

    GitHub lists some writes twice, without and with `workflows`: the second is for changes below
    `.github/workflows/`. Where it is not known what changes, only the second set counts.
    """
    with_workflows = tuple(needed for needed in operation.any_of if "workflows" in needed)
    if not with_workflows or with_workflows == operation.any_of:
        return operation.any_of
    if updates is None or any(update.touches_workflows is not False for update in updates):
        return with_workflows
    return operation.any_of


def _first_touching(updates: tuple[RefUpdate, ...] | None) -> str:
    return next((update.ref for update in updates or () if update.touches_workflows is not False), "")


def _holds(grant: Grant, request: Request, name: str, level: Level) -> bool:
    held = grant.permissions.get(name)
    known = vocabulary().permissions.get(name)
    if held is None or known is None or held < level:
        return False
    owner_named = request.owner is not None and request.owner.id == grant.owner.id
    match known.group:
        case Group.REPOSITORY:
            if request.repositories:
                return all(_selected(grant, repository) for repository in request.repositories)
            return owner_named or (request.owner is None and not _about_a_user(request))
        case Group.ORGANIZATION:
            return owner_named and grant.owner.kind is OwnerKind.ORGANIZATION
        case Group.ACCOUNT:
            return grant.owner.kind is OwnerKind.USER and (owner_named or not _about_a_user(request))


def _about_a_user(request: Request) -> bool:
    return request.operation is not None and request.operation.path.startswith(_ABOUT_A_USER)


def _selected(grant: Grant, repository: Repository | None) -> bool:
    return repository is not None and grant.selects(repository)
