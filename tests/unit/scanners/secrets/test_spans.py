"""Parts of a text that touch."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from keyhole.scanners.secrets.spans import Spans

SPAN = st.tuples(st.integers(0, 50), st.integers(1, 10)).map(lambda each: (each[0], each[0] + each[1]))


@given(st.lists(SPAN), SPAN)
def test_it_touches_what_shares_a_byte_with_one_of_them(spans, asked):
    shared = any(start < asked[1] and asked[0] < end for start, end in spans)
    assert Spans(spans).touch(*asked) is shared


@given(st.lists(SPAN), st.integers(0, 60))
def test_the_end_of_the_part_that_an_offset_is_in(spans, offset):
    inside = {number for start, end in spans for number in range(start, end)}
    end = Spans(spans).end_of(offset)
    assert bool(end) is (offset in inside)
    assert not end or (set(range(offset, end)) <= inside and end > offset)
