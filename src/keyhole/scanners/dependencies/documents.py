"""JSON and TOML from strangers: any depth, any size of number, any junk ends in Malformed."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from functools import cache
from typing import Any

from keyhole.scanners.dependencies.package import Malformed, text_of


def json_in(content: bytes) -> dict[str, Any]:
    """The object in a JSON file."""
    try:
        found = json.loads(text_of(content))
    except (ValueError, RecursionError):
        raise Malformed("not JSON") from None
    return as_object(found)


def toml_in(content: bytes) -> dict[str, Any]:
    """The table in a TOML file."""
    text = text_of(content)
    if _has_endless_key(text):
        raise Malformed("not TOML of this kind: a key of more than a hundred parts")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        raise Malformed("not TOML") from None


def _has_endless_key(text: str) -> bool:
    """Whether there is a key that tomllib may not see: it takes the square of its parts, hours for a megabyte."""
    return _endless_key().search(text) is not None


@cache
def _endless_key() -> Any:
    import re2  # noqa: PLC0415  # most repositories have nothing for it to look at

    return re2.compile(r"""(?:(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){100}""")


def as_object(found: object) -> dict[str, Any]:
    """The value, if it is an object."""
    if not isinstance(found, dict):
        raise Malformed("not of the documented form")
    return found


def objects(found: object) -> Iterator[dict[str, Any]]:
    """The objects of a list; nothing where there is no list at all."""
    if found is None:
        return
    if not isinstance(found, list):
        raise Malformed("not of the documented form")
    yield from map(as_object, found)


def word(found: object) -> str:
    """A text; empty for anything else."""
    return found if isinstance(found, str) else ""


def words(found: object) -> list[str]:
    """The names in a list of names or an object; nothing for anything else."""
    if isinstance(found, dict):
        return list(found)
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def licences(found: object) -> tuple[str, ...]:
    """What a file gives as its package's licence or licences: a text, an object that names it, or a list."""
    named = []
    for each in found if isinstance(found, list) else [found]:
        told = each.get("id") or each.get("type") or each.get("name") if isinstance(each, dict) else each
        named.append(word(told).strip())
    return tuple(filter(None, named))
