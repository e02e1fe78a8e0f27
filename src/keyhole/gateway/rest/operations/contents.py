"""Reading files and folders: as JSON, raw, or as an object; at most 1 MB inline and 100 MB raw."""

from __future__ import annotations

import posixpath
from typing import Any

from keyhole.core.errors import NotFound
from keyhole.gateway.http import Response
from keyhole.gateway.rest.answers import as_json, as_text
from keyhole.gateway.rest.context import Context
from keyhole.gateway.rest.gitread import objects, process, refs, submodules, trees
from keyhole.gateway.rest.gitread.trees import SUBMODULE, SYMLINK, Entry
from keyhole.gateway.rest.present import contents as present
from keyhole.gateway.rest.problems import TooLargeToShow, not_found
from keyhole.gateway.rest.registry import reads

_INLINE = 1 << 20
_LARGEST = 100 << 20
_MOST_LISTED = 1000
_README_FOLDERS = (".github", "", "docs")


@reads("repos/get-content", "raw", "object")
async def get_content(ctx: Context) -> Response:
    """What lies at a path. A link to a file of the repository answers as that file."""
    tree, ref = await _tree(ctx)
    path = ctx.params["path"]
    entry = await trees.entry_at(ctx.git_dir, tree, path)
    if entry is None:
        raise not_found()
    if entry.kind == "tree":
        return await _folder(ctx, entry, path, ref)
    if entry.mode == SUBMODULE:
        url = await submodules.url_of(ctx.git_dir, tree, path)
        return as_json(present.listed(entry, path, ref, ctx.here) | {"submodule_git_url": url})
    if entry.mode == SYMLINK:
        target = await _target(ctx, tree, entry, path)
        if isinstance(target, bytes):
            shown = target.decode("utf-8", "replace")
            if ctx.media.param == "raw":
                return as_text(target, _raw_type(ctx))
            return as_json(present.listed(entry, path, ref, ctx.here) | {"target": shown})
        entry = target
    return await _file(ctx, entry, path, ref)


@reads("repos/get-readme", "raw")
async def get_readme(ctx: Context) -> Response:
    """The README of the repository: in `.github`, at the top, or in `docs`."""
    return await _readme(ctx, _README_FOLDERS)


@reads("repos/get-readme-in-directory", "raw")
async def get_readme_in_directory(ctx: Context) -> Response:
    """The README of one folder."""
    return await _readme(ctx, (ctx.params["dir"],))


async def _readme(ctx: Context, folders: tuple[str, ...]) -> Response:
    tree, ref = await _tree(ctx)
    for folder in folders:
        place = await trees.entry_at(ctx.git_dir, tree, folder)
        if place is None or place.kind != "tree":
            continue
        found = [
            entry for entry in (await trees.list_tree(ctx.git_dir, place.oid)).entries if _is_readme(entry)
        ]
        if found:
            best = min(found, key=lambda entry: (not entry.path.lower().endswith(".md"), entry.path))
            return await _file(ctx, best, posixpath.join(folder, best.path), ref)
    raise not_found()


def _is_readme(entry: Entry) -> bool:
    return entry.mode.startswith("100") and entry.path.lower().partition(".")[0] == "readme"


async def _tree(ctx: Context) -> tuple[str, str]:
    """Id of the tree that `ref` names, and the ref as it is shown in addresses."""
    asked = ctx.query.get("ref", "")
    info = await refs.resolve(ctx.git_dir, asked or "HEAD", "tree")
    if info is None:
        raise NotFound(f"No commit found for the ref {asked[:300]}" if asked else "This repository is empty.")
    return info.oid, asked or await refs.head(ctx.git_dir) or "HEAD"


async def _folder(ctx: Context, place: Entry, path: str, ref: str) -> Response:
    entries = (await trees.list_tree(ctx.git_dir, place.oid)).entries[:_MOST_LISTED]
    shown = [_in_folder(ctx, entry, posixpath.join(path, entry.path), ref) for entry in entries]
    if ctx.media.param != "object":
        return as_json(shown)
    return as_json(present.listed(place, path, ref, ctx.here) | {"entries": shown})


def _in_folder(ctx: Context, entry: Entry, path: str, ref: str) -> dict[str, Any]:
    # GitHub lists submodules as files, for clients older than the type "submodule".
    return present.listed(entry, path, ref, ctx.here, as_type="file" if entry.mode == SUBMODULE else "")


async def _target(ctx: Context, tree: str, link: Entry, path: str) -> Entry | bytes:
    """The file that a link leads to, or where it says it leads when that is no file of this repository."""
    content = (await objects.read(ctx.git_dir, [link.oid], limit=_INLINE))[0]
    if content is None:
        raise not_found()
    target = posixpath.normpath(
        posixpath.join(posixpath.dirname(path), content.data.decode("utf-8", "surrogateescape"))
    )
    if target.startswith(("/", "..")) or "\0" in target:
        return content.data
    entry = await trees.entry_at(ctx.git_dir, tree, target)
    return entry if entry is not None and entry.mode.startswith("100") else content.data


async def _file(ctx: Context, entry: Entry, path: str, ref: str) -> Response:
    size = entry.size or 0
    if size > _LARGEST:
        raise TooLargeToShow(
            f"This API returns blobs up to 100 MB in size. The requested blob is too large to fetch "
            f"via the API ({size} bytes); clone the repository to read it."
        )
    if ctx.media.param == "raw":
        return as_text(process.stream(ctx.git_dir, "cat-file", "blob", entry.oid), _raw_type(ctx))
    if size > _INLINE:
        return as_json(present.file(entry, path, ref, ctx.here, None))
    content = (await objects.read(ctx.git_dir, [entry.oid]))[0]
    if content is None:
        raise not_found()
    return as_json(present.file(entry, path, ref, ctx.here, content.data))


def _raw_type(ctx: Context) -> str:
    # Never the type that the file's name suggests: a page stored in a repository must not run on this origin.
    return f"application/vnd.github.raw{'+json' if ctx.media.json else ''}; charset=utf-8"
