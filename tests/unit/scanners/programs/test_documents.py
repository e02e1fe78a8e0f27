"""Manifests that checkov would drop without a word are known before it is asked."""

from __future__ import annotations

import pytest

from keyhole.scanners.programs.documents import unreadable

_POD = b"apiVersion: v1\nkind: Pod\nmetadata: {name: web, annotations: {x: %b}}\n"
_ODD = "it has a tag or a value that checkov cannot read"
_NAMED = "checkov passes over what is named with #, { or }, with no text, or too long"


@pytest.mark.parametrize("value", [b"ok", b"2024-10-05", b"[1, 2]", b"!!str 5", b"'!foo bar'", b"&a {b: c}"])
def test_what_can_be_constructed_is_read(value):
    assert unreadable(_POD % value) == ""


@pytest.mark.parametrize(
    "value", [b"!foo bar", b"=", b"2024-13-45", b"!!int abc", b"!!float x", b"!!omap [a]", b"{<<: 5}"]
)
def test_one_value_that_cannot_be_constructed_hides_the_manifest(value):
    assert unreadable(_POD % value) == _ODD


def test_a_value_in_what_is_no_resource_hides_nothing():
    assert unreadable(b"a: !foo bar\n") == ""
    assert unreadable(b"a: !foo bar\n---\n" + _POD % b"ok") == _ODD


@pytest.mark.parametrize("name", [b"'a#b'", b"'${x}'", b"5", b"a" * 254])
def test_names_for_which_it_passes_over_everything(name):
    assert unreadable(b"apiVersion: v1\nkind: Pod\nmetadata: {name: %b}\n" % name) == _NAMED
    assert unreadable(b"metadata: {name: %b}\n" % name) == ""


@pytest.mark.parametrize("content", [b"a: [", b"{{ a }}: b\n", b"\t- a", b"[" * 20_000])
def test_what_is_no_yaml(content):
    assert unreadable(content) == "it is not valid YAML"


def test_what_is_repeated_is_looked_at_once():
    lines = [b"a0: &a0 [x]"] + [
        b"a%d: &a%d [%b]" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 60)
    ]
    assert unreadable(b"\n".join(lines)) == ""
