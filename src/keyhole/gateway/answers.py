"""The one translation of errors into HTTP answers: JSON in GitHub's shape for REST, plain lines for git.

git shows the lines of a `text/plain` answer to the person as `remote: ...`; anything else it drops.
"""

from __future__ import annotations

import json

from keyhole.core.errors import BadCredentials, KeyholeError, Unavailable
from keyhole.gateway.errors import TooManyRequests
from keyhole.gateway.http import Response

REALM = "Keyhole"
_DOCUMENTATION = "https://docs.github.com/rest"


def json_answer(
    problem: KeyholeError, *, documentation_url: str = "", accepted: str = "", explain: str = ""
) -> Response:
    """The answer of a REST request. `accepted` is the value of `X-Accepted-GitHub-Permissions`, if any."""
    explain = explain or str(getattr(problem, "explain", ""))
    value = {
        "message": problem.message,
        "documentation_url": documentation_url or _DOCUMENTATION,
        "status": str(problem.status),
        "explain": explain,
    }
    headers = [("Content-Type", "application/json; charset=utf-8"), *_headers(problem)]
    if accepted:
        headers.append(("X-Accepted-GitHub-Permissions", accepted))
    return Response(problem.status, json.dumps(value).encode(), tuple(headers), explain)


def text_answer(problem: KeyholeError, *, explain: str = "") -> Response:
    """The answer of a git request: what happened, what to do, and the id that explains it, a line each."""
    explain = explain or str(getattr(problem, "explain", ""))
    lines = [problem.message, problem.hint, f"Explain: keyhole explain {explain}" if explain else ""]
    body = "".join(f"{line}\n" for line in lines if line)
    headers = (("Content-Type", "text/plain; charset=utf-8"), *_headers(problem))
    return Response(problem.status, body.encode(), headers, explain)


def _headers(problem: KeyholeError) -> list[tuple[str, str]]:
    if isinstance(problem, BadCredentials):
        return [("WWW-Authenticate", f'Basic realm="{REALM}"')]
    if isinstance(problem, Unavailable | TooManyRequests):
        return [("Retry-After", str(getattr(problem, "retry_after", 1)))]
    return []
