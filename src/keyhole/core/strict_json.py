"""Frozen dataclasses to plain data and back, refusing whatever does not fit exactly.

Understands str, int, float, bool, StrEnum, nested dataclasses and `tuple[X, ...]`: all that results need. A
library would coerce or tolerate by default; here an unknown field or a number in quotes means that the writer
is not ours. Only a field that has a default may be missing.
"""

from __future__ import annotations

import dataclasses
import functools
import typing
from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

T = TypeVar("T")


def encode_fields(value: Any) -> dict[str, Any]:
    """A dataclass as plain data for `json.dumps`."""
    kind: Any = type(value)
    return {name: _encode(getattr(value, name)) for name in _names(kind)}


def decode(kind: type[T], data: object) -> T:
    """The value that `encode_fields` wrote. Raises ValueError naming the field, never its content."""
    whole: Any = kind
    return typing.cast("T", _decoder(whole, kind.__name__)(data))


_PLAIN = frozenset({str, int, float, bool})


def _encode(value: Any) -> Any:
    kind: Any = type(value)
    if kind in _PLAIN:
        return value
    if isinstance(value, tuple):
        return [_encode(item) for item in value]
    if _names(kind):
        return encode_fields(value)
    return str(value) if isinstance(value, StrEnum) else value


@functools.cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind)) if dataclasses.is_dataclass(kind) else ()


@functools.cache
def _decoder(kind: Any, name: str) -> Callable[[Any], Any]:
    """What decodes one kind of value, made once: a result has hundreds of thousands of them."""
    if dataclasses.is_dataclass(kind):
        return _decoder_of_fields(typing.cast("type", kind), name)
    if typing.get_origin(kind) is tuple:
        return _decoder_of_tuple(typing.get_args(kind)[0], name)
    if issubclass(kind, StrEnum):
        return _decoder_of_words(kind, name)

    def plain(data: object) -> object:
        if type(data) is kind:  # not isinstance: True is an int to Python, but not here
            return data
        if kind is float and type(data) is int:
            try:
                return float(data)
            except OverflowError:
                raise ValueError(f"{name}: too large") from None
        raise ValueError(f"{name}: not a {kind.__name__}")

    return plain


def _decoder_of_tuple(item: Any, name: str) -> Callable[[Any], Any]:
    decoder = _decoder(item, name)

    def several(data: object) -> tuple[Any, ...]:
        if isinstance(data, list):
            return tuple(map(decoder, data))
        raise ValueError(f"{name}: not a list")

    return several


def _decoder_of_words(kind: type[StrEnum], name: str) -> Callable[[Any], Any]:
    known = {str(word): word for word in kind}

    def word(data: object) -> StrEnum:
        if type(data) is not str or data not in known:
            raise ValueError(f"{name}: not one of its values")
        return known[data]

    return word


def _decoder_of_fields(kind: type, name: str) -> Callable[[Any], Any]:
    hints = typing.get_type_hints(kind)
    decoders = {field: _decoder(hints[field], f"{name}.{field}") for field in _names(kind)}
    required = _required(kind)

    def fields(data: object) -> Any:
        if not isinstance(data, dict) or not required <= data.keys() <= decoders.keys():
            raise ValueError(f"{name}: not exactly the fields {', '.join(decoders)}")
        return kind(**{field: decoders[field](content) for field, content in data.items()})

    return fields


def _required(kind: type) -> frozenset[str]:
    """Fields without a default: those with one came later, and what was written before does not have them."""
    return frozenset(
        field.name
        for field in dataclasses.fields(kind)
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    )
