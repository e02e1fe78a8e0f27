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
