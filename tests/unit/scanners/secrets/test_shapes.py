"""Shapes make the same text for everybody, and only texts of the asked-for form."""

from __future__ import annotations

import re

import pytest

from keyhole.scanners.secrets.checks import CHECKSUMS
from keyhole.scanners.secrets.shapes import make


def test_the_same_seed_gives_the_same_text_and_another_seed_another():
    assert make("<alnum:20>", 1) == make("<alnum:20>", 1)
    assert make("<alnum:20>", 1) != make("<alnum:20>", 2)


@pytest.mark.parametrize(
    ("template", "form"),
    [
        ("a-<hex:8>-b", r"a-[0-9a-f]{8}-b"),
        ("<base32:5><digit:2>", r"[A-Z2-7]{5}[0-9]{2}"),
        ("plain", "plain"),
        ("one\\ntwo", "one\ntwo"),
        ("<bytes:3>", r"[0-9A-Za-z+/]{4}"),
        ('<json:"a":1>', "eyJhIjoxfQ"),
    ],
)
def test_a_shape_has_its_form(template, form):
    assert re.fullmatch(form, make(template, 7))


def test_checksums_are_right_and_wrong_as_asked():
    check = CHECKSUMS["crc32-base62"]
    assert check(make("ghp_<alnum:30><crc32>", 3).encode())
    assert not check(make("ghp_<alnum:30><bad-crc32>", 3).encode())
    assert CHECKSUMS["grafana"](make("token glsa_<alnum:32>_<grafana>", 3).split()[1].encode())


def test_a_name_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="nonsense"):
        make("<nonsense:3>", 1)


@pytest.mark.parametrize(
    "template",
    [
        "<hex:999999999>",
        "<hex:16385>",
        "<bytes:99999999999999999999>",
        "<basic:999999999>",
        "<digits64:999999999>",
        "<checked58:80:999999999>",
        "<checked32:bc:999999999>",
        "<hex:-3>",
        "<hex:1_0>",
        "<hex:\u0663>",
        "<hex>",
    ],
)
def test_a_size_that_is_none_is_refused_at_once(template):
    with pytest.raises(ValueError, match="is no number from 0 to 16,384"):
        make(template, 1)


def test_many_parts_may_not_ask_for_more_than_one_may():
    assert len(make("<hex:16384>" * 4, 1)) == 1 << 16
    with pytest.raises(ValueError, match="more than 65,536 characters"):
        make("<hex:16384>" * 5, 1)
