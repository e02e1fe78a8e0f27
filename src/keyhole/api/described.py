"""What the API's document says of errors: every operation's by one rule, and the body that all of them have."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from keyhole.api.schemas import Problem

_EVERYWHERE = (400, 401, 403, 422, 500, 503)
"""A text with a NUL character; no API token; one that may not do it; a parameter that there is not; our own faults."""
_HEADERS = {401: ("WWW-Authenticate", "How to authenticate."), 503: ("Retry-After", "Seconds to wait.")}
_REF = "#/components/{kind}/{name}"


def with_errors(document: dict[str, Any]) -> None:
    """Have each operation of the document name the errors that it can answer with, too."""
    components = document["components"]
    schema = Problem.model_json_schema(ref_template=_REF.format(kind="schemas", name="{model}"))
    components["schemas"].update(schema.pop("$defs", {}))
    components["schemas"]["Problem"] = schema
    found: set[int] = set()
    for methods in document["paths"].values():
        for method, operation in methods.items():
            mine = sorted(_statuses(method, operation))
            operation["responses"].update({status: _named(status) for status in mine})
            found.update(mine)
    components["responses"] = {_name(status): _answer(status) for status in sorted(found)}


def _statuses(method: str, operation: dict[str, Any]) -> Iterator[int]:
    yield from _EVERYWHERE
    named = [each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"]
    asked = [each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"]
    if named or "requestBody" in operation or "repository" in asked:
        yield 404
    if method != "get" or "409" in operation.get("description", ""):
        yield 409


def _name(status: int) -> str:
    return HTTPStatus(status).phrase.replace(" ", "")


def _named(status: int) -> dict[str, str]:
    return {"$ref": _REF.format(kind="responses", name=_name(status))}


def _answer(status: int) -> dict[str, Any]:
    schema = {"$ref": _REF.format(kind="schemas", name="Problem")}
    answer: dict[str, Any] = {
        "description": HTTPStatus(status).phrase,
        "content": {"application/json": {"schema": schema}},
    }
    if status in _HEADERS:
        name, words = _HEADERS[status]
        answer["headers"] = {name: {"description": words, "schema": {"type": "string"}}}
    return answer
