"""Pages of lists: 30 entries unless asked otherwise, at most 100, with a `Link` header."""

from __future__ import annotations

from urllib.parse import urlencode

from keyhole.testing.github.answers import Answer, Listed
from keyhole.testing.github.call import Call

_DEFAULT, _MOST = 30, 100


def cut(call: Call, listed: Listed) -> Answer:
    """The page that was asked for."""
    size = min(_positive(call.query.get("per_page"), _DEFAULT), _MOST)
    page = _positive(call.query.get("page"), 1)
    last = max(1, -(-len(listed.found) // size))
    shown = listed.found[(page - 1) * size : page * size]
    body = {"total_count": len(listed.found), **listed.beside, listed.under: shown} if listed.under else shown
    headers = dict(listed.headers)
    links = []
    if page > 1:
        links += [("prev", min(page - 1, last))]
    if page < last:
        links += [("next", page + 1), ("last", last)]
    if page > 1:
        links += [("first", 1)]
    if links:
        headers["Link"] = ", ".join(f'<{_address(call, number)}>; rel="{rel}"' for rel, number in links)
    return Answer(200, body, headers)


def _positive(text: str | None, default: int) -> int:
    return int(text) if text and text.isdigit() and int(text) > 0 else default


def _address(call: Call, page: int) -> str:
    path = call.rule.operation.path
    repository = call.subject.repository
    if repository is not None and path.startswith("/repos/{owner}/{repo}/"):
        # As recorded: links of a repository's lists go by its id.
        path = path.replace("/repos/{owner}/{repo}", f"/repositories/{repository.id}")
    for name, value in call.route.params.items():
        path = path.replace(f"{{{name}}}", value)
    return f"{call.links.api}{path}?{urlencode({**call.query, 'page': page})}"
