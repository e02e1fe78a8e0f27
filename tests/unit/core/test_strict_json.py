"""What is decoded is exactly what was encoded; anything else is refused without being quoted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import pytest

from keyhole.core.strict_json import decode, encode_fields


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Inner:
    number: float


@dataclass(frozen=True)
class Outer:
    colour: Colour
    inner: tuple[Inner, ...]
    yes: bool = True


def test_there_and_back():
    value = Outer(Colour.RED, (Inner(1.5), Inner(2.0)))
    assert encode_fields(value) == {"colour": "red", "inner": [{"number": 1.5}, {"number": 2.0}], "yes": True}
    assert decode(Outer, encode_fields(value)) == value


def test_only_a_field_with_a_default_may_be_missing():
    assert decode(Outer, {"colour": "red", "inner": []}) == Outer(Colour.RED, ())


def test_a_whole_number_is_a_float_too():
    assert decode(Inner, {"number": 2}) == Inner(2.0)


@pytest.mark.parametrize(
    "data",
    [
        {"colour": "blue-secret", "inner": [], "yes": True},
        {"colour": "red", "inner": "secret", "yes": True},
        {"colour": "red", "inner": [], "yes": 1},
        {"colour": "red", "yes": True},
        "secret",
        {"colour": "red", "inner": [{"number": "secret"}], "yes": True},
        {"colour": "red", "inner": [], "yes": True, "x": 1},
    ],
)
def test_what_does_not_fit_is_refused_and_not_quoted(data):
    with pytest.raises(ValueError, match="Outer") as refused:
        decode(Outer, data)
    assert "secret" not in str(refused.value)


def test_a_number_beyond_any_float_is_refused():
    with pytest.raises(ValueError, match=r"Inner\.number"):
        decode(Inner, {"number": 10**400})
