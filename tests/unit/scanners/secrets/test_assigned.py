"""Secrets known by the name they are given to, in every way that files assign."""

from __future__ import annotations

import hashlib

import pytest

from keyhole.scanners.secrets.engine import Engine
from keyhole.scanners.secrets.rules import all_rules
from keyhole.scanners.secrets.shapes import make

ENGINE = Engine(all_rules(), lambda value: hashlib.sha256(value).hexdigest()[:32])
VALUE = make("<hex:64>", 5).encode()


def found(text):
    return [(hit.rule, text[hit.start : hit.end]) for hit in ENGINE.examine(text)]


@pytest.mark.parametrize(
    "line",
    [
        b"LINODE_TOKEN=%s",
        b"export LINODE_TOKEN='%s'",
        b'linode_api_token = "%s"',
        b"linode_token: %s",
        b'"linodeToken": "%s",',
        b"'linode_token' => '%s',",
        b'config["linode-token"] = "%s"',
        b"<linodeToken>%s</linodeToken>",
        b'set_linode_token("%s")',
        b"a=1 LINODE_TOKEN=%s b=2",
    ],
)
def test_ways_to_assign(line):
    assert found(b"first\n" + line % VALUE + b"\nlast\n") == [("linode-token", VALUE)]


@pytest.mark.parametrize(
    "line",
    [
        b"linode image %s",
        b"LINODE_TOKEN=%s0",
        b"linode\ntoken=%s",
        b"LINODE_TOKEN=${%s}",
    ],
)
def test_what_is_no_such_assignment(line):
    assert [rule for rule, _ in found(line % VALUE) if rule == "linode-token"] == []


def test_the_same_line_elsewhere_gives_the_same_value_at_its_own_place():
    text = b"LINODE_TOKEN=" + VALUE + b"\n" + b"x" * 500 + b"\nLINODE_TOKEN=" + VALUE + b"\n"
    assert [hit.start for hit in ENGINE.examine(text)] == [13, 13 + 64 + 1 + 500 + 1 + 13]


def test_a_line_that_never_ends_is_read_around_the_value():
    text = b"x;" * 5000 + b"LINODE_TOKEN=" + VALUE + b";" + b"y;" * 5000
    assert found(text) == [("linode-token", VALUE)]
