"""Fine-grained tokens: list, look at, generate, revoke."""

from __future__ import annotations

from typing import Annotated

from ninja import Query, Router, Status

from keyhole.api.auth import ApiRequest
from keyhole.api.schemas import MOST, NewToken, Page, Reason, Token, TokenWanted
from keyhole.core.errors import InvalidInput
from keyhole.core.permissions import Level
from keyhole.repositories import services as repositories
from keyhole.repositories.lookup import selected_by
from keyhole.tokens import models, services

router = Router()


@router.get("", response=Page[Token], summary="List tokens, newest first")
def listing(
    request: ApiRequest,
    include_revoked: bool = False,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Page[Token]:
    """One's own; with `token:read_any` everybody's. 100 a page."""
    rows = services.list_tokens(request.caller, include_revoked=include_revoked)
    return Page(total=len(rows), items=[_shown(row) for row in rows[(page - 1) * MOST : page * MOST]])


@router.post("", response={201: NewToken}, summary="Generate a token")
def generate(request: ApiRequest, wanted: TokenWanted) -> Status[NewToken]:
    """The answer holds the token's text, this once."""
    caller = request.caller
    chosen = [repositories.by_full_name(caller, name) for name in wanted.repositories]
    issued = services.generate(
        caller,
        services.TokenSpec(
            name=wanted.name,
            description=wanted.description,
            owner_login=wanted.resource_owner,
            access=wanted.repository_access,
            repository_ids=frozenset(row.pk for row in chosen),
            permissions={name: _level(name, word) for name, word in wanted.permissions.items()},
            expires_in_days=wanted.expires_in_days,
        ),
    )
    return Status(201, NewToken(**_shown(issued.token).dict(), token=issued.secret.reveal()))


@router.get("/{int:number}", response=Token, summary="Look at one token")
def one(request: ApiRequest, number: int) -> Token:
    """Without its text, which is shown to nobody again."""
    return _shown(services.get(request.caller, number))


@router.delete("/{int:number}", response=Token, summary="Revoke a token, at once and for good")
def revoke(request: ApiRequest, number: int, why: Reason | None = None) -> Token:
    """Once this has answered, no request that starts later is allowed with the token."""
    return _shown(services.revoke(request.caller, number, why.reason if why else ""))


def _level(name: str, word: str) -> Level:
    try:
        return Level.parse(word)
    except ValueError as problem:
        raise InvalidInput(
            f"The level of {name[:60]} is none; levels are read, write and admin.", field="permissions"
        ) from problem


def _shown(row: models.Token) -> Token:
    try:
        names = [found.full_name for found in selected_by(row.grant_value())]
    except ValueError:
        names = []  # rights that are not understood allow nothing
    stored = row.grant if isinstance(row.grant, dict) else {}
    return Token(
        id=row.pk,
        name=row.name,
        description=row.description,
        state=row.state.value,
        login=row.user.login,
        resource_owner=stored.get("owner", {}).get("login"),
        repository_access=stored.get("access"),
        repositories=names,
        permissions=stored.get("permissions", {}),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
        requests=row.requests,
        denials=row.denials,
    )
