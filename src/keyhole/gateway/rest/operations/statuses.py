"""Commit statuses: set one, list them, and the combined word for a ref."""

from __future__ import annotations

from typing import Any

from keyhole.core.errors import InvalidInput
from keyhole.gateway.http import Response
from keyhole.gateway.places import in_thread
from keyhole.gateway.rest.answers import as_json
from keyhole.gateway.rest.context import Context
from keyhole.gateway.rest.gitread import refs
from keyhole.gateway.rest.present import owners
from keyhole.gateway.rest.present import repositories as present_repositories
from keyhole.gateway.rest.present.links import node_id
from keyhole.gateway.rest.present.moments import zulu
from keyhole.gateway.rest.problems import invalid, no_commit
from keyhole.gateway.rest.registry import Plan, reads, writes
from keyhole.providers.local import default_branch
from keyhole.repositories import statuses
from keyhole.repositories.models import CommitStatus


@writes("repos/create-commit-status")
async def create(ctx: Context) -> Plan:
    """A status for a commit that is there."""
    fields = await ctx.fields("Status")
    state, target_url = fields.text("state"), fields.optional_text("target_url")
    said = statuses.Said(
        state, fields.optional_text("context") or "default", fields.optional_text("description"), target_url
    )
    if state not in statuses.STATES:
        raise invalid("Status", "state")
    if target_url and (not target_url.startswith(("http://", "https://")) or len(target_url) > 2048):
        raise InvalidInput("Target url must use http(s) scheme")
    if len(said.description) > 140:
        raise invalid("Status", "description")
    if len(said.context) > 255 or any(
        not char.isprintable() for char in said.context + said.description + target_url
    ):
        raise invalid("Status", "context")
    oid = await _commit(ctx, ctx.params["sha"])

    async def carry_out() -> Response:
        row = await in_thread(statuses.record, ctx.repository.pk, oid, ctx.bearer.user_owner.id, said)
        shown = _shown(ctx, row) | {"creator": owners.simple(row.creator.as_core(), ctx.links)}
        return as_json(shown, 201, Location=shown["url"])

    return Plan(carry_out)


@reads("repos/list-commit-statuses-for-ref")
async def list_for_ref(ctx: Context) -> Response:
    """All of them, newest first."""
    rows = await in_thread(statuses.of_commit, ctx.repository.pk, await _commit(ctx, ctx.params["ref"]))
    items = [
        _shown(ctx, row) | {"creator": owners.simple(row.creator.as_core(), ctx.links)}
        for row in ctx.page.cut(rows)
    ]
    return ctx.listed(items, len(rows))


@reads("repos/get-combined-status-for-ref")
async def get_combined(ctx: Context) -> Response:
    """The newest of each context, and one word for all."""
    oid = await _commit(ctx, ctx.params["ref"])
    rows = statuses.latest(await in_thread(statuses.of_commit, ctx.repository.pk, oid))
    branch = await in_thread(default_branch, ctx.git_dir)
    row = ctx.repository
    facts = present_repositories.Facts(row.description, branch, 0, None, row.connected_at, row.pushed_at)
    return as_json(
        {
            "state": statuses.combined([row.state for row in rows]),
            "sha": oid,
            "total_count": len(rows),
            "statuses": [_shown(ctx, row) for row in ctx.page.cut(rows)],
            "repository": present_repositories.minimal(row.as_core(), facts, ctx.grant, ctx.links),
            "commit_url": ctx.here.commit(oid),
            "url": f"{ctx.here.commit(oid)}/status",
        }
    )


async def _commit(ctx: Context, name: str) -> str:
    info = await refs.resolve(ctx.git_dir, name)
    if info is None:
        raise no_commit(name)
    return info.oid


def _shown(ctx: Context, row: CommitStatus) -> dict[str, Any]:
    return {
        "url": f"{ctx.here.api}/statuses/{row.commit}",
        "avatar_url": "",
        "id": row.pk,
        "node_id": node_id("StatusContext", row.pk),
        "state": row.state,
        "description": row.description or None,
        "target_url": row.target_url or None,
        "context": row.context,
        "created_at": zulu(row.created_at),
        "updated_at": zulu(row.created_at),
    }
