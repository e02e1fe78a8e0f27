"""Tokens: made from random bits, told from everything else without a look-up."""

from __future__ import annotations

import hashlib
import random
import re
import zlib

import pytest

from keyhole.core.token_text import LENGTH, hash_of, is_well_formed, mint, other_kind

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# From fixed bits, worked out by hand below: never a token of anybody.
TOKEN = mint(lambda count: bytes(range(count))).reveal()
MUTANTS = 200_000


def value(digits):
    total = 0
    for digit in digits:
        total = total * 62 + ALPHABET.index(digit)
    return total


def test_a_token_is_prefix_random_bits_and_checksum():
    body, checksum = TOKEN[4:47], TOKEN[47:]
    assert TOKEN.startswith("khp_")
    assert len(TOKEN) == LENGTH == 53
    assert value(body) == int.from_bytes(bytes(range(32)), "big")
    assert value(checksum) == zlib.crc32(body.encode())


@pytest.mark.parametrize(
    "bits", [bytes(32), b"\xff" * 32, b"\x00" * 31 + b"\x01"], ids=["zeros", "ones", "one"]
)
def test_extreme_bits_give_a_token_of_the_same_shape(bits):
    token = mint(lambda _count: bits).reveal()
    assert re.fullmatch(r"khp_[0-9A-Za-z]{49}", token)
    assert is_well_formed(token)
    assert value(token[4:47]) == int.from_bytes(bits, "big")


def test_minted_tokens_are_well_formed_and_differ():
    tokens = [mint().reveal() for _ in range(2000)]
    assert all(is_well_formed(token) for token in tokens)
    assert len(set(tokens)) == len(tokens)
    assert {character for token in tokens for character in token[4:47]} == set(ALPHABET)


@pytest.mark.parametrize("drawn", [b"", bytes(31), bytes(33)], ids=["none", "too-few", "too-many"])
def test_a_source_that_gives_too_little_is_refused(drawn):
    with pytest.raises(ValueError, match="random bytes"):
        mint(lambda _count: drawn)


def test_what_is_stored_is_the_plain_sha_256():
    secret = mint()
    assert hash_of(secret) == hashlib.sha256(secret.reveal().encode()).digest()


BAD = {
    "T1-empty": "",
    "T1-space": " ",
    "T1-prefix-alone": "khp_",
    "T3-wrong-checksum": TOKEN[:-1] + ("a" if TOKEN[-1] != "a" else "b"),
    "T3-one-character-flipped": TOKEN[:20] + ("a" if TOKEN[20] != "a" else "b") + TOKEN[21:],
    "T3-two-neighbours-swapped": TOKEN[:11] + TOKEN[12] + TOKEN[11] + TOKEN[13:],
    "T3-truncated": TOKEN[:-1],
    "T3-one-more": TOKEN + "0",
    "T3-trailing-line-feed": TOKEN + "\n",
    "T3-trailing-carriage-return": TOKEN + "\r\n",
    "T3-trailing-encoded-line-feed": TOKEN + "%0a",
    "T3-trailing-nul": TOKEN + "\x00",
    "T3-trailing-space": TOKEN + " ",
    "T3-leading-space": " " + TOKEN,
    "T3-last-character-line-feed": TOKEN[:-1] + "\n",
    "T3-checksum-of-another-body": "khp_" + "0" * 43 + TOKEN[-6:],
    "T3-checksum-only-zeros": TOKEN[:-6] + "000000",
    "T4-lower-case": TOKEN.lower(),
    "T4-upper-case": TOKEN.upper(),
    "T4-upper-case-prefix": "KHP_" + TOKEN[4:],
    "T4-full-width": TOKEN[:10] + chr(ord(TOKEN[10]) + 0xFEE0) + TOKEN[11:],
    "T4-full-width-underscore": "khp\uff3f" + TOKEN[4:],
    "T4-cyrillic-prefix": "kh\u0440_" + TOKEN[4:],
    "T4-arabic-digits": TOKEN[:-6] + "\u0660" * 6,
    "T4-kelvin-sign": "\u212ahp_" + TOKEN[4:],
    "T4-combining-accent": TOKEN[:-1] + "\u0301",
    "T4-leading-zero-more": "khp_0" + TOKEN[4:],
    "T4-leading-zero-for-the-last": "khp_0" + TOKEN[4:-1],
    "T4-underscore-inside": TOKEN[:20] + "_" + TOKEN[21:],
    "T4-hyphen-inside": TOKEN[:20] + "-" + TOKEN[21:],
    "T5-a-megabyte": "khp_" + "a" * 1_000_000,
    "T7-classic-token": "ghp_" + TOKEN[4:],
    "T7-fine-grained-token": "github_pat_" + TOKEN[4:],
    "T8-algorithm-none": "eyJhbGciOiJub25lIn0.e30.",
    "T8-200-segments": ".".join(["e30"] * 200),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_not_a_token_dies_offline(name):
    assert is_well_formed(TOKEN)
    assert not is_well_formed(BAD[name])


EDITS = (
    lambda token, at, other: token[:at] + other + token[at + 1 :],
    lambda token, at, _other: token[:at] + token[at + 1 :],
    lambda token, at, other: token[:at] + other + token[at:],
    lambda token, at, _other: token[:at] + token[at:].swapcase(),
    lambda token, at, _other: token[:at] + token[at + 1 : at + 2] + token[at : at + 1] + token[at + 2 :],
    lambda token, at, _other: token[:4] + token[at:] + token[4:at],
)


def mutated(dice, token):
    """One to three edits of the kinds that typing, copying and guessing make."""
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        token = dice.choice(EDITS)(token, dice.randrange(len(token)), dice.choice(ALPHABET))
    return token


def test_no_mutated_token_is_accepted():
    # 32 bits of checksum let one guess in 4,294,967,296 pass; with this seed none of these does.
    dice = random.Random(20260822)
    minted = [mint(dice.randbytes).reveal() for _ in range(100)]
    originals = set(minted)
    made = [mutated(dice, dice.choice(minted)) for _ in range(MUTANTS)]
    different = [text for text in made if text not in originals]
    assert len(different) > MUTANTS * 0.9
    assert [text for text in different if is_well_formed(text)] == []
    assert all(is_well_formed(text) for text in originals)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ghp_" + "a" * 36, "GitHub classic token"),
        ("github_pat_" + "a" * 82, "GitHub fine-grained token"),
        ("gho_x", "GitHub OAuth token"),
        ("ghu_x", "GitHub App user token"),
        ("ghs_1_eyJ.eyJ.x", "GitHub App installation token"),
        ("ghr_x", "GitHub refresh token"),
        ("glpat-x", "GitLab token"),
        ("eyJhbGciOiJub25lIn0.e30.", "JSON Web Token"),
        ("AKIAIOSFODNN7EXAMPLE", "AWS access key id"),
        ("npm_x", "npm token"),
        (TOKEN, None),
        ("hunter2", None),
        ("", None),
    ],
    ids=lambda value: f"T7-{value}" if value and " " in str(value) else "",
)
def test_another_systems_credential_is_told_by_kind_alone(text, kind):
    assert other_kind(text) == kind
    assert kind is None or text not in kind
