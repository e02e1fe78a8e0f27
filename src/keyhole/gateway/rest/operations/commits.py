"""Commits: the history of a ref, and one commit with what it changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from keyhole.core.errors import Conflict, Unavailable
from keyhole.gateway.http import Response
from keyhole.gateway.rest.answers import as_json, as_text
from keyhole.gateway.rest.context import Context
from keyhole.gateway.rest.gitread import diffs, history, refs
from keyhole.gateway.rest.paging import page_of
from keyhole.gateway.rest.present import commits as present
from keyhole.gateway.rest.problems import invalid, no_commit, not_found
from keyhole.gateway.rest.registry import reads

_FILES_PER_PAGE = 300
_COUNTING = 5.0
"""Seconds that the number of the last page may take."""


@reads("repos/list-commits")
async def list_commits(ctx: Context) -> Response:
    """Newest first, from `sha` (a branch, tag or id; the default branch without it)."""
    tip = await refs.resolve(ctx.git_dir, ctx.query.get("sha") or "HEAD")
    if tip is None:
        if not ctx.query.get("sha"):
            raise Conflict("Git Repository is empty.")
        raise not_found()
    wanted = history.Wanted(
        (tip.oid,),
        path=ctx.query.get("path", "").strip("/"),
        author=_person(ctx, "author"),
        committer=_person(ctx, "committer"),
        since=_moment(ctx, "since"),
        until=_moment(ctx, "until"),
    )
    found = await history.list_commits(ctx.git_dir, wanted, skip=ctx.page.skip, count=ctx.page.size + 1)
    items = [present.commit(commit, ctx.here, ctx.repository.pk) for commit in found[: ctx.page.size]]
    try:
        total = await history.count_commits(ctx.git_dir, wanted, timeout=_COUNTING)
    except Unavailable:  # a path in a very long history: the page is known, the number of pages is not
        return ctx.listed(items, ctx.page.skip + len(found), exact=False)
    return ctx.listed(items, total)


def _person(ctx: Context, name: str) -> str:
    """An email or name to look for; a login stands for the email of its account, if it is the token's own."""
    asked = ctx.query.get(name, "")
    return ctx.bearer.user_email if asked and asked == ctx.bearer.user_owner.login else asked


def _moment(ctx: Context, name: str) -> datetime | None:
    text = ctx.query.get(name, "")
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise invalid("Commit", name) from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


@reads("repos/get-commit", "diff", "patch", "sha")
async def get_commit(ctx: Context) -> Response:
    """One commit against its first parent."""
    asked = ctx.params["ref"]
    tip = await refs.resolve(ctx.git_dir, asked)
    if tip is None:
        raise no_commit(asked)
    commit = (await history.read_commits(ctx.git_dir, [tip.oid]))[0]
    before = commit.parents[0] if commit.parents else None
    match ctx.media.param:
        case "sha":
            return as_text(commit.oid.encode(), "application/vnd.github.sha; charset=utf-8")
        case "diff":
            return as_text(
                await diffs.as_text(ctx.git_dir, before, commit.oid),
                "application/vnd.github.diff; charset=utf-8",
            )
        case "patch":
            return as_text(
                await diffs.as_mail(ctx.git_dir, commit.oid, count=1),
                "application/vnd.github.patch; charset=utf-8",
            )
    changes = await diffs.changes(ctx.git_dir, before, commit.oid)
    page = page_of({"per_page": str(_FILES_PER_PAGE), **ctx.query})
    shown = replace(page, size=_FILES_PER_PAGE if "per_page" not in ctx.query else page.size).cut(changes)
    return as_json(present.detailed(commit, changes, shown, ctx.here, ctx.repository.pk))
