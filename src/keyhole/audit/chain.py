"""What a record is made of, and how its hash is computed.

The hash is SHA-256 over canonical JSON (sorted keys, no spaces, ASCII) of every field, the hash before it included.
JSON quotes and separates, so that no two records share one text and nothing has to be length-prefixed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keyhole.audit.models import Entry

GENESIS = "0" * 64
"""What the first record names as the one before it."""
_TEXT_LIMIT = 1024
_LIST_LIMIT = 256
_DEPTH_LIMIT = 8
# PostgreSQL's JSON holds neither NUL nor lone surrogates; the others would steer a terminal or turn the line around.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Link:
    """The end of the chain: what the next record is joined to."""

    seq: int
    """Position of the last record; 0 before the first."""
    hash: str
    """Its hash."""


def clean(value: Any, depth: int = 0) -> Any:
    """`value` as a record holds it: bounded, printable, and of types that every database gives back the same.

    Raises TypeError for anything but mappings, lists, texts, whole numbers, booleans and None.
    """
    if depth > _DEPTH_LIMIT:
        raise TypeError("an audit record is not that deep")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        text = value if len(value) <= _TEXT_LIMIT else f"{value[:_TEXT_LIMIT]}... ({len(value)} characters)"
        return _UNPRINTABLE.sub("\ufffd", str(text))
    if isinstance(value, int):
        return int(value) if abs(value) < 1 << 63 else clean(hex(value))
    if isinstance(value, Mapping):
        return {str(clean(str(key))): clean(part, depth + 1) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        parts = sorted(value) if isinstance(value, set | frozenset) else list(value)
        rest = [f"... ({len(parts)} in all)"] if len(parts) > _LIST_LIMIT else []
        return [clean(part, depth + 1) for part in parts[:_LIST_LIMIT]] + rest
    raise TypeError(f"an audit record does not hold {type(value).__name__}")


def digest(entry: Entry) -> str:
    """The hash of a record, from its other fields."""
    fields = [
        entry.seq,
        entry.id,
        entry.at.astimezone(UTC).isoformat(),
        entry.action,
        entry.outcome,
        entry.actor,
        entry.subject,
        entry.token_id,
        entry.previous,
    ]
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()
