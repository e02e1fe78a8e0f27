"""Refs: read, create, move, delete. A write is judged like a push of the same ref."""

from __future__ import annotations

from keyhole.core.errors import InvalidInput
from keyhole.core.refs import is_pushable, is_well_formed
from keyhole.core.request import RefUpdate
from keyhole.gateway.http import Response
from keyhole.gateway.rest.answers import as_json, nothing
from keyhole.gateway.rest.context import Context
from keyhole.gateway.rest.gitread import history, objects, refs
from keyhole.gateway.rest.gitread.objects import Info
from keyhole.gateway.rest.gitread.refs import Ref
from keyhole.gateway.rest.gitwrite.refs import check_new, judged_update, move, refuse_in_the_way, zeros
from keyhole.gateway.rest.present import refs as present
from keyhole.gateway.rest.problems import invalid, not_found
from keyhole.gateway.rest.pushed import note_push
from keyhole.gateway.rest.registry import Plan, reads, writes


@reads("git/get-ref")
async def get_ref(ctx: Context) -> Response:
    """One ref by its exact name."""
    ref = await refs.get_ref(ctx.git_dir, _full(ctx))
    if ref is None:
        raise not_found()
    return as_json(present.git_ref(ref, ctx.here, ctx.repository.pk))


@reads("git/list-matching-refs")
async def matching_refs(ctx: Context) -> Response:
    """Every ref whose name starts so."""
    found = [ref for ref in await refs.list_refs(ctx.git_dir, "refs/") if ref.name.startswith(_full(ctx))]
    items = [present.git_ref(ref, ctx.here, ctx.repository.pk) for ref in ctx.page.cut(found)]
    return (
        ctx.listed(items, len(found))
        if "page" in ctx.query or "per_page" in ctx.query
        else as_json([present.git_ref(ref, ctx.here, ctx.repository.pk) for ref in found])
    )


def _full(ctx: Context) -> str:
    return "refs/" + ctx.params["ref"]


@writes("git/create-ref")
async def create_ref(ctx: Context) -> Plan:
    """A new branch or tag at an object that is there."""
    fields = await ctx.fields("Reference")
    name, oid = fields.text("ref"), fields.text("sha").lower()
    if not name.startswith("refs/") or name.count("/") < 2:
        raise InvalidInput("Reference name must start with 'refs' and contain at least two slashes.")
    if not is_well_formed(name):
        raise invalid("Reference", "ref")
    if not is_pushable(name):
        return _never(name, zeros(oid) if objects.is_object_id(oid) else "0" * 40, oid)
    info = await _target(ctx, oid, name)
    if await refs.get_ref(ctx.git_dir, name) is not None:
        raise InvalidInput("Reference already exists")

    async def carry_out() -> Response:
        await move(ctx.git_dir, name, zeros(oid), oid)
        await note_push(ctx)
        shown = present.moved(name, oid, info.kind, ctx.here, ctx.repository.pk)
        return as_json(shown, 201, Location=shown["url"])

    return Plan(carry_out, (await judged_update(ctx.git_dir, name, zeros(oid), oid),))


@writes("git/update-ref")
async def update_ref(ctx: Context) -> Plan:
    """A ref moved forward, or anywhere with `force`."""
    fields = await ctx.fields("Reference")
    oid, force = fields.text("sha").lower(), fields.flag("force")
    if not is_pushable(_full(ctx)):
        return _never(_full(ctx), oid, oid)
    ref = await _existing(ctx)
    info = await _target(ctx, oid, ref.name)
    if not force and ref.kind == "commit" and await history.merge_base(ctx.git_dir, ref.oid, oid) != ref.oid:
        raise InvalidInput("Update is not a fast forward")
    await refuse_in_the_way(ctx.git_dir, ref.name, ref.oid, oid)

    async def carry_out() -> Response:
        await move(ctx.git_dir, ref.name, ref.oid, oid)
        await note_push(ctx)
        return as_json(present.moved(ref.name, oid, info.kind, ctx.here, ctx.repository.pk))

    return Plan(carry_out, (await judged_update(ctx.git_dir, ref.name, ref.oid, oid),))


@writes("git/delete-ref")
async def delete_ref(ctx: Context) -> Plan:
    """A branch or tag taken away; never the default branch."""
    if not is_pushable(_full(ctx)):
        return _never(_full(ctx), "", "")
    ref = await _existing(ctx)
    await refuse_in_the_way(ctx.git_dir, ref.name, ref.oid, zeros(ref.oid))

    async def carry_out() -> Response:
        await move(ctx.git_dir, ref.name, ref.oid, zeros(ref.oid))
        await note_push(ctx)
        return nothing()

    return Plan(carry_out, (RefUpdate(ref.name, ref.oid, zeros(ref.oid), touches_workflows=False),))


def _never(ref: str, old: str, new: str) -> Plan:
    """A plan for a ref that no token moves: the decision says so, in the same words as for a push."""

    async def carry_out() -> Response:
        raise InvalidInput("Reference cannot be moved")

    return Plan(carry_out, (RefUpdate(ref, old, new, touches_workflows=None),))


async def _existing(ctx: Context) -> Ref:
    ref = await refs.get_ref(ctx.git_dir, _full(ctx))
    if ref is None:
        raise InvalidInput("Reference does not exist")
    return ref


async def _target(ctx: Context, oid: str, name: str) -> Info:
    info = (await objects.look_up(ctx.git_dir, [oid]))[0] if objects.is_object_id(oid) else None
    if info is None or len(info.oid) != len(oid):
        raise InvalidInput("Object does not exist")
    if name.startswith("refs/heads/") and info.kind != "commit":
        raise InvalidInput("Object is not a commit, and a branch names commits only")
    await check_new(ctx.git_dir, oid)
    return info
