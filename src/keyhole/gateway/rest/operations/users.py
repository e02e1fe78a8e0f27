"""Accounts: the token's user, and others as far as the token may know of them."""

from __future__ import annotations

from typing import Any

from keyhole.accounts.models import Owner
from keyhole.core.request import OwnerKind
from keyhole.gateway.http import Response
from keyhole.gateway.places import in_thread
from keyhole.gateway.rest.answers import as_json
from keyhole.gateway.rest.context import Context
from keyhole.gateway.rest.present import owners
from keyhole.gateway.rest.problems import not_found
from keyhole.gateway.rest.registry import reads
from keyhole.gateway.rest.subjects import known_owner
from keyhole.repositories.lookup import visible_to


@reads("users/get-authenticated")
async def me(ctx: Context) -> Response:
    """The person whose token it is; the email address is only for who holds that permission, as on GitHub."""
    shown = await _account(ctx, pk=ctx.bearer.user_owner.id)
    email = ctx.bearer.user_email if "emails" in ctx.grant.permissions else None
    return as_json(shown | {"name": ctx.bearer.user_owner.login, "email": email})


@reads("users/get-by-username")
async def by_username(ctx: Context) -> Response:
    """Anybody that the token may know of."""
    if ctx.subjects.owner is None:
        raise not_found()
    return as_json(await _account(ctx, pk=ctx.subjects.owner.id))


@reads("users/get-by-id")
async def by_id(ctx: Context) -> Response:
    """The same, by the immutable id."""
    number = ctx.params["account_id"]
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise not_found()
    return as_json(await _account(ctx, pk=int(number)))


@reads("orgs/get")
async def organization(ctx: Context) -> Response:
    """An organization, never a person."""
    if ctx.subjects.owner is None or ctx.subjects.owner.kind is not OwnerKind.ORGANIZATION:
        raise not_found()
    row, counts = await in_thread(_look_up, ctx, {"pk": ctx.subjects.owner.id})
    return as_json(owners.organization(row.as_core(), row.created_at, counts, ctx.links))


async def _account(ctx: Context, **which: object) -> dict[str, Any]:
    row, counts = await in_thread(_look_up, ctx, which)
    return owners.public(row.as_core(), row.created_at, counts, ctx.links)


def _look_up(ctx: Context, which: dict[str, object]) -> tuple[Owner, owners.Counts]:
    row = known_owner(ctx.bearer, **which)
    if row is None:
        raise not_found()
    own = [found.public for found in visible_to(ctx.grant) if found.owner_id == row.pk]
    return row, owners.Counts(own.count(True), own.count(False))
