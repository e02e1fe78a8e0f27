"""Who works on a repository: contributors by their commits, collaborators by their accounts."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from keyhole.accounts.models import User
from keyhole.core.actions import Role
from keyhole.core.names import fold
from keyhole.gateway.http import Response
from keyhole.gateway.places import in_thread
from keyhole.gateway.rest.answers import as_json, nothing
from keyhole.gateway.rest.context import Context
from keyhole.gateway.rest.gitread import history, refs
from keyhole.gateway.rest.present import owners
from keyhole.gateway.rest.problems import not_found
from keyhole.gateway.rest.registry import reads

_ALL = {"admin": True, "maintain": True, "push": True, "triage": True, "pull": True}


@reads("repos/list-contributors")
async def contributors(ctx: Context) -> Response:
    """Authors of commits, as GitHub shows those whose email belongs to no account."""
    tip = await refs.resolve(ctx.git_dir, "HEAD")
    if tip is None:
        return nothing()
    found = await history.contributors(ctx.git_dir, tip.oid)
    items = [
        {"type": "Anonymous", "name": name, "email": email, "contributions": count}
        for name, email, count in ctx.page.cut(found)
    ]
    return ctx.listed(items, len(found))


@reads("repos/list-collaborators")
async def collaborators(ctx: Context) -> Response:
    """The people of this Keyhole who administer the repository; a token of theirs may do less."""
    found = await in_thread(_people, ctx)
    return ctx.listed([_person(ctx, user) for user in ctx.page.cut(found)], len(found))


@reads("repos/check-collaborator")
async def check_collaborator(ctx: Context) -> Response:
    """204 for a collaborator, 404 for anybody else."""
    await _one(ctx)
    return nothing()


@reads("repos/get-collaborator-permission-level")
async def permission_level(ctx: Context) -> Response:
    """The role of a collaborator."""
    person = _person(ctx, await _one(ctx))
    return as_json({"permission": "admin", "role_name": "admin", "user": person})


async def _one(ctx: Context) -> User:
    wanted = fold(ctx.params["username"])
    user = next((user for user in await in_thread(_people, ctx) if fold(user.login) == wanted), None)
    if user is None:
        raise not_found()
    return user


def _people(ctx: Context) -> list[User]:
    own = Q(role_name=Role.OWNER) | Q(owner_id=ctx.repository.owner_id)
    return list(
        User.objects.filter(own, is_active=True).select_related("owner").order_by("owner__login_folded")
    )


def _person(ctx: Context, user: User) -> dict[str, Any]:
    return owners.simple(user.owner.as_core(), ctx.links) | {"permissions": _ALL, "role_name": "admin"}
