"""Commit statuses."""

from __future__ import annotations

from typing import Any

from keyhole.testing.github import gitdata, kept, shapes
from keyhole.testing.github.answers import Answer, Listed, Source, invalid, items, not_found, unprocessable
from keyhole.testing.github.call import Call
from keyhole.testing.github.registry import answers

_STATES = ("error", "failure", "pending", "success")


@answers("repos/create-commit-status", source=Source.RECORDED)
def create(call: Call) -> Answer:
    """A status on a commit that is there."""
    asked = call.param("sha")
    if gitdata.resolve(call.repository.git_dir, asked) is None or len(asked) != 40:
        raise unprocessable(f"No commit found for SHA: {asked}")
    if call.body.get("state") not in _STATES:
        raise invalid("Status", "state", "invalid")
    made = kept.born(call, "StatusContext")
    url = f"{call.here.api}/statuses/{asked}"
    shown = {
        "url": url,
        "avatar_url": kept.author(call).get("avatar_url"),
        "id": made["id"],
        "node_id": made["node_id"],
        "state": call.body["state"],
        "description": call.body.get("description"),
        "target_url": call.body.get("target_url"),
        "context": str(call.body.get("context", "default")),
        "created_at": made["created_at"],
        "updated_at": made["updated_at"],
        "creator": kept.author(call),
    }
    kept.collection(call, "statuses").setdefault(asked, {})[made["id"]] = shown
    return Answer(201, shown, {"Location": url})


@answers("repos/list-commit-statuses-for-ref", source=Source.RECORDED)
def statuses(call: Call) -> Listed:
    """Newest first."""
    return items(_of(call, _commit(call)))


@answers("repos/get-combined-status-for-ref", source=Source.RECORDED)
def combined(call: Call) -> dict[str, Any]:
    """The newest of each context, and what they come to."""
    oid = _commit(call)
    newest = {each["context"]: each for each in reversed(_of(call, oid))}
    states = {each["state"] for each in newest.values()}
    bad, good = {"error", "failure"} & states, states == {"success"}
    return {
        "state": "failure" if bad else "success" if good else "pending",
        "statuses": [
            {name: value for name, value in each.items() if name != "creator"} for each in newest.values()
        ],
        "sha": oid,
        "total_count": len(newest),
        "repository": shapes.repository(call.repository, call.world, call.actor, call.links),
        "commit_url": call.here.commit(oid),
        "url": f"{call.here.commit(oid)}/status",
    }


def _commit(call: Call) -> str:
    found = gitdata.resolve(call.repository.git_dir, call.param("ref"))
    if found is None:
        raise not_found()
    return found


def _of(call: Call, oid: str) -> list[dict[str, Any]]:
    return list(reversed(kept.collection(call, "statuses").get(oid, {}).values()))
