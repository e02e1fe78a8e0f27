"""Repositories: one, and lists that hold nothing the token may not know of."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from keyhole.core.request import OwnerKind
from keyhole.gateway.http import Response
from keyhole.gateway.places import in_thread
from keyhole.gateway.rest.answers import as_json
from keyhole.gateway.rest.context import Context
from keyhole.gateway.rest.gitread import languages, refs
from keyhole.gateway.rest.present import repositories as present
from keyhole.gateway.rest.problems import invalid, not_found
from keyhole.gateway.rest.registry import reads
from keyhole.providers.local import size_in_kilobytes
from keyhole.repositories.lookup import selected_by, visible_to
from keyhole.repositories.models import Repository

_SORTS = ("created", "updated", "pushed", "full_name")


@reads("repos/get")
async def get(ctx: Context) -> Response:
    """One repository, with its size and main language."""
    tip = await refs.resolve(ctx.git_dir, "HEAD", "tree")
    by_language = await languages.bytes_by_language(ctx.git_dir, tip.oid) if tip is not None else {}
    size = await in_thread(size_in_kilobytes, ctx.git_dir)
    facts = await _facts(ctx.repository, size, next(iter(by_language), None))
    return as_json(present.full(ctx.repository.as_core(), facts, ctx.grant, ctx.links))


@reads("repos/list-for-authenticated-user")
async def list_own(ctx: Context) -> Response:
    """What the token's permissions are about; not what its user could reach without it."""
    found = await in_thread(selected_by, ctx.grant)
    kind, affiliation = ctx.query.get("type", "all"), ctx.query.get("affiliation", "")
    mine = ctx.bearer.user_owner.id
    if affiliation and "organization_member" not in affiliation:
        found = [row for row in found if row.owner_id == mine or row.owner.kind == OwnerKind.USER.value]
    if (affiliation and "owner" not in affiliation.split(",")) or kind == "member":
        found = [row for row in found if row.owner_id != mine]
    if kind == "owner":
        found = [row for row in found if row.owner_id == mine]
    return await _list(ctx, found, default_sort="full_name")


@reads("repos/list-for-org")
async def list_for_organization(ctx: Context) -> Response:
    """Of one organization."""
    if ctx.subjects.owner is None or ctx.subjects.owner.kind is not OwnerKind.ORGANIZATION:
        raise not_found()
    return await _of_owner(ctx, ctx.subjects.owner.id, "created")


@reads("repos/list-for-user")
async def list_for_user(ctx: Context) -> Response:
    """Of one account."""
    if ctx.subjects.owner is None:
        raise not_found()
    return await _of_owner(ctx, ctx.subjects.owner.id, "full_name")


@reads("repos/list-public")
async def list_public(ctx: Context) -> Response:
    """Everything public, by id; `since` is the last id that the client has seen."""
    since = ctx.query.get("since", "0")
    after = int(since) if since.isascii() and since.isdigit() and len(since) < 19 else 0
    found = [row for row in await in_thread(visible_to, ctx.grant) if row.public and row.pk > after]
    return await _page(ctx, sorted(_served(found), key=lambda row: row.pk))


def _served(found: Sequence[Repository]) -> list[Repository]:
    """Without those that lie on GitHub: a tool that works through a list must not stumble over each of them."""
    return [row for row in found if row.is_served]


async def _of_owner(ctx: Context, owner_id: int, default_sort: str) -> Response:
    found = [row for row in await in_thread(visible_to, ctx.grant) if row.owner_id == owner_id]
    return await _list(ctx, found, default_sort)


async def _list(ctx: Context, found: Sequence[Repository], default_sort: str) -> Response:
    found = _served(found)
    wanted = ctx.query.get("visibility") or ctx.query.get("type", "all")
    if wanted in ("public", "private"):
        found = [row for row in found if row.public == (wanted == "public")]
    elif wanted in ("forks", "internal"):
        found = []
    sort = ctx.query.get("sort", default_sort)
    if sort not in _SORTS:
        raise invalid("Repository", "sort")
    direction = ctx.query.get("direction", "asc" if sort == "full_name" else "desc")
    return await _page(ctx, sorted(found, key=lambda row: _order(row, sort), reverse=direction == "desc"))


def _order(row: Repository, sort: str) -> tuple[Any, ...]:
    by_name = (row.owner.login_folded, row.name_folded)
    moment = row.connected_at if sort == "created" else row.pushed_at or row.connected_at
    return by_name if sort == "full_name" else (moment, *by_name)


async def _page(ctx: Context, found: Sequence[Repository]) -> Response:
    shown = ctx.page.cut(found)
    facts = await asyncio.gather(*(_facts(row, 0, None) for row in shown))
    items = [
        present.minimal(row.as_core(), fact, ctx.grant, ctx.links)
        for row, fact in zip(shown, facts, strict=True)
    ]
    return ctx.listed(items, len(found))


async def _facts(row: Repository, size: int, language: str | None) -> present.Facts:
    return present.Facts(
        row.description,
        await refs.head(row.git_dir) or "main",
        size,
        language,
        row.connected_at,
        row.pushed_at,
    )


@reads("repos/list-languages")
async def list_languages(ctx: Context) -> Response:
    """Bytes by language of the default branch, most first."""
    tip = await refs.resolve(ctx.git_dir, "HEAD", "tree")
    return as_json(await languages.bytes_by_language(ctx.git_dir, tip.oid) if tip is not None else {})


@reads("repos/get-all-topics")
async def topics(ctx: Context) -> Response:
    """Repositories in a folder have none."""
    return as_json({"names": []})
