"""P10: what is changed, cut short, moved or swapped does not open, and no nonce comes twice."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyhole.core.errors import InvalidInput
from keyhole.core.secret import Secret
from keyhole.vault import envelope as envelopes
from keyhole.vault.envelope import LARGEST, Envelope, Place, bound, rewrap, seal, unseal
from keyhole.vault.keyring import new_key
from keyhole.vault.problems import Tampered

KEY, OTHER = new_key(), new_key()
HERE = Place("connection", 7, "credential")
names = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True)
places = st.builds(Place, names, st.integers(1, 2**63 - 1), names)
texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=300)


@given(places, texts)
def test_what_is_sealed_opens_again_in_its_place(place, text):
    assert unseal(KEY, place, seal(KEY, place, Secret(text))).reveal() == text


@given(places, places, texts)
def test_and_in_no_other(place, other, text):
    sealed = seal(KEY, place, Secret(text))
    if place == other:
        return
    with pytest.raises(Tampered):
        unseal(KEY, other, sealed)


@given(texts)
def test_and_not_with_another_key_whatever_the_row_says_of_it(text):
    sealed = seal(KEY, HERE, Secret(text))
    for claimed in (sealed, replace(sealed, key_id=OTHER.id)):
        with pytest.raises(Tampered):
            unseal(OTHER, HERE, claimed)
    with pytest.raises(Tampered):
        unseal(KEY, HERE, replace(sealed, key_id=OTHER.id))


def test_every_single_bit_counts():
    sealed = seal(KEY, HERE, Secret("ghp_not-a-real-one"))
    for part in ("wrapped", "sealed"):
        stored = getattr(sealed, part)
        for number in range(8 * len(stored)):
            changed = bytearray(stored)
            changed[number // 8] ^= 1 << number % 8
            with pytest.raises(Tampered):
                unseal(KEY, HERE, replace(sealed, **{part: bytes(changed)}))


def test_so_does_every_length():
    sealed = seal(KEY, HERE, Secret("a secret of some length"))
    for part in ("wrapped", "sealed"):
        stored = getattr(sealed, part)
        for other in [*(stored[:length] for length in range(len(stored))), stored + b"\0", b"\0" + stored]:
            with pytest.raises(Tampered):
                unseal(KEY, HERE, replace(sealed, **{part: other}))


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_bytes_from_elsewhere_are_refused_and_nothing_worse(wrapped, sealed):
    with pytest.raises(Tampered):
        unseal(KEY, HERE, Envelope(KEY.id, wrapped, sealed))


def test_the_parts_of_two_versions_do_not_mix():
    first, second = (seal(KEY, HERE, Secret(text)) for text in ("one", "two"))
    for mixed in (replace(first, sealed=second.sealed), replace(first, wrapped=second.wrapped)):
        with pytest.raises(Tampered):
            unseal(KEY, HERE, mixed)


@given(st.lists(st.text(max_size=5), max_size=5), st.lists(st.text(max_size=5), max_size=5))
def test_T16_no_two_lists_of_texts_are_bound_alike(one, other):
    assert (bound(*one) == bound(*other)) == (one == other)


def test_T16_a_place_cannot_be_spelt_as_another():
    assert bound("ab", "c") != bound("a", "bc")
    sealed = seal(KEY, Place("ab", 1, "c"), Secret("text"))
    for other in (Place("a", 1, "bc"), Place("ab", 11, "c"), Place("abc", 1, "c")):
        with pytest.raises(Tampered):
            unseal(KEY, other, sealed)


def test_a_wrapped_key_does_not_pass_for_a_sealed_secret():
    # A data key that was taken for a secret would be handed out in plain text.
    sealed = seal(KEY, HERE, Secret("text"))
    for crossed in (replace(sealed, sealed=sealed.wrapped), replace(sealed, wrapped=sealed.sealed)):
        with pytest.raises(Tampered):
            unseal(KEY, HERE, crossed)


def test_no_nonce_and_no_data_key_comes_twice(monkeypatch):
    drawn = []
    real = envelopes.os.urandom
    monkeypatch.setattr(envelopes.os, "urandom", lambda size: drawn.append(real(size)) or drawn[-1])
    secret = Secret("the same every time")
    rows = [seal(KEY, HERE, secret) for _ in range(50_000)]
    # Three draws each, the data key and a nonce for either part, none of them shared with another row.
    assert len(drawn) == 150_000
    assert len(set(drawn)) == len(drawn)
    assert len({row.wrapped[1:13] for row in rows} | {row.sealed[1:13] for row in rows}) == 100_000
    assert len({row.sealed for row in rows}) == len(rows)


@given(places, texts)
def test_a_rewrapped_secret_is_the_same_and_needs_the_new_key_only(place, text):
    before = seal(KEY, place, Secret(text))
    after = rewrap(KEY, OTHER, place, before)
    assert after.key_id == OTHER.id
    assert unseal(OTHER, place, after).reveal() == text
    with pytest.raises(Tampered):
        unseal(KEY, place, after)


def test_what_does_not_open_is_not_rewrapped():
    sealed = seal(KEY, HERE, Secret("text"))
    broken = replace(sealed, sealed=sealed.sealed[:-1] + bytes([sealed.sealed[-1] ^ 1]))
    with pytest.raises(Tampered):
        rewrap(KEY, OTHER, HERE, broken)


@pytest.mark.parametrize(
    "text", ["", "x" * (LARGEST + 1), "\ud800 and more"], ids=["empty", "long", "broken"]
)
def test_what_is_no_secret_is_not_kept(text):
    with pytest.raises(InvalidInput) as refused:
        seal(KEY, HERE, Secret(text))
    assert not text or text not in refused.value.message


@pytest.mark.parametrize(
    ("table", "row", "field"),
    [
        ("", 1, "a"),
        ("A", 1, "a"),
        ("a b", 1, "a"),
        ("a", 1, ""),
        ("a", 1, "é"),
        ("a", 0, "b"),
        ("a", -1, "b"),
        ("a", 2**63, "b"),
        ("a", True, "b"),
        ("a", "1", "b"),
        ("a" * 64, 1, "b"),
        ("a\n", 1, "b"),
    ],
)
def test_what_is_no_place_is_refused(table, row, field):
    with pytest.raises(ValueError, match="not the"):
        Place(table, row, field)


def test_neither_keys_nor_envelopes_show_anything():
    sealed = seal(KEY, HERE, Secret("plainly readable"))
    for shown in (repr(KEY), str(KEY), repr(sealed)):
        assert KEY.text.reveal() not in shown
        assert "plainly readable" not in shown
