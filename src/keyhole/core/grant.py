"""What a token may. Stored with a version; anything not understood to the last field denies everything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from keyhole.core.errors import InvalidInput
from keyhole.core.permissions import Group, Level, Permission, PermissionSet, vocabulary
from keyhole.core.request import Owner, OwnerKind, Repository

VERSION = 1
"""Format of the stored form. Fields are only ever added, with a new version; a right is never widened."""


class Access(StrEnum):
    """Repository access, as GitHub's form words it."""

    PUBLIC = "public"
    ALL = "all"
    SELECTED = "selected"


@dataclass(frozen=True, slots=True)
class Grant:
    """The rights of one token. Build with `make` or `load`, which refuse what makes no sense."""

    owner: Owner
    """The resource owner; nothing private of anybody else is ever reached."""
    access: Access
    repository_ids: frozenset[int]
    """The chosen repositories; empty unless access is selected."""
    permissions: PermissionSet
    not_before: datetime
    """First moment of validity, with time zone."""
    expires_at: datetime | None
    """First moment that is no longer valid; None is no expiration."""

    def selects(self, repository: Repository) -> bool:
        """Whether the repository is one that this grant's permissions are about."""
        if repository.owner.id != self.owner.id:
            return False
        if self.access is Access.SELECTED:
            return repository.id in self.repository_ids
        return self.access is Access.ALL

    def sees(self, repository: Repository) -> bool:
        """Whether the repository exists as far as this token can tell."""
        return repository.public or self.selects(repository)


def make(
    *,
    owner: Owner,
    access: Access,
    repository_ids: frozenset[int],
    permissions: Mapping[str, Level],
    not_before: datetime,
    expires_at: datetime | None,
) -> Grant:
    """A grant that makes sense, with `metadata: read` added as GitHub adds it.

    Raises InvalidInput, naming the field, for a selection without repositories, an unknown permission or
    level, a permission that this kind of resource owner does not have, or an interval that is empty.
    """
    held = dict(permissions)
    if access is Access.SELECTED and not repository_ids:
        raise InvalidInput(
            "Only select repositories was chosen, but no repository.",
            field="repositories",
            hint="Select at least one repository, or choose another repository access.",
        )
    if access is not Access.SELECTED and repository_ids:
        raise InvalidInput(
            "Repositories were named, but the access is not Only select repositories.", field="repositories"
        )
    if access is not Access.PUBLIC:
        held["metadata"] = Level.READ
    for name, level in held.items():
        _check_permission(name, level, owner.kind, access)
    _check_interval(not_before, expires_at)
    return Grant(owner, access, repository_ids, MappingProxyType(held), not_before, expires_at)


def _check_permission(name: str, level: Level, kind: OwnerKind, access: Access) -> None:
    known = vocabulary().permissions.get(name)
    if known is None:
        raise InvalidInput(
            f"There is no permission called {name!r}.",
            field="permissions",
            hint="`keyhole token permissions` lists them all.",
        )
    if level not in known.levels:
        words = ", ".join(known_level.word for known_level in known.levels)
        raise InvalidInput(
            f"{known.title} has no level {level.word!r}; it has: {words}.", field="permissions"
        )
    if known.group is Group.REPOSITORY and access is Access.PUBLIC:
        raise InvalidInput(
            f"{known.title} is a repository permission, and public access grants none.",
            field="permissions",
            hint="Choose all or only select repositories.",
        )
    if known.group in (Group.ACCOUNT, Group.ORGANIZATION) and not _owner_has(known, kind):
        raise InvalidInput(
            f"{known.title} is for a resource owner that is not a {kind.value.lower()}.", field="permissions"
        )


def _owner_has(permission: Permission, kind: OwnerKind) -> bool:
    match permission.group:
        case Group.ACCOUNT:
            return kind is OwnerKind.USER
        case Group.ORGANIZATION:
            return kind is OwnerKind.ORGANIZATION
        case Group.REPOSITORY:
            return True


def _check_interval(not_before: datetime, expires_at: datetime | None) -> None:
    moments = [not_before] if expires_at is None else [not_before, expires_at]
    if any(moment.tzinfo is None for moment in moments):
        raise InvalidInput("A moment without a time zone is ambiguous.", field="expiration")
    if expires_at is not None and expires_at <= not_before:
        raise InvalidInput("The expiration is not after the start.", field="expiration")


def dump(grant: Grant) -> dict[str, Any]:
    """The stored form; `load(dump(grant))` is the same grant."""
    return {
        "version": VERSION,
        "owner": {"id": grant.owner.id, "login": grant.owner.login, "kind": grant.owner.kind.value},
        "access": grant.access.value,
        "repository_ids": sorted(grant.repository_ids),
        "permissions": {name: level.word for name, level in sorted(grant.permissions.items())},
        "not_before": grant.not_before.isoformat(),
        "expires_at": grant.expires_at.isoformat() if grant.expires_at else None,
    }


def load(stored: Any) -> Grant:
    """The grant in a stored form. ValueError for anything that `dump` of this version does not write.

    Callers treat the error as "denies everything": a field of a future version may be a limit.
    """
    try:
        fields = _exact(
            stored,
            {"version", "owner", "access", "repository_ids", "permissions", "not_before", "expires_at"},
        )
        if type(fields["version"]) is not int or fields["version"] != VERSION:
            raise ValueError(f"unknown version {fields['version']!r}")
        owner = _exact(fields["owner"], {"id", "login", "kind"})
        grant = make(
            owner=Owner(_integer(owner["id"]), str(owner["login"]), OwnerKind(owner["kind"])),
            access=Access(fields["access"]),
            repository_ids=frozenset(_integer(number) for number in fields["repository_ids"]),
            permissions={name: Level.parse(word) for name, word in fields["permissions"].items()},
            not_before=datetime.fromisoformat(fields["not_before"]),
            expires_at=datetime.fromisoformat(fields["expires_at"])
            if fields["expires_at"] is not None
            else None,
        )
    except (KeyError, TypeError, AttributeError, InvalidInput) as problem:
        raise ValueError(f"not a grant: {problem}") from problem
    if dump(grant) != stored:
        raise ValueError("not a grant: it would be stored differently")
    return grant


def _exact(value: Any, names: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) != names:
        raise ValueError("fields are missing or unknown")
    return value


def _integer(value: Any) -> int:
    if type(value) is not int or value <= 0:
        raise ValueError(f"not an id: {value!r}")
    return value
