"""The things that GitHub can be told, each of them safe to tell again.

Documented at https://docs.github.com/rest/commits/statuses, https://docs.github.com/rest/issues/comments and
https://docs.github.com/rest/code-scanning/code-scanning#upload-an-analysis-as-sarif-data.
"""

from __future__ import annotations

import base64
import dataclasses
import gzip
import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.conf import settings

from keyhole.core.errors import Conflict
from keyhole.core.plural import counted
from keyhole.providers.gitcli import GitError, run
from keyhole.reports.github.markdown import code, plain
from keyhole.reports.github.target import Target
from keyhole.reports.github.words import Told
from keyhole.reports.renderers.as_sarif import document

MOST_PULLS = 10
"""Pull requests of one commit that are commented on."""
MOST_COMMENTS = 2000
"""Comments of a pull request that are looked through for ours."""
MOST_SHOWN = 20
"""Findings that a comment names."""
_ROOM = 25_000
"""Characters of a comment for findings, and as many for breaches: GitHub takes 65,536 in all, and what is escaped can
have twelve for one."""
MOST_RESULTS = 5000
"""Results that code scanning keeps of one upload."""
LARGEST = 10_000_000
"""Bytes of an upload, compressed and before base64."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of telling."""

    said: str
    url: str = ""
    nothing: bool = False
    """Whether there was nothing to tell, or nobody."""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that GitHub can be told."""

    permission: str
    """What it takes, with write."""
    tell: Callable[[Target, Told], Outcome]


def status(target: Target, told: Told) -> Outcome:
    """A status on the commit. The same one twice would do no harm, but is not made."""
    commit = told.scan.commit
    if not commit:
        return Outcome("There is no commit yet.", nothing=True)
    wanted = {
        "state": told.state,
        "description": told.sentence,
        "target_url": told.url,
        "context": told.context,
    }
    answer = target.client.get(target.path("commits", commit, "statuses"), query={"per_page": 100})
    known = [each for each in _list(answer.data) if each.get("context") == told.context][:1]
    if not known or any(known[0].get(name) != value for name, value in wanted.items()):
        target.write("commit status", "POST", target.path("statuses", commit), wanted)
    return Outcome(f"{told.state.capitalize()} on {commit[:10]}, as {told.context}.")


def comment(target: Target, told: Told) -> Outcome:
    """One comment on each open pull request that ends with the commit, written once and then kept up to date."""
    commit = told.scan.commit
    if not commit:
        return Outcome("There is no commit yet.", nothing=True)
    answer = target.client.get(target.path("commits", commit, "pulls"))
    pulls = [
        pull["number"]
        for pull in _list(answer.data)
        if pull.get("state") == "open" and _head(pull) == commit and isinstance(pull.get("number"), int)
    ][:MOST_PULLS]
    if not pulls:
        return Outcome("No open pull request ends with this commit.", nothing=True)
    urls = [_on(target, told, number) for number in pulls]
    return Outcome(f"On pull request {', '.join(f'#{number}' for number in pulls)}.", urls[0])


def _head(pull: Mapping[str, Any]) -> object:
    head = pull.get("head")
    return head.get("sha") if isinstance(head, dict) else None


def _on(target: Target, told: Told, number: int) -> str:
    mark = marker(told, number)
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


def marker(told: Told, number: int) -> str:
    """By which our comment is known again. Keyed, so that nobody can write it before we have."""
    place = told.scan.repository
    text = f"pull request comment\0{place.marker}\0{number}\0{told.context}"
    digest = hmac.new(settings.KEYHOLE_HMAC_SECRET.reveal().encode(), text.encode(), hashlib.sha256)
    return f"<!-- keyhole {digest.hexdigest()[:32]} -->"


def comment_text(told: Told, mark: str) -> str:
    """The comment. Whatever came from the repository, or from people, is escaped."""
    return "\n".join([mark, *_lines(told)]) + "\n"


def _lines(told: Told) -> Iterator[str]:
    yield f"### Keyhole: {plain(told.sentence)}"
    yield ""
    where = f" for {plain(str(told.scan.environment))}" if told.scan.environment is not None else ""
    yield f"Scan of {code(told.scan.commit[:10])}{where}. [The scan in Keyhole]({told.url})"
    if not told.complete:
        yield f"\n**Not everything was read, so nothing is known of the rest:** {plain(told.scan.reason, 500)}"
    breaches = [
        f"\n**{plain(breach.demand)}**  \n{plain(breach.why, 400)}  \n{plain(breach.fix, 400)}"
        for breach in (told.verdict.breaches if told.verdict is not None else ())
    ]
    shown = _fitting(breaches)
    yield from shown
    if more := len(breaches) - len(shown):
        yield f"\nAnd {more:,} more, which Keyhole names."
    if told.rows:
        yield f"\n<details><summary>{counted(len(told.rows), 'open finding')}</summary>\n"
        yield "| severity | what | where |\n|---|---|---|"
        found = [row.finding for row in told.rows[:MOST_SHOWN]]
        named = _fitting(
            f"| {each.severity} | {plain(each.title)} | {code(each.locations[0].where)} |" for each in found
        )
        yield from named
        if more := len(told.rows) - len(named):
            yield f"| | and {more:,} more | |"
        yield "\n</details>"


def _fitting(lines: Iterable[str]) -> list[str]:
    """Those of the lines, from the first on, for which there is room."""
    left = _ROOM
    fitting = []
    for line in lines:
        left -= len(line) + 1
        if left < 0:
            break
        fitting.append(line)
    return fitting


def sarif(target: Target, told: Told) -> Outcome:
    """The open findings as analyses of code scanning, one for each scanner: GitHub keeps these apart."""
    commit, ref = told.scan.commit, told.scan.ref or _default_branch(told)
    if not commit or not ref:
        return Outcome("There is no commit yet.", nothing=True)
    if not told.complete:
        # GitHub takes an upload for all there is, and closes every alert that is not in it.
        return Outcome(
            "Not everything could be read, and GitHub would close the alerts of what was not.", nothing=True
        )
    packed, left = _packed(told)
    body = {
        "commit_sha": commit,
        "ref": ref,
        "sarif": base64.b64encode(packed).decode("ascii"),
        "tool_name": "Keyhole",
        "checkout_uri": "file:///",
    }
    answer = target.write("code scanning alerts", "POST", target.path("code-scanning", "sarifs"), body)
    number = answer.data.get("id") if isinstance(answer.data, dict) else None
    problem = _refused(target, str(number)) if number else ""
    if problem:
        raise Conflict(f"GitHub took the upload and could not process it: {problem}.")
    more = f" The {left:,} least severe findings did not fit." if left else ""
    return Outcome(f"{counted(len(told.rows) - left, 'finding')} for {ref} at {commit[:10]}.{more}")


def _refused(target: Target, number: str) -> str:
    """What GitHub found wrong with an upload; empty if nothing, or if it has not looked yet."""
    data = target.client.get(target.path("code-scanning", "sarifs", number)).data
    if not isinstance(data, dict) or data.get("processing_status") != "failed":
        return ""
    return "; ".join(str(each)[:100] for each in _list(data.get("errors"))[:3]) or "it does not say why"


def _default_branch(told: Told) -> str:
    try:
        named = run(told.scan.repository.git_dir, "symbolic-ref", "--quiet", "HEAD")
    except GitError:
        return ""
    return named.decode("utf-8", "replace").strip()


def _packed(told: Told) -> tuple[bytes, int]:
    """The analysis, compressed, and how many findings were left out so that GitHub takes it."""
    most = MOST_RESULTS
    while True:
        rows = told.rows[:most]
        text = json.dumps(document(dataclasses.replace(told.report, rows=rows)), separators=(",", ":"))
        packed = gzip.compress(text.encode("utf-8"), mtime=0)
        if len(packed) <= LARGEST or not rows:
            return packed, len(told.rows) - len(rows)
        most = len(rows) // 2


def _list(data: object) -> list[dict[str, Any]]:
    return [each for each in data if isinstance(each, dict)] if isinstance(data, list) else []


def _url(data: object) -> str:
    url = data.get("html_url") if isinstance(data, dict) else None
    return url[:500] if isinstance(url, str) and url.startswith(("https://", "http://")) else ""


PARTS: Mapping[str, Part] = {
    "status": Part("statuses", status),
    "comment": Part("pull_requests", comment),
    "sarif": Part("security_events", sarif),
}
"""By the names of `environments.models.UPSTREAM`."""
