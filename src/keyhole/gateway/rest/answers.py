"""Successful answers: JSON, text, streams, nothing; and GitHub's shape of a failed one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from keyhole.core.errors import KeyholeError
from keyhole.gateway.answers import json_answer
from keyhole.gateway.http import Response
from keyhole.gateway.rest.problems import ValidationFailed

JSON_TYPE = "application/json; charset=utf-8"


def encode(value: Any) -> bytes:
    """JSON in UTF-8. Bytes of file names that are no UTF-8 (kept as surrogates) become the replacement character."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace").encode("utf-8")


def as_json(value: Any, status: int = 200, **headers: str) -> Response:
    """An answer in JSON; names of `headers` have underscores for hyphens."""
    return Response(status, encode(value), (("Content-Type", JSON_TYPE), *_spelled(headers)))


def as_text(body: bytes | AsyncIterator[bytes], kind: str, status: int = 200, **headers: str) -> Response:
    """An answer in another type than JSON. What a repository holds is never served as something to run."""
    return Response(status, body, (("Content-Type", kind), *_spelled(headers)))


def nothing(status: int = 204) -> Response:
    """An answer without a body."""
    return Response(status)


def _spelled(headers: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((name.replace("_", "-"), value) for name, value in headers.items())


def failed(
    problem: KeyholeError, *, documentation_url: str, accepted: str = "", explain: str = ""
) -> Response:
    """The answer to a request that failed, with the `errors` of a 422 where there are any."""
    answer = json_answer(problem, documentation_url=documentation_url, accepted=accepted, explain=explain)
    if not isinstance(problem, ValidationFailed) or not isinstance(answer.body, bytes):
        return answer
    errors = [
        {"resource": error.resource, "code": error.code, "field": error.field} for error in problem.errors
    ]
    message, *rest = json.loads(answer.body).items()
    return replace(answer, body=encode(dict([message, ("errors", errors), *rest])))


def entity_tag(answer: Response, subject: str) -> str | None:
    """A weak entity tag that is worth nothing to another token: `subject` (token and operation) is part of it."""
    if not isinstance(answer.body, bytes):
        return None
    return 'W/"' + hashlib.sha256(subject.encode() + b"\0" + answer.body).hexdigest() + '"'


def matches(if_none_match: str, tag: str) -> bool:
    """Whether `If-None-Match` names this tag, compared weakly (RFC 9110, 13.1.2)."""
    wanted = tag.removeprefix("W/")
    return any(
        part.strip() == "*" or part.strip().removeprefix("W/") == wanted for part in if_none_match.split(",")
    )
