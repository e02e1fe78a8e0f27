"""The things that GitHub can be told, each of them safe to tell again.

Documented at https://docs.github.com/rest/commits/statuses and https://docs.github.com/rest/issues/comments.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.conf import settings

from keyhole.core.plural import counted
from keyhole.reports.github.alerts import sarif
from keyhole.reports.github.comment import comment_text
from keyhole.reports.github.standing import standing
from keyhole.reports.github.target import Target
from keyhole.reports.github.words import Outcome, Whole, whole_of

MOST_PULLS = 10
"""Pull requests of one commit that are commented on."""
MOST_COMMENTS = 2000
"""Comments of a pull request that are looked through for ours."""
_WIDEST = "\uffff"
"""The last character that GitHub takes in the description of a status."""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that GitHub can be told."""

    permission: str
    """What it takes, with write."""
    tell: Callable[[Target], Outcome]


def _of_commit(what: str, tell: Callable[[Target, Whole], Outcome]) -> Callable[[Target], Outcome]:
    """Tells what all scans of the commit say, and again if another one has ended meanwhile.

    Two workers may be at it in the same moment: whichever of them writes last has looked once more after that.
    """

    def told(target: Target) -> Outcome:
        if not target.scan.commit:
            return Outcome("There is no commit yet.", nothing=True)
        now = standing(target.scan, what)
        while True:
            outcome = tell(target, whole_of(now))
            before, now = now, standing(target.scan, what)
            if now == before:
                return outcome

    return told


def status(target: Target, told: Whole) -> Outcome:
    """A status on the commit. The same one twice would do no harm, but is not made."""
    commit = told.commit
    wanted = {
        "state": told.state,
        "description": "".join(each if each <= _WIDEST else "\ufffd" for each in told.sentence),
        "target_url": told.url,
        "context": told.context,
    }
    answer = target.client.get(target.path("commits", commit, "statuses"), query={"per_page": 100})
    known = [each for each in _list(answer.data) if each.get("context") == told.context][:1]
    if not known or any(known[0].get(name) != value for name, value in wanted.items()):
        target.write("commit status", "POST", target.path("statuses", commit), wanted)
    return Outcome(f"{told.state.capitalize()} on {commit[:10]}, as {told.context}.{_resting(told)}")


def comment(target: Target, told: Whole) -> Outcome:
    """One comment on each open pull request that ends with the commit, written once and then kept up to date."""
    commit = told.commit
    answer = target.client.get(target.path("commits", commit, "pulls"), query={"per_page": 100})
    pulls = [
        pull["number"]
        for pull in _list(answer.data)
        if pull.get("state") == "open" and _head(pull) == commit and isinstance(pull.get("number"), int)
    ][:MOST_PULLS]
    if not pulls:
        return Outcome("No open pull request ends with this commit.", nothing=True)
    urls = [_on(target, told, number) for number in pulls]
    where = ", ".join(f"#{number}" for number in pulls)
    return Outcome(f"On pull request {where}.{_resting(told)}", urls[0])


def _resting(told: Whole) -> str:
    number = len(told.parts)
    return f" It rests on {counted(number, 'scan')}." if number > 1 else ""


def _head(pull: Mapping[str, Any]) -> object:
    head = pull.get("head")
    return head.get("sha") if isinstance(head, dict) else None


def _on(target: Target, told: Whole, number: int) -> str:
    mark = marker(target, told.context, number)
    body = comment_text(told, mark)
    path = target.path("issues", number, "comments")
    known = _marked(target, path, mark)
    if known is None:
        made = target.write("comment", "POST", path, {"body": body}).data
        known = _marked(target, path, mark)
        if known is None or known["id"] == made.get("id"):
            return _url(made)
        # Another scan of the commit wrote one in the same moment, and first: that one stays.
        target.write("second comment", "DELETE", target.path("issues", "comments", made["id"]), {})
    if known.get("body") == body:
        return _url(known)
    own = target.path("issues", "comments", known["id"])
    return _url(target.write("comment", "PATCH", own, {"body": body}).data)


def _marked(target: Target, path: str, mark: str) -> dict[str, Any] | None:
    """The oldest comment with the mark: a copy of it by somebody else is younger."""
    for each in islice(target.client.pages(path), MOST_COMMENTS):
        if isinstance(each, dict) and mark in str(each.get("body", "")) and isinstance(each.get("id"), int):
            return each
    return None


def marker(target: Target, context: str, number: int) -> str:
    """By which our comment is known again. Keyed, so that nobody can write it before we have."""
    text = f"pull request comment\0{target.scan.repository.marker}\0{number}\0{context}"
    digest = hmac.new(settings.KEYHOLE_HMAC_SECRET.reveal().encode(), text.encode(), hashlib.sha256)
    return f"<!-- keyhole {digest.hexdigest()[:32]} -->"


def _list(data: object) -> list[dict[str, Any]]:
    return [each for each in data if isinstance(each, dict)] if isinstance(data, list) else []


def _url(data: object) -> str:
    url = data.get("html_url") if isinstance(data, dict) else None
    return url[:500] if isinstance(url, str) and url.startswith(("https://", "http://")) else ""


PARTS: Mapping[str, Part] = {
    "status": Part("statuses", _of_commit("status", status)),
    "comment": Part("pull_requests", _of_commit("comment", comment)),
    "sarif": Part("security_events", sarif),
}
"""By the names of `environments.models.UPSTREAM`."""
