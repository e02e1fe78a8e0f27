"""JSON and TOML of strangers end in a reason, however they are made."""

from __future__ import annotations

import pytest

from keyhole.scanners.dependencies.documents import json_in, toml_in
from keyhole.scanners.dependencies.package import Malformed


@pytest.mark.parametrize(
    "content", [b"", b"[" * 500_000, b'{"a":' * 100_000, b'{"a":' + b"9" * 5_000 + b"}", b"\xff", b"1"]
)
def test_what_is_no_json_object(content):
    with pytest.raises(Malformed):
        json_in(content)


@pytest.mark.parametrize("content", [b"[", b"a=" + b"[" * 100_000, b"a = 1\na = 2"])
def test_what_is_no_toml(content):
    with pytest.raises(Malformed, match="not TOML"):
        toml_in(content)


@pytest.mark.parametrize(
    "content",
    [
        b"[a" + b".a" * 1_000_000 + b"]",
        b'[["a"' + b' . "a"' * 1_000_000 + b"]]",
        b"'a'" + b" .'a'" * 1_000_000 + b" = 1",
        b"a = {a" + b"\t.\ta" * 1_000_000 + b" = 1}",
    ],
    ids=["table", "list", "value", "inline"],
)
def test_keys_that_would_take_hours_are_not_read(content):
    with pytest.raises(Malformed, match="more than a hundred parts"):
        toml_in(content)


def test_keys_of_many_parts_are_read():
    document = toml_in(b"[a" + b".a" * 90 + b"]\nversion = '1.2.3'")
    for _ in range(91):
        document = document["a"]
    assert document == {"version": "1.2.3"}
