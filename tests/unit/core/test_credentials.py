"""The token in the headers: one rule for every carrier; what is there but not understood is refused."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyhole.core.credentials import presented
from keyhole.core.errors import BadCredentials, MalformedRequest
from keyhole.core.token_text import mint

TOKEN = mint(lambda count: bytes(range(count))).reveal()
OTHER = mint(lambda count: bytes(range(1, count + 1))).reveal()


def headers(value):
    return [
        (b"host", b"keyhole.example"),
        (b"authorization", value if isinstance(value, bytes) else value.encode()),
    ]


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


CARRIERS = {
    "bearer": lambda token: f"Bearer {token}",
    "bearer-lower": lambda token: f"bearer {token}",
    "bearer-upper": lambda token: f"BEARER {token}",
    "token": lambda token: f"token {token}",
    "token-mixed": lambda token: f"ToKeN {token}",
    "basic-password": lambda token: basic("anything", token),
    "basic-password-of-nobody": lambda token: basic("", token),
    "basic-x-access-token": lambda token: basic("x-access-token", token),
    "basic-user": lambda token: basic(token, ""),
    "basic-user-x-oauth-basic": lambda token: basic(token, "x-oauth-basic"),
    "basic-both": lambda token: basic(token, token),
    "basic-lower": lambda token: basic("git", token).replace("Basic", "basic"),
}


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("token", [TOKEN, "ghp_" + "a" * 36, "not-a-token"])
def test_every_carrier_presents_the_same_text(carrier, token):
    assert presented(headers(CARRIERS[carrier](token))).reveal() == token


def test_no_header_is_no_credential():
    assert presented([]) is None
    assert presented([(b"host", b"a"), (b"x-authorization", b"Bearer x"), (b"cookie", b"token=x")]) is None


@pytest.mark.parametrize("name", [b"authorization", b"Authorization", b"AUTHORIZATION"])
def test_the_header_is_found_in_any_letter_case(name):
    assert presented([(name, f"Bearer {TOKEN}".encode())]).reveal() == TOKEN


def encoded(raw):
    return b"Basic " + base64.b64encode(raw)


ONE = TOKEN.encode()
BAD = {
    "T1-empty": b"",
    "T1-space": b" ",
    "T1-bearer-alone": b"Bearer",
    "T1-bearer-and-space": b"Bearer ",
    "T1-token-alone": b"token",
    "T1-basic-alone": b"Basic",
    "T1-basic-and-space": b"Basic ",
    "T1-no-scheme": ONE,
    "T1-unknown-scheme": b"Digest " + ONE,
    "T1-negotiate": b"Negotiate " + ONE,
    "T1-scheme-with-colon": b"Bearer: " + ONE,
    "T2-two-in-one-header": b"Bearer " + ONE + b", Bearer " + OTHER.encode(),
    "T3-two-spaces": b"Bearer  " + ONE,
    "T3-tab": b"Bearer\t" + ONE,
    "T3-trailing-space": b"Bearer " + ONE + b" ",
    "T3-trailing-line-feed": b"Bearer " + ONE + b"\n",
    "T3-trailing-nul": b"Bearer " + ONE + b"\x00",
    "T3-parameter": b"Bearer " + ONE + b" x",
    "T4-full-width": b"Bearer " + "\uff4bhp_".encode(),
    "T4-full-width-scheme": "\uff22earer ".encode() + ONE,
    "T4-no-break-space": "Bearer\u00a0".encode() + ONE,
    "T5-a-megabyte": b"Bearer " + b"a" * 1_000_000,
    "T5-basic-of-a-megabyte": encoded(b"x:" + b"a" * 1_000_000),
    "T6-no-colon": encoded(ONE),
    "T6-many-colons": encoded(b"a:b c:" + ONE),
    "T6-both-empty": encoded(b":"),
    "T6-nothing": encoded(b""),
    "T6-both-filled-and-different": encoded(ONE + b":" + OTHER.encode()),
    "T6-token-as-user-and-something-else": encoded(ONE + b":hunter2"),
    "T6-not-utf-8": encoded(b"x:\xff\xfe"),
    "T6-user-not-utf-8": encoded(b"\xff:" + ONE),
    "T6-accent-in-the-password": encoded("x:é".encode()),
    "T6-line-feed-in-the-password": encoded(b"x:" + ONE + b"\n"),
    "T6-nul-in-the-password": encoded(b"x:" + ONE + b"\x00"),
    "T6-url-safe-alphabet": b"Basic " + base64.urlsafe_b64encode(b"x:~~~???" + ONE),
    "T6-padding-missing": encoded(b"x:" + ONE).rstrip(b"=")
    if encoded(b"x:" + ONE).endswith(b"=")
    else encoded(b"xy:" + ONE).rstrip(b"="),
    "T6-padding-too-much": encoded(b"xyz:" + ONE) + b"====",
    "T6-padding-inside": b"Basic eA==Og==",
    "T6-stray-bits": b"Basic eDp5eR==",
    "T6-space-inside": encoded(b"x:" + ONE).replace(b"Basic eD", b"Basic e D"),
    "T6-not-base64": b"Basic !!!!",
    "T6-plain-text": b"Basic x:" + ONE,
    "T6-two-parts": encoded(b"x:" + ONE) + b" x",
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_not_understood_is_refused(name):
    with pytest.raises(BadCredentials) as refused:
        presented(headers(BAD[name]))
    assert refused.value.status == 401
    assert TOKEN not in str(refused.value) + refused.value.hint
    assert refused.value.__cause__ is None, "the cause would hold the credential's bytes"


def test_t5_the_longest_header_that_is_read():
    assert len(presented(headers(b"Bearer " + b"a" * (4096 - 7))).reveal()) == 4096 - 7
    with pytest.raises(BadCredentials):
        presented(headers(b"Bearer " + b"a" * (4096 - 6)))


@pytest.mark.parametrize("second", [TOKEN, OTHER], ids=["equal", "different"])
def test_t2_two_headers_are_never_a_choice(second):
    with pytest.raises(MalformedRequest) as refused:
        presented([*headers(f"Bearer {TOKEN}"), (b"Authorization", f"token {second}".encode())])
    assert refused.value.status == 400


@pytest.mark.parametrize(
    "token",
    [
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.",
        ".".join(["e30"] * 200),
        "eyJraWQiOiIuLi8uLi9ldGMvcGFzc3dkIn0.e30.x",
    ],
    ids=["T8-algorithm-none", "T8-200-segments", "T8-kid-path"],
)
def test_t8_a_json_web_token_is_opaque_text(token):
    assert presented(headers(f"Bearer {token}")).reveal() == token


@given(st.binary(max_size=80))
def test_any_bytes_are_a_token_or_refused(value):
    try:
        found = presented(headers(value))
    except BadCredentials:
        return
    assert found is not None
    assert found.reveal().isascii()
    assert found.reveal().isprintable()
    assert " " not in found.reveal()


@given(
    st.text(
        st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=":"), min_size=1, max_size=80
    )
)
def test_carriers_are_invariant_for_any_text(text):
    if text == "x-oauth-basic":
        return
    said = {presented(headers(carrier(text))).reveal() for carrier in CARRIERS.values()}
    assert said == {text}
