"""New git objects. None has an effect until a ref is moved to it, and that is judged like a push."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable

from keyhole.core.errors import InvalidInput
from keyhole.core.refs import is_well_formed
from keyhole.gateway.http import Response
from keyhole.gateway.rest.answers import as_json
from keyhole.gateway.rest.bodies import Fields
from keyhole.gateway.rest.context import Context
from keyhole.gateway.rest.gitread import history, objects, trees
from keyhole.gateway.rest.gitwrite import objects as write
from keyhole.gateway.rest.identities import signed
from keyhole.gateway.rest.operations.git_data import tree as shown_tree
from keyhole.gateway.rest.present import commits as present
from keyhole.gateway.rest.problems import invalid, missing
from keyhole.gateway.rest.registry import Plan, writes

_KINDS = {"100644": "blob", "100755": "blob", "120000": "blob", "040000": "tree", "160000": "commit"}
_MOST_ENTRIES = 100_000


@writes("git/create-blob")
async def create_blob(ctx: Context) -> Plan:
    """A blob from text or base64."""
    fields = await ctx.fields("Blob")
    text, encoding = fields.given_text("content"), fields.optional_text("encoding", "utf-8")
    data = _decoded(text, encoding)

    async def carry_out() -> Response:
        oid = await write.write_blob(ctx.git_dir, data)
        url = ctx.here.git("blob", oid)
        return as_json({"sha": oid, "url": url}, 201, Location=url)

    return Plan(carry_out)


def _decoded(text: str, encoding: str) -> bytes:
    if encoding == "utf-8":
        return text.encode()
    if encoding != "base64":
        raise invalid("Blob", "encoding")
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInput("content is not valid Base64") from None


@writes("git/create-tree")
async def create_tree(ctx: Context) -> Plan:
    """A tree from entries, upon another one or not."""
    fields = await ctx.fields("Tree")
    entries = fields.objects("tree")
    if not entries or len(entries) > _MOST_ENTRIES:
        raise InvalidInput("Invalid tree info")
    base = await _base(ctx, fields.optional_text("base_tree").lower())
    changes = [await _change(ctx, entry) for entry in entries]

    async def carry_out() -> Response:
        puts = [await change() for change in changes]
        oid = await write.write_tree(ctx.git_dir, base, puts)
        shown = shown_tree(oid, await trees.list_tree(ctx.git_dir, oid), ctx.here)
        return as_json(shown, 201, Location=shown["url"])

    return Plan(carry_out)


async def _base(ctx: Context, name: str) -> str | None:
    if not name:
        return None
    found = (
        (await objects.look_up(ctx.git_dir, [f"{name}^{{tree}}"]))[0] if objects.is_object_id(name) else None
    )
    if found is None:
        raise InvalidInput("base_tree is not a valid tree oid")
    return found.oid


async def _change(ctx: Context, entry: Fields) -> Callable[[], Awaitable[write.Put]]:
    """What is to be done for one entry, checked now and done later."""
    path, mode, kind = entry.text("path"), entry.optional_text("mode"), entry.optional_text("type")
    if "\0" in path or path.startswith("/") or any(part in ("", ".", "..") for part in path.split("/")):
        raise InvalidInput(f"tree.path contains a malformed path component: {path[:300]!r}")
    if entry.is_null("sha"):
        return _given(write.Put(path, "0", "0" * 40))
    if mode not in _KINDS or (kind and kind != _KINDS[mode]):
        raise InvalidInput("tree.mode and tree.type must be a file, executable, link, folder or submodule")
    if "content" in entry and "sha" not in entry:
        data = entry.given_text("content").encode()

        async def write_it() -> write.Put:
            return write.Put(path, mode, await write.write_blob(ctx.git_dir, data))

        return write_it
    return _given(await _existing(ctx, path, mode, entry.text("sha").lower()))


def _given(put: write.Put) -> Callable[[], Awaitable[write.Put]]:
    async def ready() -> write.Put:
        return put

    return ready


async def _existing(ctx: Context, path: str, mode: str, oid: str) -> write.Put:
    info = (await objects.look_up(ctx.git_dir, [oid]))[0] if objects.is_object_id(oid) else None
    # A submodule's commit lies in another repository, so it cannot be looked up here.
    if not objects.is_object_id(oid) or (mode != "160000" and (info is None or info.kind != _KINDS[mode])):
        raise InvalidInput(f"tree.sha {oid[:64]} is not a valid {_KINDS[mode]}")
    return write.Put(path, mode, oid)


@writes("git/create-commit")
async def create_commit(ctx: Context) -> Plan:
    """A commit of a tree that is there, upon parents that are there."""
    fields = await ctx.fields("Commit")
    message, tree = fields.text("message"), fields.text("tree").lower()
    parents = [oid.lower() for oid in fields.texts("parents")]
    await _must_be(ctx, [tree], "tree", "Tree SHA does not exist")
    await _must_be(ctx, parents, "commit", "Parent SHA does not exist or is not a commit object")
    # GitHub takes each identity from the other where only one is given.
    author = signed(ctx, fields, "author")
    committer = signed(ctx, fields, "committer", author)
    signature = fields.optional_text("signature")

    async def carry_out() -> Response:
        oid = await write.write_commit(
            ctx.git_dir,
            tree=tree,
            parents=parents,
            author=author,
            committer=committer,
            message=message,
            signature=signature,
        )
        commit = (await history.read_commits(ctx.git_dir, [oid]))[0]
        shown = present.git_commit(commit, ctx.here, ctx.repository.pk)
        return as_json(shown, 201, Location=shown["url"])

    return Plan(carry_out)


async def _must_be(ctx: Context, oids: list[str], kind: str, otherwise: str) -> None:
    found = await objects.look_up(ctx.git_dir, oids) if all(map(objects.is_object_id, oids)) else [None]
    if any(info is None or info.kind != kind for info in found):
        raise InvalidInput(otherwise)


@writes("git/create-tag")
async def create_tag(ctx: Context) -> Plan:
    """An annotated tag object; the ref that makes it a tag is created apart."""
    fields = await ctx.fields("Tag")
    name, message, oid = fields.text("tag"), fields.given_text("message"), fields.text("object").lower()
    kind = fields.text("type")
    if not is_well_formed(f"refs/tags/{name}"):
        raise invalid("Tag", "tag")
    if kind not in ("commit", "tree", "blob"):
        raise missing("Tag", "type") if not kind else invalid("Tag", "type")
    await _must_be(ctx, [oid], kind, "Object does not exist or is of another type")
    tagger = signed(ctx, fields, "tagger")

    async def carry_out() -> Response:
        tag_oid = await write.write_tag(
            ctx.git_dir, oid=oid, kind=kind, name=name, tagger=tagger, message=message
        )
        tag = await history.read_tag(ctx.git_dir, tag_oid)
        if tag is None:
            raise InvalidInput("The tag could not be read back.")
        shown = present.tag(tag, ctx.here, ctx.repository.pk)
        return as_json(shown, 201, Location=shown["url"])

    return Plan(carry_out)
