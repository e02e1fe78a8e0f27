"""Checksums against values that others published, entropy against values that can be worked out by hand."""

from __future__ import annotations

import base64
import json

import pytest

from keyhole.scanners.secrets.checks import CHECKSUMS, NORMAL_FORMS, base62_crc32, entropy, made_up
from keyhole.scanners.secrets.shapes import make


def test_the_published_sample_of_github_has_the_right_checksum():
    # A dead token from an article about the format; split, so that nobody's scanner stops at this line.
    body = b"zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ"
    assert base62_crc32(body) == b"0mLq17"
    assert CHECKSUMS["crc32-base62"](b"ghp_" + body + b"0mLq17")
    assert not CHECKSUMS["crc32-base62"](b"ghp_" + body + b"0mLq18")


def test_a_small_checksum_is_padded():
    assert base62_crc32(b"") == b"000000"
    assert len(base62_crc32(b"a")) == 6


@pytest.mark.parametrize(
    ("value", "bits"), [(b"", 0.0), (b"aaaa", 0.0), (b"ab", 1.0), (b"abcd", 2.0), (b"aabb", 1.0)]
)
def test_entropy(value, bits):
    assert entropy(value) == pytest.approx(bits)


@pytest.mark.parametrize(
    "value", [b"xxxxxxxx", b"my-Example-key", b"changeme", b"12345678", b"${SECRET}", b"your_key"]
)
def test_made_up(value):
    assert made_up(value)


def test_not_made_up():
    assert not made_up(b"k7Qw9Zr2Lm4Xt8Bv")
    assert not made_up(b"k7Qw<q9Zr2Lm4Xt8Bv")


@pytest.mark.parametrize(
    ("head", "real"),
    [
        (json.dumps({"alg": "HS256"}), True),
        (json.dumps({"typ": "JWT"}), False),
        ("not json", False),
    ],
)
def test_a_json_web_token_names_its_algorithm(head, real):
    encoded = base64.urlsafe_b64encode(head.encode()).rstrip(b"=")
    assert CHECKSUMS["json-web-token"](encoded + b".x.y") is real


@pytest.mark.parametrize("value", [b"", b".", b"a.b", b"\xff\xfe.x", b"e" * 5])
def test_nonsense_is_no_json_web_token(value):
    assert not CHECKSUMS["json-web-token"](value)


def test_the_body_of_a_private_key_is_what_its_writings_share():
    body = NORMAL_FORMS["private-key"]
    assert body(b"\nAAAA\nBBBB==\n") == body(b"\\nAAAA\\nBBBB==\\n") == b"AAAABBBB=="
    assert body(b"\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES,00\n\nAAAA\n") == b"AAAA"
    assert body(b"\n// AAAA\n// //BB==\n// ") == b"AAAA//BB=="
    assert body(b"\nAAAA\n//BB==\n") == b"AAAA//BB=="
    assert body(b"%0AAAAA&#10;BBBB") == b"AAAABBBB"


@pytest.mark.parametrize(
    ("check", "value"),
    [
        # The address of the first block; the test vectors of BIP 173.
        ("base58check", b"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
        ("bech32", b"a12uel5l"),
        ("bech32", b"abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw"),
    ],
)
def test_published_values_pass_their_checks_and_others_do_not(check, value):
    assert CHECKSUMS[check](value)
    assert not CHECKSUMS[check](value[:-4] + value[-3:])
    assert not CHECKSUMS[check](b"2" + value[1:])


@pytest.mark.parametrize(
    "value", [b"bm8gY29sb24gaGVyZQ==", b"dXNlcjpzaG9ydA==", b"dXNlcjp5b3VyLXBhc3N3b3Jk", b"////"]
)
def test_no_pair_of_name_and_password(value):
    assert not CHECKSUMS["basic-pair"](value)


@pytest.mark.parametrize("value", [b"seagull42", b"k7Qw9Zr", b"Nightb%40rd7", b"D1fficult!"])
def test_what_may_be_a_password(value):
    assert CHECKSUMS["password"](value)


@pytest.mark.parametrize(
    "value",
    [b"password123", b"guest", b"lighthouse", b"${PASSWORD}", b"{password}", b"www-data", b"admin123", b""],
)
def test_what_stands_in_manuals_is_no_password(value):
    assert not CHECKSUMS["password"](value)


def test_the_token_that_every_manual_shows_is_left_out():
    head, sample, other = (
        make(f"<json:{content}>", 1).encode()
        for content in (
            '"alg":"HS256"',
            '"sub":"1234567890","name":"John Doe"',
            '"sub":"83","name":"Jan Dorn"',
        )
    )
    assert not CHECKSUMS["json-web-token"](head + b"." + sample + b".x")
    assert CHECKSUMS["json-web-token"](head + b"." + other + b".x")
    assert not CHECKSUMS["opaque-token"](head + b"." + other + b".x")
    assert not CHECKSUMS["opaque-token"](b"transfer.signed_ticket")
    assert CHECKSUMS["opaque-token"](make("<hex:40>", 1).encode())
