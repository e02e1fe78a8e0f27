"""What the second stage says of whole lines; the rules' own examples are held by the linter."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyhole.scanners.secrets.engine import Engine
from keyhole.scanners.secrets.plain.judge import judge
from keyhole.scanners.secrets.rules import all_rules
from keyhole.scanners.secrets.shapes import make

ENGINE = Engine(all_rules(), lambda value: hashlib.sha256(value).hexdigest()[:32])


def found(text):
    return [(hit.rule, text[hit.start : hit.end]) for hit in ENGINE.examine(text)]


def test_a_rule_of_a_provider_wins_over_the_second_stage():
    token = make("ghp_<alnum:30><crc32>", 1).encode()
    assert found(b"GITHUB_TOKEN=" + token) == [("github-personal-token", token)]


def test_several_assignments_in_a_line_are_each_looked_at():
    one, other = (make("<alnum:14>x7Q", seed).encode() for seed in (1, 2))
    line = b'connect(password="%s", api_key="%s")' % (one, other)
    assert found(line) == [("password-assignment", one), ("credential-assignment", other)]


def test_in_base64_it_is_found_too():
    import base64

    value = make("<alnum:18>x7Q", 1)
    (hit,) = ENGINE.examine(b"data: " + base64.b64encode(f"a: b\npassword: {value}\nc: d\n".encode()) + b"\n")
    assert (hit.rule, hit.note) == ("password-assignment", "base64-encoded")


@pytest.mark.parametrize("value", [b"K\xc3\xbchlschrank7", b"two words 7Q", b"x7Q", b"Q" * 300])
def test_what_is_left_out_whatever_its_name(value):
    assert found(b'password = "' + value + b'"') == []


def test_a_list_of_names_holds_no_password():
    value = make("<alnum:14>", 1).encode()
    for name in (b"injectNpm2FaToken", b"npmX9Password"):
        assert found(b'["injectNpmPassword","' + name + b'","zip"]') == []
    assert found(b'["injectNpmPassword","' + value + b'","zip"]') == [("password-assignment", value)]


@pytest.mark.parametrize(
    "line",
    [b"POSTGRES_PASSWORD=winter20%s", b"  POSTGRES_PASSWORD: winter20%s", b"ENV DB_PASSWORD=winter20%s"],
)
def test_words_with_a_number_are_a_password_where_a_program_is_configured(line):
    value = make("<digit:2>", 1).encode()
    assert found(line % value) == [("simple-password-assignment", b"winter20" + value)]
    assert found(b'password = "winter20' + value + b'"') == []


def test_of_some_key_no_doubt_may_be_left():
    value = make("<alnum:32>", 1).encode()
    assert found(b"audd_key: " + value) == [("credential-assignment", value)]
    assert found(b"audd_key: " + make("<hex:32>", 1).encode()) == []
    assert found(b"audd_key: customer-invoice-number-2024") == []


@given(st.binary(max_size=120), st.integers(min_value=-5, max_value=130))
def test_no_bytes_make_it_fail(line, start):
    judge(b"password=" + line, start, cut=False)
    judge(b"password=" + line, 9, cut=True)
