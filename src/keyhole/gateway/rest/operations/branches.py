"""Branches and tags."""

from __future__ import annotations

from keyhole.core.errors import NotFound
from keyhole.gateway.http import Response
from keyhole.gateway.rest.answers import as_json
from keyhole.gateway.rest.context import Context
from keyhole.gateway.rest.gitread import history, refs
from keyhole.gateway.rest.gitread.objects import is_object_id
from keyhole.gateway.rest.present import commits as present_commits
from keyhole.gateway.rest.present import refs as present
from keyhole.gateway.rest.problems import not_found
from keyhole.gateway.rest.registry import reads


@reads("repos/list-branches")
async def list_branches(ctx: Context) -> Response:
    """By name. Nothing is protected, so `protected=true` finds nothing."""
    found = await refs.list_refs(ctx.git_dir, "refs/heads/")
    if ctx.query.get("protected") == "true":
        found = []
    return ctx.listed([present.short_branch(ref, ctx.here) for ref in ctx.page.cut(found)], len(found))


@reads("repos/get-branch")
async def get_branch(ctx: Context) -> Response:
    """A branch with the commit at its tip."""
    ref = await refs.get_ref(ctx.git_dir, f"refs/heads/{ctx.params['branch']}")
    commits = await history.read_commits(ctx.git_dir, [ref.oid]) if ref is not None else []
    if ref is None or not commits:
        raise NotFound("Branch not found")
    return as_json(
        present.branch(ref, present_commits.commit(commits[0], ctx.here, ctx.repository.pk), ctx.here)
    )


@reads("repos/list-branches-for-head-commit")
async def branches_where_head(ctx: Context) -> Response:
    """The branches whose tip is this commit."""
    oid = ctx.params["commit_sha"].lower()
    if not is_object_id(oid):
        raise not_found()
    found = [ref for ref in await refs.list_refs(ctx.git_dir, "refs/heads/") if ref.oid == oid]
    return as_json(
        [
            {
                "name": ref.short,
                "commit": {"sha": ref.oid, "url": ctx.here.commit(ref.oid)},
                "protected": False,
            }
            for ref in found
        ]
    )


@reads("repos/list-tags")
async def list_tags(ctx: Context) -> Response:
    """Tags of commits, the last in name order first."""
    found = [ref for ref in await refs.list_refs(ctx.git_dir, "refs/tags/") if ref.peeled_kind == "commit"]
    found.reverse()
    items = [present.tag(ref, ctx.here, ctx.repository.pk) for ref in ctx.page.cut(found)]
    return ctx.listed(items, len(found))
