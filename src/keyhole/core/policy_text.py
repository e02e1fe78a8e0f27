"""Reading policies: files in TOML or JSON, and the stored form. Strict: what is not understood is refused by name.

A policy in TOML:

    name = "Production"
    description = "What runs for customers"

    [[gates]]
    gate = "findings"
    severity = "high"
    most = 0
    because = "We promised it to our customers."

The fields of each gate are those of its class in `gate_kinds`. JSON has the same shape.
"""

from __future__ import annotations

import dataclasses
import json
import tomllib
import typing
import unicodedata
from enum import StrEnum
from typing import Any

from keyhole.core.errors import InvalidInput
from keyhole.core.gate_kinds import GATES, Gate, LicencesGate, ScannersGate
from keyhole.core.gates import Policy
from keyhole.core.licences import pattern_problem

LONGEST = 100_000
"""Characters of a policy's text."""
_NAME, _DESCRIPTION, _WORDS = 60, 1024, 300
_MOST_GATES, _MOST_ITEMS = 50, 500
_LARGEST = 1_000_000
_DAYS = 3650
_EPSS = 1
"""A probability."""
_MOST_DOTS = 200
"""In a line of TOML: reading a key takes time with the square of its dots, minutes for one that fills a file."""


def from_text(text: str) -> Policy:
    """The policy in a file. InvalidInput, naming field or line, if it is none."""
    if len(text) > LONGEST:
        raise InvalidInput(f"A policy has at most {LONGEST:,} characters.", field="text")
    is_json = text.lstrip().startswith("{")
    if not is_json and any(line.count(".") > _MOST_DOTS for line in text.splitlines()):
        raise InvalidInput(
            f"A line has more than {_MOST_DOTS} dots. Write lists over several lines.", field="text"
        )
    try:
        data = json.loads(text, object_pairs_hook=_once_each) if is_json else tomllib.loads(text)
    except (ValueError, RecursionError) as problem:
        raise InvalidInput(
            f"This is neither TOML nor JSON: {str(problem)[:200] or 'it is nested too deeply'}.",
            field="text",
            hint="docs/environments.md describes the format; `keyhole policy example` prints one.",
        ) from problem
    return from_json(data)


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object, as TOML takes one: of a field that is given twice one would count, and the other be passed over."""
    fields: dict[str, Any] = {}
    for name, value in pairs:
        if name in fields:
            raise ValueError(f"{name!r} is given twice")
        fields[name] = value
    return fields


def from_json(data: object) -> Policy:
    """The policy that these plain data describe. InvalidInput, naming the field, if they describe none."""
    fields = _table(data, "the policy", {"name", "description", "gates"})
    gates = fields.get("gates", [])
    if not isinstance(gates, list) or not gates:
        raise _wrong("gates", "is a list of at least one gate")
    if len(gates) > _MOST_GATES:
        raise _wrong("gates", f"has at most {_MOST_GATES} entries")
    return Policy(
        name=_line(fields.get("name", ""), "name", _NAME, needed=True),
        description=_line(fields.get("description", ""), "description", _DESCRIPTION),
        gates=tuple(_gate(entry, f"gates[{place}]") for place, entry in enumerate(gates, start=1)),
    )


def to_toml(policy: Policy) -> str:
    """The policy as a file for people; fields that have their default are left out."""
    blocks = [f"name = {_quoted(policy.name)}\n"]
    if policy.description:
        blocks[0] += f"description = {_quoted(policy.description)}\n"
    for gate in policy.gates:
        lines = ["[[gates]]", f"gate = {_quoted(gate.id)}"]
        for each in dataclasses.fields(gate):
            value = getattr(gate, each.name)
            if value != each.default:
                lines.append(f"{each.name} = {_toml(value)}")
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(_quoted(str(item)) for item in value)}]"
    return _quoted(str(value)) if isinstance(value, str) else repr(value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # a JSON string is a TOML string


def _gate(data: object, at: str) -> Gate:
    if not isinstance(data, dict):
        raise _wrong(at, "is a table")
    kind = data.get("gate")
    known = GATES.get(kind) if isinstance(kind, str) else None
    if known is None:
        raise _wrong(f"{at}.gate", f"is one of {', '.join(GATES)}")
    hints = typing.get_type_hints(known)
    fields = {each.name: each for each in dataclasses.fields(known)}
    given = _table(data, at, {"gate", *fields})
    missing = [
        name for name, each in fields.items() if each.default is dataclasses.MISSING and name not in given
    ]
    if missing:
        raise _wrong(f"{at}.{missing[0]}", "is needed")
    values = {name: _value(hints[name], given[name], f"{at}.{name}") for name in fields if name in given}
    gate = known(**values)
    _check(gate, at)
    return gate


def _check(gate: Gate, at: str) -> None:
    match gate:
        case LicencesGate():
            if gate.unknown not in ("allow", "deny"):
                raise _wrong(f"{at}.unknown", "is allow or deny")
            if not (gate.allowed or gate.denied or gate.unknown == "deny"):
                raise _wrong(at, "would let every licence pass: name some that are allowed or denied")
            for field in ("allowed", "denied"):
                for name in getattr(gate, field):
                    if problem := pattern_problem(name):
                        raise _wrong(f"{at}.{field}", f"names licences as SPDX does: {problem}")
        case ScannersGate() if not gate.required:
            raise _wrong(f"{at}.required", "names at least one scanner")


def _value(hint: Any, value: object, at: str) -> Any:
    if typing.get_origin(hint) is tuple:
        if not isinstance(value, list) or len(value) > _MOST_ITEMS:
            raise _wrong(at, f"is a list of at most {_MOST_ITEMS} names")
        item = typing.get_args(hint)[0]
        return tuple(dict.fromkeys(_value(item, entry, at) for entry in value))
    if issubclass(hint, StrEnum):
        if value not in list(hint):
            raise _wrong(at, f"is one of {', '.join(hint)}")
        return hint(value)
    if hint is bool:
        if not isinstance(value, bool):
            raise _wrong(at, "is true or false")
        return value
    if hint in (int, float):
        return _number(hint, value, at)
    return _line(value, at, _WORDS)


def _number(hint: type, value: object, at: str) -> int | float:
    numbers = (int, float) if hint is float else (int,)
    if isinstance(value, bool) or not isinstance(value, numbers):
        raise _wrong(at, "is a number" if hint is float else "is a whole number")
    largest = _EPSS if at.endswith(".epss") else _DAYS if at.endswith("_days") else _LARGEST
    if not 0 <= value <= largest:  # nan is neither, and thus refused
        raise _wrong(at, f"is from 0 to {largest:,}")
    return hint(value)  # type: ignore[no-any-return]  # int or float, as asked for


def _table(data: object, at: str, known: set[str]) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise _wrong(at, "is a table")
    strange = [str(name) for name in data if name not in known]
    if strange:
        raise InvalidInput(
            f"{at} has no field {strange[0][:60]!r}.",
            field=at if at.startswith("gates") else "text",
            hint=f"Its fields are {', '.join(sorted(known))}.",
        )
    return data


def _line(value: object, at: str, longest: int, *, needed: bool = False) -> str:
    if not isinstance(value, str):
        raise _wrong(at, "is a text")
    text = " ".join(value.split())
    if needed and not text:
        raise _wrong(at, "is needed")
    if len(text) > longest:
        raise _wrong(at, f"has at most {longest:,} characters")
    if any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn"} for char in text):
        raise _wrong(at, "has control or invisible characters")
    return text


def _wrong(at: str, what: str) -> InvalidInput:
    return InvalidInput(f"{at} {what}.", field=at)
