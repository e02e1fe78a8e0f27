"""Creating, changing and deleting one file with one commit."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from keyhole.core.errors import Conflict, InvalidInput, NotFound
from keyhole.core.refs import is_pushable
from keyhole.core.request import RefUpdate
from keyhole.gateway.http import Response
from keyhole.gateway.rest.answers import as_json
from keyhole.gateway.rest.bodies import Fields
from keyhole.gateway.rest.context import Context
from keyhole.gateway.rest.gitread import history, refs, trees
from keyhole.gateway.rest.gitread.commits import Commit
from keyhole.gateway.rest.gitread.trees import Entry
from keyhole.gateway.rest.gitwrite import objects as write
from keyhole.gateway.rest.gitwrite.refs import check_new, move, refuse_in_the_way, zeros
from keyhole.gateway.rest.identities import signed
from keyhole.gateway.rest.present import commits as present_commits
from keyhole.gateway.rest.present import contents as present
from keyhole.gateway.rest.pushed import note_push
from keyhole.gateway.rest.registry import Plan, writes
from keyhole.gateway.workflows import is_workflow_path

_NEW_FILE = "100644"
_NO_OBJECT = "0" * 40


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a file is to be written."""

    ref: str
    path: str
    tip: Commit | None
    """The commit that the branch is at; None in an empty repository."""
    entry: Entry | None
    """What is at the path now."""

    @property
    def update(self) -> RefUpdate:
        """The move of the branch, judged by the path alone: it is the only one that changes."""
        old = self.tip.oid if self.tip is not None else _NO_OBJECT
        return RefUpdate(
            self.ref,
            old,
            "",
            touches_workflows=is_workflow_path(self.path.encode("utf-8", "surrogateescape")),
        )


@writes("repos/create-or-update-file-contents")
async def put(ctx: Context) -> Plan:
    """A file created, or replaced when its present id is given."""
    fields = await ctx.fields("Commit")
    message, data = _required(fields, "message"), _content(fields)
    place = await _place(ctx, fields)
    if place.entry is not None:
        if "sha" not in fields:
            raise InvalidInput('Invalid request.\n\n"sha" wasn\'t supplied.')
        if not place.entry.mode.startswith("100"):
            raise InvalidInput(f"{place.path} is not a file, and only files are written here.")
    _same(place, fields.optional_text("sha"))

    async def carry_out() -> Response:
        oid = await write.write_blob(ctx.git_dir, data)
        entry = Entry(
            place.entry.mode if place.entry is not None else _NEW_FILE, "blob", oid, len(data), place.path
        )
        commit = await _commit(ctx, fields, place, message, write.Put(place.path, entry.mode, oid))
        shown = present.listed(entry, place.path, place.ref.removeprefix("refs/heads/"), ctx.here)
        return _answer(ctx, shown, commit, 200 if place.entry is not None else 201)

    return Plan(carry_out, (place.update,))


@writes("repos/delete-file")
async def delete(ctx: Context) -> Plan:
    """A file taken away, when its present id is given."""
    fields = await ctx.fields("Commit")
    if not any(name in fields for name in ("message", "sha")) and "sha" in ctx.query:
        fields = Fields("Commit", ctx.query)  # some clients send the fields of a DELETE in the address
    message, oid = _required(fields, "message"), _required(fields, "sha")
    place = await _place(ctx, fields)
    if place.entry is None or place.entry.kind == "tree":
        raise NotFound("Not Found")
    _same(place, oid)

    async def carry_out() -> Response:
        commit = await _commit(ctx, fields, place, message, write.Put(place.path, "0", zeros(oid)))
        return _answer(ctx, None, commit, 200)

    return Plan(carry_out, (place.update,))


def _required(fields: Fields, name: str) -> str:
    text = fields.optional_text(name)
    if not text:
        raise InvalidInput(f'Invalid request.\n\n"{name}" wasn\'t supplied.')
    return text


def _content(fields: Fields) -> bytes:
    if "content" not in fields:
        raise InvalidInput('Invalid request.\n\n"content" wasn\'t supplied.')
    text = "".join(fields.given_text("content").split())
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):  # ValueError: characters that are not ASCII
        raise InvalidInput("content is not valid Base64") from None


async def _place(ctx: Context, fields: Fields) -> _Place:
    default = await refs.head(ctx.git_dir)
    branch = fields.optional_text("branch").removeprefix("refs/heads/") or default
    ref = f"refs/heads/{branch}"
    found = await refs.get_ref(ctx.git_dir, ref) if is_pushable(ref) else None
    if found is None:
        empty = branch == default and not await refs.list_refs(ctx.git_dir, "refs/heads/")
        if not empty or not is_pushable(ref):
            raise NotFound(f"Branch {branch[:300]} not found")
        return _Place(ref, ctx.params["path"], None, None)
    await refuse_in_the_way(ctx.git_dir, ref, found.oid, found.oid)
    tip = (await history.read_commits(ctx.git_dir, [found.oid]))[0]
    path = ctx.params["path"]
    await _refuse_below_a_file(ctx, tip.tree, path)
    return _Place(ref, path, tip, await trees.entry_at(ctx.git_dir, tip.tree, path))


async def _refuse_below_a_file(ctx: Context, tree: str, path: str) -> None:
    """A link among the parents is not followed: what is written there would be somewhere else than it says."""
    parts = path.split("/")
    for depth in range(1, len(parts)):
        above = await trees.entry_at(ctx.git_dir, tree, "/".join(parts[:depth]))
        if above is None:
            return
        if above.kind != "tree":
            raise InvalidInput(f"{above.path} is not a folder.")


def _same(place: _Place, oid: str) -> None:
    at = place.entry.oid if place.entry is not None else ""
    if oid.lower() != at:
        raise Conflict(f"{place.path} does not match {oid[:64]}" if at else f"{place.path} is not there")


async def _commit(ctx: Context, fields: Fields, place: _Place, message: str, change: write.Put) -> Commit:
    committer = signed(ctx, fields, "committer")
    tree = await write.write_tree(ctx.git_dir, place.tip.tree if place.tip is not None else None, [change])
    oid = await write.write_commit(
        ctx.git_dir,
        tree=tree,
        parents=[place.tip.oid] if place.tip is not None else [],
        message=message,
        author=signed(ctx, fields, "author", committer),
        committer=committer,
    )
    await check_new(ctx.git_dir, oid)
    await move(ctx.git_dir, place.ref, place.tip.oid if place.tip is not None else zeros(oid), oid)
    await note_push(ctx)
    return (await history.read_commits(ctx.git_dir, [oid]))[0]


def _answer(ctx: Context, content: dict[str, object] | None, commit: Commit, status: int) -> Response:
    return as_json(
        {"content": content, "commit": present_commits.git_commit(commit, ctx.here, ctx.repository.pk)},
        status,
    )
