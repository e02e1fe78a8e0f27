"""Issues with their comments; labels and milestones."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

from keyhole.testing.github import kept, shapes
from keyhole.testing.github.answers import Answer, Listed, Source, invalid, items, not_found
from keyhole.testing.github.call import Call
from keyhole.testing.github.registry import answers


@answers("issues/list-for-repo", source=Source.RECORDED)
def issues(call: Call) -> Listed:
    """Newest first; pull requests are issues, too."""
    wanted = call.query.get("state", "open")
    found = [
        *kept.collection(call, "issues").values(),
        *map(_as_issue, kept.collection(call, "pulls").values()),
    ]
    found.sort(key=lambda each: each["number"], reverse=True)
    labels = {each for each in call.query.get("labels", "").split(",") if each}
    return items(
        [
            each
            for each in found
            if wanted in {"all", each["state"]} and labels <= {label["name"] for label in each["labels"]}
        ]
    )


def _as_issue(pull: dict[str, Any]) -> dict[str, Any]:
    names = (
        "id",
        "number",
        "title",
        "body",
        "state",
        "user",
        "labels",
        "comments",
        "created_at",
        "updated_at",
    )
    shown = {name: pull[name] for name in names}
    return shown | {
        "url": pull["issue_url"],
        "html_url": pull["html_url"],
        "pull_request": {"url": pull["url"]},
    }


@answers("issues/create")
def create(call: Call) -> Answer:
    """A new issue."""
    title = call.body.get("title")
    if not title:
        raise invalid("Issue", "title")
    number = kept.next_number(call)
    url = f"{call.here.api}/issues/{number}"
    made = kept.born(call, "Issue") | {
        "url": url,
        "repository_url": call.here.api,
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "html_url": f"{call.here.html}/issues/{number}",
        "number": number,
        "state": "open",
        "state_reason": None,
        "title": str(title),
        "body": call.body.get("body"),
        "user": kept.author(call),
        "labels": _labels(call, call.body.get("labels") or []),
        "assignee": None,
        "assignees": [],
        "milestone": None,
        "locked": False,
        "comments": 0,
        "closed_at": None,
        "author_association": "OWNER",
    }
    kept.collection(call, "issues")[number] = made
    return Answer(201, made, {"Location": url})


@answers("issues/get")
def get(call: Call) -> dict[str, Any]:
    """One issue, or the pull request of that number."""
    if call.number("issue_number") in kept.collection(call, "pulls"):
        return _as_issue(kept.one(call, "pulls", "issue_number"))
    return kept.one(call, "issues", "issue_number")


@answers("issues/update")
def update(call: Call) -> dict[str, Any]:
    """Title, text, state, labels."""
    found = _either(call)
    if "labels" in call.body:
        found["labels"] = _labels(call, call.body["labels"])
    if call.body.get("state") == "closed" and found["state"] == "open":
        found["closed_at"] = shapes.zulu(call.world.now())
    return kept.changed(call, found, "title", "body", "state", "state_reason")


def _either(call: Call) -> dict[str, Any]:
    number = call.number("issue_number")
    return kept.collection(call, "pulls").get(number) or kept.one(call, "issues", "issue_number")


@answers("issues/list-comments", "issues/list-comments-for-repo")
def comments(call: Call) -> Listed:
    """Comments of one issue, or of all."""
    found = list(kept.collection(call, "issue_comments").values())
    if "issue_number" in call.route.params:
        url = _either(call)["url"].replace("/pulls/", "/issues/")
        found = [each for each in found if each["issue_url"] == url]
    return items(found)


@answers("issues/create-comment")
def comment(call: Call) -> Answer:
    """A comment on an issue or pull request."""
    found = _either(call)
    made = kept.born(call, "IssueComment")
    url = f"{call.here.api}/issues/comments/{made['id']}"
    made |= {
        "url": url,
        "html_url": f"{found['html_url']}#issuecomment-{made['id']}",
        "issue_url": found["url"].replace("/pulls/", "/issues/"),
        "user": kept.author(call),
        "body": str(call.body["body"]),
        "author_association": "OWNER",
    }
    kept.collection(call, "issue_comments")[made["id"]] = made
    found["comments"] = found.get("comments", 0) + 1
    return Answer(201, made, {"Location": url})


@answers("issues/get-comment")
def get_comment(call: Call) -> dict[str, Any]:
    """One comment."""
    return kept.one(call, "issue_comments", "comment_id")


@answers("issues/update-comment")
def update_comment(call: Call) -> dict[str, Any]:
    """Another text."""
    return kept.changed(call, kept.one(call, "issue_comments", "comment_id"), "body")


@answers("issues/delete-comment")
def delete_comment(call: Call) -> None:
    """A comment removed."""
    gone = kept.one(call, "issue_comments", "comment_id")
    del kept.collection(call, "issue_comments")[gone["id"]]


@answers("issues/list-labels-for-repo")
def labels(call: Call) -> Listed:
    """Labels of the repository."""
    return items(list(kept.collection(call, "labels").values()))


@answers("issues/create-label", source=Source.RECORDED)
def create_label(call: Call) -> Answer:
    """A new label."""
    name, color = str(call.body["name"]), str(call.body.get("color", "ededed")).removeprefix("#")
    if not re.fullmatch(r"[0-9a-fA-F]{6}", color):
        raise invalid("Label", "color", "invalid")
    if name.lower() in kept.collection(call, "labels"):
        raise invalid("Label", "name", "already_exists")
    made = _label(call, name, color, call.body.get("description"))
    return Answer(201, made, {"Location": made["url"]})


@answers("issues/get-label")
def get_label(call: Call) -> dict[str, Any]:
    """One label."""
    found = kept.collection(call, "labels").get(call.param("name").lower())
    if found is None:
        raise not_found()
    return found


@answers("issues/update-label")
def update_label(call: Call) -> dict[str, Any]:
    """Another name or colour."""
    found = get_label(call)
    if "new_name" in call.body:
        del kept.collection(call, "labels")[found["name"].lower()]
        found["name"] = str(call.body["new_name"])
        kept.collection(call, "labels")[found["name"].lower()] = found
    found.update({name: call.body[name] for name in ("color", "description") if name in call.body})
    return found


@answers("issues/delete-label", source=Source.RECORDED)
def delete_label(call: Call) -> None:
    """A label removed."""
    del kept.collection(call, "labels")[get_label(call)["name"].lower()]


@answers("issues/list-labels-on-issue")
def labels_on(call: Call) -> Listed:
    """Labels of one issue."""
    return items(_either(call)["labels"])


@answers("issues/add-labels", "issues/set-labels")
def add_labels(call: Call) -> list[Any]:
    """More labels on an issue, or exactly these; the body is an object or a bare list."""
    given = json.loads(call.raw or b"{}")
    names = given.get("labels") if isinstance(given, dict) else given
    found = _either(call)
    if not isinstance(names, list):
        raise invalid("Label", "labels")
    before = [] if call.rule.id == "issues/set-labels" else [each["name"] for each in found["labels"]]
    found["labels"] = _labels(call, [*before, *names])
    shown: list[Any] = found["labels"]
    return shown


@answers("issues/remove-label")
def remove_label(call: Call) -> Answer:
    """One label off."""
    found, name = _either(call), call.param("name").lower()
    left = [each for each in found["labels"] if each["name"].lower() != name]
    if len(left) == len(found["labels"]):
        raise not_found()
    found["labels"] = left
    return Answer(200, left)


def _labels(call: Call, given: list[Any]) -> list[dict[str, Any]]:
    names = dict.fromkeys(str(each["name"] if isinstance(each, dict) else each) for each in given)
    have = kept.collection(call, "labels")
    return [have.get(name.lower()) or _label(call, name, "ededed", None) for name in names]


def _label(call: Call, name: str, color: str, description: str | None) -> dict[str, Any]:
    known = kept.born(call, "Label")
    made = {
        "id": known["id"],
        "node_id": known["node_id"],
        "url": f"{call.here.api}/labels/{quote(name)}",
        "name": name,
        "color": color,
        "default": False,
        "description": description,
    }
    kept.collection(call, "labels")[name.lower()] = made
    return made
