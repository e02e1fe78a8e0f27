"""Request bodies: one strict reading of JSON, or 400.

Two programs that read the same bytes differently are how a check is passed with one value and an act done with
another; so doubled keys, NaN, byte order marks, huge integers and lone surrogates are refused rather than repaired.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from keyhole.gateway.rest.problems import BadJson, invalid, missing

_LONGEST_INTEGER = 19
_DEEPEST = 64


def parse(raw: bytes) -> Mapping[str, Any]:
    """The object in a body; an empty body is an object without fields.

    Raises BadJson with GitHub's two messages: for what is not JSON, and for JSON that is not an object.
    """
    if not raw.strip(b" \t\r\n"):
        return {}
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_refuse,
            parse_int=_integer,
            parse_float=_number,
        )
        _check(value, 0)
    except (ValueError, RecursionError) as problem:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise BadJson("Problems parsing JSON") from problem
    if not isinstance(value, dict):
        raise BadJson("Body should be a JSON object")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key twice")
    return value


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > _LONGEST_INTEGER:
        raise ValueError("an integer beyond 64 bits")
    return int(digits)


def _number(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError("a number beyond double precision")
    return value


def _check(value: Any, depth: int) -> None:
    if depth > _DEEPEST:
        raise ValueError("nested too deeply")
    if isinstance(value, str):
        value.encode("utf-8")  # a lone surrogate has no UTF-8
    elif isinstance(value, list):
        for item in value:
            _check(item, depth + 1)
    elif isinstance(value, dict):
        for name, item in value.items():
            name.encode("utf-8")
            _check(item, depth + 1)


class Fields:
    """The fields of a body, each taken with its type; what is wrong is named as GitHub names it."""

    def __init__(self, resource: str, values: Mapping[str, Any]) -> None:
        self._resource = resource
        self._values = values

    def __contains__(self, name: str) -> bool:
        return self._values.get(name) is not None

    def text(self, name: str) -> str:
        """A required text that is not empty."""
        value = self.optional_text(name)
        if not value:
            raise missing(self._resource, name)
        return value

    def optional_text(self, name: str, default: str = "") -> str:
        """A text, or the default where it is absent or null."""
        value = self._values.get(name)
        if value is None:
            return default
        if not isinstance(value, str):
            raise invalid(self._resource, name)
        return value

    def given_text(self, name: str) -> str:
        """A required text that may be empty."""
        if self._values.get(name) is None:
            raise missing(self._resource, name)
        return self.optional_text(name)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A truth value."""
        value = self._values.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise invalid(self._resource, name)
        return value

    def objects(self, name: str) -> list[Fields]:
        """A required list of objects."""
        value = self._values.get(name)
        if value is None:
            raise missing(self._resource, name)
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise invalid(self._resource, name)
        return [Fields(self._resource, item) for item in value]

    def texts(self, name: str) -> list[str]:
        """A list of texts; empty when absent."""
        value = self._values.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise invalid(self._resource, name)
        return value

    def part(self, name: str) -> Fields | None:
        """An object within; None when absent."""
        value = self._values.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise invalid(self._resource, name)
        return Fields(self._resource, value)

    def is_null(self, name: str) -> bool:
        """Whether the field is there and null, which for some fields is not the same as absent."""
        return name in self._values and self._values[name] is None
