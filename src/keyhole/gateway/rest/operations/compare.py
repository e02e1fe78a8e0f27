"""Comparing two commits. Both sides may name their repository, and both were judged."""

from __future__ import annotations

from typing import Any

from keyhole.core.errors import NotFound
from keyhole.gateway.http import Response
from keyhole.gateway.rest.answers import as_json, as_text
from keyhole.gateway.rest.compare_names import sides
from keyhole.gateway.rest.context import Context
from keyhole.gateway.rest.gitread import diffs, history, refs
from keyhole.gateway.rest.gitread.commits import Commit
from keyhole.gateway.rest.present import commits as present
from keyhole.gateway.rest.present.links import spelled
from keyhole.gateway.rest.problems import not_found
from keyhole.gateway.rest.registry import reads

_MOST_FILES = 300
_MOST_COMMITS = 250


@reads("repos/compare-commits-with-basehead", "diff", "patch")
async def compare(ctx: Context) -> Response:
    """What HEAD has that BASE has not, from their merge base on."""
    base, head, start = await _ends(ctx)
    match ctx.media.param:
        case "diff":
            return as_text(
                await diffs.as_text(ctx.git_dir, start.oid, head.oid),
                "application/vnd.github.diff; charset=utf-8",
            )
        case "patch":
            return as_text(
                await diffs.as_mail(ctx.git_dir, head.oid, without=base.oid),
                "application/vnd.github.patch; charset=utf-8",
            )
    return as_json(await _comparison(ctx, base, head, start))


async def _ends(ctx: Context) -> tuple[Commit, Commit, Commit]:
    """Base, head and merge base. Repositories that are not copies of each other have nothing to compare."""
    named = sides(ctx.params["basehead"])
    ids = {row.pk for row in ctx.subjects.repositories if row is not None}
    if named is None or ids != {ctx.repository.pk}:
        raise not_found()
    ends = [await refs.resolve(ctx.git_dir, side.ref) for side in named]
    if ends[0] is None or ends[1] is None:
        raise not_found()
    start = await history.merge_base(ctx.git_dir, ends[0].oid, ends[1].oid)
    if start is None:
        raise NotFound(f"No common ancestor between {named[0].ref} and {named[1].ref}.")
    base, head, common = await history.read_commits(ctx.git_dir, [ends[0].oid, ends[1].oid, start])
    return base, head, common


async def _comparison(ctx: Context, base: Commit, head: Commit, start: Commit) -> dict[str, Any]:
    here, number = ctx.here, ctx.repository.pk
    between = history.Wanted((head.oid, f"^{base.oid}"))
    ahead = await history.count_commits(ctx.git_dir, between)
    behind = await history.count_commits(ctx.git_dir, history.Wanted((base.oid, f"^{head.oid}")))
    paged = "page" in ctx.query or "per_page" in ctx.query
    count, skip = (ctx.page.size, ctx.page.skip) if paged else (_MOST_COMMITS, 0)
    newest_first_skip = max(0, ahead - skip - count)
    commits = await history.list_commits(
        ctx.git_dir, between, skip=newest_first_skip, count=max(0, min(count, ahead - skip))
    )
    changes = await diffs.changes(ctx.git_dir, start.oid, head.oid) if ctx.page.number == 1 else []
    name = spelled(ctx.params["basehead"])
    page = f"{here.html}/compare/{name}"
    return {
        "url": f"{here.api}/compare/{name}",
        "html_url": page,
        "permalink_url": f"{here.html}/compare/{base.oid}...{head.oid}",
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "base_commit": present.commit(base, here, number),
        "merge_base_commit": present.commit(start, here, number),
        "status": _status(ahead, behind),
        "ahead_by": ahead,
        "behind_by": behind,
        "total_commits": ahead,
        "commits": [present.commit(commit, here, number) for commit in reversed(commits)],
        "files": [present.file(change, head.oid, here) for change in changes[:_MOST_FILES]],
    }


def _status(ahead: int, behind: int) -> str:
    if ahead and behind:
        return "diverged"
    return "ahead" if ahead else "behind" if behind else "identical"
