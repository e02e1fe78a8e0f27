"""Secrets in base64 are found, in each of its spellings, at the characters that hold them, as the same secret."""

from __future__ import annotations

import base64
import gzip
import hashlib
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyhole.scanners.secrets.encoded import CUT, spellings
from keyhole.scanners.secrets.engine import Engine
from keyhole.scanners.secrets.literals import required
from keyhole.scanners.secrets.rules import all_rules
from keyhole.scanners.secrets.shapes import make

ENGINE = Engine(all_rules(), lambda value: hashlib.sha256(value).hexdigest()[:32])
TOKEN = make("ghp_<alnum:30><crc32>", 1).encode()
(PLAIN,) = ENGINE.examine(TOKEN)


def b64(raw):
    return base64.b64encode(raw)


def encoded(text):
    """What is found in the text: the one hit, and what its characters are when decoded."""
    (hit,) = ENGINE.examine(text)
    return hit, text[hit.start : hit.end]


def holds_the_token(characters):
    """Whatever the place in four of the first character is."""
    return any(
        TOKEN[3:-3] in base64.b64decode(b"A" * skip + characters + b"A" * (-(len(characters) + skip) % 4))
        for skip in range(4)
    )


@pytest.mark.parametrize("before", [b"", b"x", b"xy", b"TOKEN=", b"a: 1\nb: ", bytes(range(200))])
@pytest.mark.parametrize("after", [b"", b"\n", b"\nmore text behind it", b"\xff\xfe\0"])
def test_a_token_in_base64_is_the_token(before, after):
    hit, there = encoded(b"data: " + b64(before + b" " + TOKEN + after) + b"\n")
    assert (hit.rule, hit.fingerprint, hit.last4) == (PLAIN.rule, PLAIN.fingerprint, PLAIN.last4)
    assert hit.note == "base64-encoded"
    assert len(TOKEN) * 4 // 3 <= len(there) <= len(TOKEN) * 4 // 3 + 3
    assert holds_the_token(there)


def test_what_any_rule_finds_is_found_encoded():
    for rule in all_rules():
        for number, example in enumerate(rule.examples if required(rule.scan or rule.near) else ()):
            text = b" " * number + b"\n" + make(example, 1).encode() + b"\n"
            for shift in range(3):
                found = ENGINE.examine(b"x = '" + b64(b" " * shift + text) + b"'")
                assert {(hit.fingerprint, hit.note) for hit in found} == {
                    (hit.fingerprint, "base64-encoded") for hit in ENGINE.examine(text)
                }, (rule.id, example)


@pytest.mark.parametrize(
    "text",
    [
        base64.urlsafe_b64encode(b">>>?" + TOKEN),
        b"data:text/plain;base64," + b64(TOKEN),
        b"/path/to/" + b64(TOKEN),
        b"export X=" + b64(TOKEN).rstrip(b"=") + b" # why",
        b'{"a": "' + b64(b'{"b": "' + TOKEN + b'"}') + b'"}',
        b"-EncodedCommand " + b64(f"$t = '{TOKEN.decode()}' # password".encode("utf-16-le")),
        b64(gzip.compress(b"release: " + TOKEN)),
    ],
    ids=["url-safe", "data-url", "path", "unpadded", "json", "utf-16", "gzip"],
)
def test_other_ways_to_write_it(text):
    hit, _ = encoded(text)
    assert (hit.fingerprint, hit.note) == (PLAIN.fingerprint, "base64-encoded")


@pytest.mark.parametrize("width", [64, 76])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\n    ", "\\n"])
def test_what_was_wrapped_is_put_together(width, ending):
    prose = b"A long configuration file, with a secret near its end. " * 4 + b"\n"
    text = ending.join(textwrap.wrap(b64(prose + TOKEN).decode(), width)).encode()
    hit, there = encoded(b"data: |\n    " + text + b"\n")
    assert hit.fingerprint == PLAIN.fingerprint
    assert holds_the_token(b"".join(there.replace(b"\\n", b"\n").split()))


def test_base64_in_base64_is_decoded_twice_and_not_thrice():
    about = b'{"auth": "' + b64(b"token=" + TOKEN) + b'"}'
    assert encoded(b64(about))[0].note == "base64-encoded twice"
    assert ENGINE.examine(b64(b'{"more": "' + b64(about) + b'"}')) == []


def test_the_name_before_it_tells_what_it_is():
    value = make("<base64:40>", 5).encode()
    plain = {hit.fingerprint for hit in ENGINE.examine(b"aws_secret_access_key: " + value)}
    text = b"kind: Secret\ndata:\n  aws_secret_access_key: " + b64(value) + b"\n"
    assert plain == {hit.fingerprint for hit in ENGINE.examine(text)}


def test_a_secret_that_is_base64_itself_is_not_looked_into():
    token = make('<json:"alg":"HS256","typ":"JWT">.<json:"token":"sub"><url64:40>.<url64:43>', 1).encode()
    assert [(hit.rule, hit.note) for hit in ENGINE.examine(token)] == [("json-web-token", "")]


@pytest.mark.parametrize(
    "piece", [b"Z2hwX", b"QUtJQ", b"H4sIA", b"ICAg", b"AAAA", b"LS0tLS1CRUdJTi", b"c2VjcmV0\n    "]
)
def test_repeated_beginnings_end_in_bounded_work(piece):
    assert ENGINE.examine(b"Z2hwX0" + piece * (400_000 // len(piece))) == []


def test_what_a_limit_cuts_off_is_told_once_for_each_that_it_cut():
    within = gzip.compress(b"release: " + TOKEN + bytes(31 << 20))
    assert encoded(b64(within))[0].fingerprint == PLAIN.fingerprint
    assert ENGINE.left_out() == {}
    beyond = b"a: " + b64(gzip.compress(bytes(33 << 20) + TOKEN)) + b"\nb: " + b64(gzip.compress(TOKEN * 9))
    assert ENGINE.examine(beyond) == []
    assert ENGINE.left_out() == {CUT: 2}
    assert ENGINE.left_out() == {}


def test_many_small_ones_have_one_limit_together_also_inside_each_other():
    bomb = b64(gzip.compress(bytes(16 << 20)))
    inner = b64(gzip.compress(b"\n\n".join([bomb, bomb, bomb])))
    ENGINE.examine(b"\n\n".join([inner, inner]))
    assert ENGINE.left_out() == {CUT: 3}


@given(st.binary(max_size=60), st.binary(max_size=60), st.integers(0, 3))
def test_whatever_stands_around_it_in_the_same_base64(before, after, skip):
    text = b"/" * skip + b64(before + b" " + TOKEN + b" " + after)
    assert PLAIN.fingerprint in {hit.fingerprint for hit in ENGINE.examine(text)}


@given(st.binary(max_size=300))
def test_no_bytes_make_it_fail(raw):
    for text in (b"c2VjcmV0" + raw, b64(b"password" + raw), b64(gzip.compress(raw)[:-3] + b"secret")):
        for hit in ENGINE.examine(b"kind: Secret\n a: " + text):
            assert 0 <= hit.start < hit.end <= len(text) + 20


def test_a_word_has_a_spelling_for_each_place_in_three():
    assert [pattern for pattern in spellings([b"://"]) if b"Oi8v" in pattern] == [b"Oi8v"]
    assert len(spellings([b"://"])) == 3
