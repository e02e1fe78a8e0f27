"""Strict reading of what programs answer: whatever is missing or of another type is Malformed."""

from __future__ import annotations

import json
import re
from typing import Any

from keyhole.scanners.programs.scanner import Malformed

MOST = 100_000
"""Entries of one list."""
_LONGEST = 4_000
_LONGEST_NAME = 100


def parsed(raw: bytes) -> Any:
    """The JSON of a program's output."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise Malformed("and its answer is no JSON") from None


def items(data: Any) -> list[Any]:
    """A list, of at most MOST entries."""
    if not isinstance(data, list) or len(data) > MOST:
        raise Malformed("and its answer is not what it documents")
    return data


def mapping(data: Any, *keys: str) -> dict[str, Any]:
    """The object that these keys lead to."""
    found = _at(data, keys)
    if not isinstance(found, dict):
        raise Malformed("and its answer is not what it documents")
    return found


def text(data: Any, *keys: str) -> str:
    """The text that these keys lead to."""
    found = _at(data, keys)
    if not isinstance(found, str) or len(found) > _LONGEST:
        raise Malformed("and its answer is not what it documents")
    return found


def number(data: Any, *keys: str) -> int:
    """The number, not negative, that these keys lead to."""
    found = _at(data, keys)
    if type(found) is not int or not 0 <= found < 1 << 31:
        raise Malformed("and its answer is not what it documents")
    return found


def rule_name(raw: str) -> str:
    """A rule's id as findings write it: lower-case words with hyphens."""
    name = "-".join(re.findall(r"[a-z0-9]+", raw.lower()))[:_LONGEST_NAME].rstrip("-")
    if not name:
        raise Malformed("and its answer is not what it documents")
    return name


def _at(data: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        if not isinstance(data, dict) or key not in data:
            raise Malformed("and its answer is not what it documents")
        data = data[key]
    return data
