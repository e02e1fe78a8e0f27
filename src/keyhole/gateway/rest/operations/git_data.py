"""Git objects as they are: blobs, trees, commits, annotated tags."""

from __future__ import annotations

import asyncio
from typing import Any

from keyhole.gateway.http import Response
from keyhole.gateway.rest.answers import as_json, as_text
from keyhole.gateway.rest.context import Context
from keyhole.gateway.rest.gitread import history, objects, process, refs, trees
from keyhole.gateway.rest.gitread.objects import Info
from keyhole.gateway.rest.present import commits as present
from keyhole.gateway.rest.present.contents import wrapped
from keyhole.gateway.rest.present.links import RepositoryLinks, node_id
from keyhole.gateway.rest.problems import TooLargeToShow, not_found
from keyhole.gateway.rest.registry import reads

_LARGEST = 100 << 20


@reads("git/get-blob", "raw")
async def get_blob(ctx: Context) -> Response:
    """A blob by its id, in base64 or raw."""
    info = await _object(ctx, ctx.params["file_sha"], "blob")
    if info.size > _LARGEST:
        raise TooLargeToShow("This API returns blobs up to 100 MB in size. The requested blob is too large.")
    if ctx.media.param == "raw":
        return as_text(
            process.stream(ctx.git_dir, "cat-file", "blob", info.oid),
            "application/vnd.github.raw; charset=utf-8",
        )
    content = (await objects.read(ctx.git_dir, [info.oid], limit=_LARGEST + 4096))[0]
    if content is None:
        raise not_found()
    return as_json(
        {
            "sha": info.oid,
            "node_id": node_id("Blob", f"{ctx.repository.pk}:{info.oid}"),
            "size": info.size,
            "url": ctx.here.git("blob", info.oid),
            "content": wrapped(content.data),
            "encoding": "base64",
        }
    )


@reads("git/get-tree")
async def get_tree(ctx: Context) -> Response:
    """A tree by its id, or that of a commit, branch or tag; any value of `recursive` asks for all levels."""
    info = await refs.resolve(ctx.git_dir, ctx.params["tree_sha"], "tree")
    if info is None:
        raise not_found()
    listing = await trees.list_tree(ctx.git_dir, info.oid, recursive="recursive" in ctx.query)
    return await asyncio.to_thread(lambda: as_json(tree(info.oid, listing, ctx.here)))  # 7 MB of it at worst


def tree(oid: str, listing: trees.Listing, here: RepositoryLinks) -> dict[str, Any]:
    """GitHub's shape of a tree."""
    return {
        "sha": oid,
        "url": here.git("tree", oid),
        "tree": [_entry(entry, here) for entry in listing.entries],
        "truncated": listing.truncated,
    }


def _entry(entry: trees.Entry, here: RepositoryLinks) -> dict[str, Any]:
    shown: dict[str, Any] = {"path": entry.path, "mode": entry.mode, "type": entry.kind, "sha": entry.oid}
    if entry.size is not None:
        shown["size"] = entry.size
    if entry.kind != "commit":  # a submodule's commit is in another repository
        shown["url"] = here.git(entry.kind, entry.oid)
    return shown


@reads("git/get-commit")
async def get_commit(ctx: Context) -> Response:
    """A commit object by its id."""
    info = await _object(ctx, ctx.params["commit_sha"], "commit")
    commit = (await history.read_commits(ctx.git_dir, [info.oid]))[0]
    return as_json(present.git_commit(commit, ctx.here, ctx.repository.pk))


@reads("git/get-tag")
async def get_tag(ctx: Context) -> Response:
    """An annotated tag by the id of its object."""
    info = await _object(ctx, ctx.params["tag_sha"], "tag")
    tag = await history.read_tag(ctx.git_dir, info.oid)
    if tag is None:
        raise not_found()
    return as_json(present.tag(tag, ctx.here, ctx.repository.pk))


async def _object(ctx: Context, text: str, kind: str) -> Info:
    oid = text.lower()
    info = (await objects.look_up(ctx.git_dir, [oid]))[0] if objects.is_object_id(oid) else None
    if info is None or info.kind != kind:
        raise not_found()
    return info
