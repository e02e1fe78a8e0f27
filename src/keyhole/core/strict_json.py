"""Frozen dataclasses to plain data and back, refusing whatever does not fit exactly.

Understands str, int, float, bool, StrEnum, nested dataclasses and `tuple[X, ...]`: all that results need. A
library would coerce or tolerate by default; here an unknown field or a number in quotes means that the writer
is not ours. Only a field that has a default may be missing.
"""

from __future__ import annotations

import dataclasses
import functools
import typing
from enum import StrEnum
from typing import Any, TypeVar

T = TypeVar("T")


def encode_fields(value: Any) -> dict[str, Any]:
    """A dataclass as plain data for `json.dumps`."""
    return {field.name: _encode(getattr(value, field.name)) for field in dataclasses.fields(value)}


def decode(kind: type[T], data: object) -> T:
    """The value that `encode_fields` wrote. Raises ValueError naming the field, never its content."""
    return typing.cast("T", _decode(kind, data, kind.__name__))


def _encode(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return encode_fields(value)
    if isinstance(value, tuple):
        return [_encode(item) for item in value]
    return str(value) if isinstance(value, StrEnum) else value


def _decode(kind: Any, data: object, name: str) -> Any:
    if dataclasses.is_dataclass(kind):
        return _decode_fields(typing.cast("type", kind), data, name)
    if typing.get_origin(kind) is tuple:
        if not isinstance(data, list):
            raise ValueError(f"{name}: not a list")
        item = typing.get_args(kind)[0]
        return tuple(_decode(item, entry, name) for entry in data)
    if issubclass(kind, StrEnum):
        try:
            return kind(data)
        except ValueError:
            raise ValueError(f"{name}: not one of its values") from None
    if kind is float and type(data) is int:
        try:
            return float(data)
        except OverflowError:
            raise ValueError(f"{name}: too large") from None
    if type(data) is not kind:  # not isinstance: True is an int to Python, but not here
        raise ValueError(f"{name}: not a {kind.__name__}")
    return data


def _decode_fields(kind: type, data: object, name: str) -> Any:
    hints = _hints(kind)
    if not isinstance(data, dict) or not _required(kind) <= set(data) <= set(hints):
        raise ValueError(f"{name}: not exactly the fields {', '.join(hints)}")
    given = {field: hint for field, hint in hints.items() if field in data}
    return kind(**{field: _decode(hint, data[field], f"{name}.{field}") for field, hint in given.items()})


@functools.cache
def _required(kind: type) -> frozenset[str]:
    """Fields without a default: those with one came later, and what was written before does not have them."""
    return frozenset(
        field.name
        for field in dataclasses.fields(kind)
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    )


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}
