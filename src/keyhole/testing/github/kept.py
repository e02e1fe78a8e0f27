"""Collections of things that a repository has beside its code, by number or name."""

from __future__ import annotations

from typing import Any

from keyhole.testing.github import shapes
from keyhole.testing.github.answers import not_found
from keyhole.testing.github.call import Call
from keyhole.testing.github.links import node_id


def collection(call: Call, name: str) -> dict[Any, dict[str, Any]]:
    """What the repository has of one kind."""
    found: dict[Any, dict[str, Any]] = call.repository.things.setdefault(name, {})
    return found


def one(call: Call, name: str, param: str) -> dict[str, Any]:
    """The thing that a path parameter names. Raises Problem 404 when there is none."""
    value = call.param(param)
    kept = collection(call, name)
    found = kept.get(value) or (kept.get(int(value)) if value.isdigit() else None)
    if found is None:
        raise not_found()
    return found


def next_number(call: Call) -> int:
    """Issues and pull requests share one row of numbers."""
    return 1 + max([0, *collection(call, "issues"), *collection(call, "pulls")])


def born(call: Call, kind: str) -> dict[str, Any]:
    """What everything new has: an id and times."""
    number = call.world.new_id()
    now = shapes.zulu(call.world.now())
    return {"id": number, "node_id": node_id(kind, number), "created_at": now, "updated_at": now}


def author(call: Call) -> dict[str, Any]:
    """Who does it: a person, or an app's bot."""
    if call.actor.user is not None:
        return shapes.simple(call.actor.user, call.links)
    token = call.actor.token
    name = call.actor.user_or_app
    number = token.installation.app.id if token is not None and token.installation is not None else 0
    return {
        "login": name,
        "id": number,
        "node_id": node_id("Bot", number),
        "type": "Bot",
        "site_admin": False,
    }


def changed(call: Call, found: dict[str, Any], *fields: str) -> dict[str, Any]:
    """Takes over those of `fields` that the body has."""
    found.update({name: call.body[name] for name in fields if name in call.body})
    found["updated_at"] = shapes.zulu(call.world.now())
    return found
