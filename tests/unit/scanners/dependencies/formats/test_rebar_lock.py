"""Erlang's lock file."""

from __future__ import annotations

import pytest

from keyhole.scanners.dependencies.formats import rebar_lock
from keyhole.scanners.dependencies.package import Malformed
from tests.unit.scanners.dependencies.formats.named import named, sample


def test_packages_by_their_names_in_hex():
    content = sample("rebar_lock")
    assert named(rebar_lock.read, content) == [
        ("Hex", "cowboy", "2.8.0"),
        ("Hex", "fork", ""),
        ("Hex", "app_in_hex", "1.0.0"),
    ]
    assert [each.line for each in rebar_lock.read(content)] == [2, 3, 7]


def test_the_form_of_older_versions():
    text = '[{<<"a">>,{pkg,<<"a">>,<<"1.0.0">>,<<"00FF">>},0}].'
    assert named(rebar_lock.read, text) == [("Hex", "a", "1.0.0")]
    assert named(rebar_lock.read, "[].") == []


@pytest.mark.parametrize(
    "text", [b"%% coding", b'[{ <<"a">>, {pkg, <<"a">>, <<"1.0">>}, 0}].', b'[{"a",{pkg,1}}].']
)
def test_another_form_is_not_passed_over(text):
    with pytest.raises(Malformed):
        list(rebar_lock.read(text))
