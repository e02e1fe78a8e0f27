"""The answer of every operation that has no handler: truthful about what was made, silent about what was not.

What a client makes with POST or PUT is kept under its path and can be read, changed and deleted again; a list holds
what was made in it and is empty otherwise; an id that nothing has is 404. Which fields a body must have, which status
means success and what a list is called is GitHub's published description; the fields of the objects are those that
the client sent. Every such answer is marked as derived.
"""

from __future__ import annotations

import json
import re
from typing import Any

from keyhole.testing.github import existing
from keyhole.testing.github.answers import Answer, Listed, invalid, items, not_found, unprocessable
from keyhole.testing.github.call import Call

_NEEDED_BESIDES = {
    "actions/update-repo-variable": "value",
    "actions/update-environment-variable": "value",
    "actions/update-org-variable": "value",
    "agents/update-repo-variable": "value",
    "agents/update-org-variable": "value",
    "codespaces/create-or-update-repo-secret": "encrypted_value",
    "codespaces/create-or-update-secret-for-authenticated-user": "encrypted_value",
    "dependabot/create-or-update-repo-secret": "encrypted_value",
    "dependabot/update-alert": "state",
    "secret-scanning/update-alert": "state",
    "code-scanning/update-alert": "state",
    "pulls/create": "title",
}
"""Fields that GitHub refuses to do without, although its description calls each of them optional."""


def check_required(call: Call) -> None:
    """Raises Problem 422 when the body lacks a field that it must have."""
    if call.rule.operation.method in {"GET", "DELETE"} and not call.body:
        return
    needed = list(call.rule.shape.required)
    if call.rule.id in _NEEDED_BESIDES:
        needed.append(_NEEDED_BESIDES[call.rule.id])
    for name in needed:
        if name not in call.body and not isinstance(call.body.get(name), bool):
            raise invalid(resource_of(call), name)


_TYPES: dict[str, type | tuple[type, ...]] = {
    "s": str,
    "i": int,
    "f": (int, float),
    "b": bool,
    "a": list,
    "o": dict,
}
_WORDS = {
    "s": "a string",
    "i": "an integer",
    "f": "a number",
    "b": "a boolean",
    "a": "an array",
    "o": "an object",
}


def check_types(call: Call) -> None:
    """Raises Problem 422 when a field of the body has a type that GitHub's description does not allow."""
    for name, allowed in call.rule.shape.types.items():
        value = call.body.get(name)
        if name in call.body and not _is_one_of(value, allowed):
            words = " or ".join(_WORDS[each] for each in allowed if each in _WORDS)
            shown = "nil" if value is None else json.dumps(value)[:100]
            raise unprocessable(f"Invalid request.\n\nFor 'properties/{name}', {shown} is not {words}.")


def _is_one_of(value: Any, allowed: str) -> bool:
    if value is None:
        return "n" in allowed
    if isinstance(value, bool):
        return "b" in allowed
    return any(isinstance(value, _TYPES[each]) for each in allowed if each not in {"n", "b"})


def resource_of(call: Call) -> str:
    """What GitHub's validation errors call the thing, guessed from the operation's name."""
    words = re.sub(
        r"^(create|update|set|add|replace|dispatch)(-or-update|-an?)?-?", "", call.rule.id.split("/")[1]
    )
    return "".join(word.capitalize() for word in words.split("-")) or call.rule.id.split("/")[0].capitalize()


def answer(call: Call) -> Answer | Listed:
    """The answer, from what is kept."""
    if "enterprise" in call.route.params:
        raise not_found()
    path = _path(call)
    last = _last(call)
    for name in call.rule.items[: -1 if last else None]:
        if not existing.exists(call, name):
            raise not_found()
    if last in existing.ACCOUNTS and not existing.exists(call, last):
        raise not_found()
    store = existing.store_of(call)
    match call.rule.operation.method:
        case "GET":
            return _get(call, store, path, last)
        case "PUT":
            return _put(call, store, path, last)
        case "POST":
            return _post(call, store, path, last)
        case "PATCH":
            return _patch(call, store, path, last)
    return _delete(call, store, path, last)


