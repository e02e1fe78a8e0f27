"""What a difference takes over is what it says it does, as git writes differences."""

from __future__ import annotations

from keyhole.scanners.packs.difference import Copied, copied
from tests.unit.scanners.packs.test_families import opened


def test_what_is_taken_over_stands_in_both_texts(packed):
    family = opened(packed)
    seen = 0
    for part in family.parts(1):
        for item in family.read(part()):
            if item.base is None:
                continue
            parts = copied(item.difference)
            seen += len(parts)
            for start, base, size in parts:
                assert item.text[start : start + size] == item.base.text[base : base + size]
            assert sum(size for _, _, size in parts) + len(item.difference) >= len(item.text)
    assert seen > 50


def test_numbers_are_read_as_git_writes_them():
    sizes = b"\xff\xff\xff\xff\x0f" * 2
    assert copied(sizes + b"\x02ab" + b"\xb1\x07\x03\x01") == [Copied(2, 7, 0x103)]
    assert copied(sizes + b"\x80") == [Copied(0, 0, 0x10000)]
    assert copied(sizes + b"\x9f\x01\x02\x03\x04\x09") == [Copied(0, 0x04030201, 9)]


def test_parts_that_go_on_where_one_ended_are_one():
    sizes = b"\xff\xff\x7f" * 2
    assert copied(sizes + b"\x80" + b"\x94\x01\x08") == [Copied(0, 0, 0x10008)]
    assert copied(sizes + b"\x90\x04" + b"\x90\x04") == [Copied(0, 0, 4), Copied(4, 0, 4)]


def test_a_last_copy_that_leads_out_of_the_text_or_its_base_is_none():
    assert copied(b"\x10\x08" + b"\x90\x08" + b"\x90\x08") == [Copied(0, 0, 8)]
    assert copied(b"\x10\x40" + b"\x90\x08" + b"\x91\x0c\x08") == [Copied(0, 0, 8)]
