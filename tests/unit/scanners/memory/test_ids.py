"""Sets of ids: what is in them, and how they come together."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyhole.scanners.memory.ids import Ids, joined, names_of, rows_of

NAMES = [hashlib.sha1(b"%d" % number, usedforsecurity=False).hexdigest().encode() for number in range(20)]
# What is compared byte by byte must not mind zeros.
NAMES += [b"00" * 20, b"00" * 19 + b"01", b"ab" + b"00" * 19, b"ab" * 19 + b"00"]
some = st.sets(st.sampled_from(NAMES))


@given(some, some)
def test_sets_are_sets(one, other):
    mine, theirs = Ids.of_names(*one), Ids.of_names(*other)
    assert len(mine) == len(one)
    assert set(names_of((mine | theirs).rows)) == one | other
    assert set(names_of((mine - theirs).rows)) == one - other
    assert (mine | theirs).raw == Ids.of_names(*(one | other)).raw
    assert mine.has(rows_of(NAMES)).tolist() == [name in one for name in NAMES]
    assert [name in mine for name in NAMES] == [name in one for name in NAMES]
    places = mine.places(NAMES)
    assert [place >= 0 for place in places] == [name in one for name in NAMES]
    assert all(
        names_of(mine.rows)[place] == name for place, name in zip(places, NAMES, strict=True) if place >= 0
    )


NO_NAMES = [b"", NAMES[0][:38], NAMES[0] + b"00", NAMES[1].upper(), b"g" * 40, b"a" * 39 + b" ", b" " * 40]


@given(some, st.sets(st.sampled_from(NAMES + NO_NAMES)))
def test_what_a_set_lacks_is_all_that_is_not_in_it(one, asked):
    assert Ids.of_names(*one).lacks(asked) == asked - one


@given(
    st.dictionaries(st.sampled_from(NAMES), st.integers(0, 9)),
    st.dictionaries(st.sampled_from(NAMES), st.just(7)),
)
def test_values_stay_with_their_ids(one, other):
    ids = Ids.of_names(*one)
    values = np.array([one[name] for name in names_of(ids.rows)], np.int64)
    both, numbers = joined(ids, values, other)
    assert dict(zip(names_of(both.rows), numbers.tolist(), strict=True)) == {**other, **one}


def test_what_are_no_ids_is_refused():
    with pytest.raises(ValueError, match="not ids"):
        Ids(b"x" * 21)
    for other in ("not bytes", b"", b"not hexadecimal", NAMES[0][:38], NAMES[0].upper(), NAMES[0] + b"00"):
        assert other not in Ids.of_names(*NAMES)