def _path(call: Call) -> str:
    """Under which name it is kept: the path, without what names the repository or account that keeps it."""
    path = re.sub(r"^/(repos/{owner}/{repo}|orgs/{org}|users/{username})", "", call.rule.operation.path)
    return "/".join(call.param(part[1:-1]) if part.startswith("{") else part for part in path.split("/")[1:])


def _last(call: Call) -> str:
    """The parameter that ends the path; empty if a word does."""
    end = call.rule.operation.path.rsplit("/", 1)[1][1:-1]
    return end if end in call.rule.items else ""


def _get(call: Call, store: dict[str, Any], path: str, last: str) -> Answer | Listed:
    shape = call.rule.shape
    if last or shape.body in {"none", "redirect"}:
        if path not in store:
            raise not_found()
        return Answer(shape.status, None if shape.body == "none" else store[path])
    if shape.body == "list" or shape.under:
        made = [value for key, value in store.items() if re.fullmatch(re.escape(path) + r"/[^/]+", key)]
        return items(made, under=shape.under)
    if shape.body == "text":
        return Answer(shape.status, b"", {"Content-Type": "text/plain; charset=utf-8"})
    return Answer(shape.status, store.get(path) or empty(call))


def _put(call: Call, store: dict[str, Any], path: str, last: str) -> Answer:
    known, shape = path in store, call.rule.shape
    named = {"name": call.param(last)} if last.endswith("name") else {}
    before = store.get(path) or {**empty(call), **_stamps(call)}
    store[path] = {**before, **named, **_shown(call.body), "updated_at": _stamps(call)["updated_at"]}
    status = 204 if known and shape.status == 201 and shape.body == "none" else shape.status
    return Answer(status, None if shape.body == "none" or status == 204 else store[path])


def _post(call: Call, store: dict[str, Any], path: str, last: str) -> Answer:
    shape = call.rule.shape
    if last and not existing.exists(call, last):
        raise not_found()
    if shape.status != 201 or last:
        return Answer(
            shape.status, empty(call) if shape.body == "object" else [] if shape.body == "list" else None
        )
    number, name = call.world.new_id(), call.body.get("name")
    by_name = isinstance(name, str) and call.rule.operation.path.endswith("/variables")
    key = f"{path}/{name if by_name else number}"
    made = {**empty(call), "id": number, **_stamps(call), **_shown(call.body)}
    if "number" in made:
        made["number"] = number
    store[key] = made
    return Answer(201, made if shape.body == "object" else None)


def _patch(call: Call, store: dict[str, Any], path: str, last: str) -> Answer:
    if last and path not in store:
        raise not_found()
    before = store.get(path) or empty(call)
    store[path] = {**before, **_shown(call.body), "updated_at": _stamps(call)["updated_at"]}
    shape = call.rule.shape
    return Answer(shape.status, None if shape.body == "none" else store[path])


def _delete(call: Call, store: dict[str, Any], path: str, last: str) -> Answer:
    if last and path not in store and last not in existing.ACCOUNTS:
        raise not_found()
    for key in [key for key in store if key == path or key.startswith(f"{path}/")]:
        del store[key]
    return Answer(call.rule.shape.status, {} if call.rule.shape.body == "object" else None)


def empty(call: Call) -> dict[str, Any]:
    """An object of the documented kind that says nothing yet."""
    url = f"{call.links.api}{call.route.path}"
    filled = _filled(call.rule.shape.empty, {"@now": _stamps(call)["created_at"], "@url": url})
    return filled if isinstance(filled, dict) else {}


def _filled(value: Any, signs: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(each, signs) for name, each in value.items()}
    return signs.get(value, value) if isinstance(value, str) else value


def _stamps(call: Call) -> dict[str, str]:
    now = call.world.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"created_at": now, "updated_at": now}


def _shown(body: dict[str, Any]) -> dict[str, Any]:
    """What was sent, without what GitHub never shows again."""
    return {
        name: value for name, value in body.items() if name not in {"encrypted_value", "key_id", "secret"}
    }
