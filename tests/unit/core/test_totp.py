"""RFC 6238's own examples, and what must not be accepted."""

from __future__ import annotations

import pytest

from keyhole.core import totp

SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("seconds", "eight_digits"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_examples_of_rfc_6238(seconds, eight_digits):
    assert totp.code(SECRET, seconds // 30) == eight_digits[2:]


@pytest.mark.parametrize(("periods", "right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_wrong_by_one_period(periods, right):
    now = 1_800_000_015
    given = totp.code(SECRET, now // 30 + periods)
    assert (totp.accepted(SECRET, given, now, 0) is not None) is right


def test_a_code_and_those_before_it_are_accepted_once():
    now = 1_800_000_015
    counter = totp.accepted(SECRET, totp.code(SECRET, now // 30), now, 0)
    assert counter == now // 30
    for periods in (-1, 0):
        assert totp.accepted(SECRET, totp.code(SECRET, now // 30 + periods), now, counter) is None
    assert totp.accepted(SECRET, totp.code(SECRET, now // 30 + 1), now, counter) == counter + 1


@pytest.mark.parametrize(
    "given",
    [
        "",
        "1",
        "1234567",
        "12345a",
        " 12345",
        "12345\n",
        "\u0661\u0662\u0663\u0664\u0665\u0666",
        "-12345",
        "1" * 10**6,
    ],
)
def test_what_is_not_six_digits_is_no_code(given):
    assert totp.accepted(SECRET, given, 0.0, -10) is None


def test_the_app_is_told_everything():
    assert totp.address(SECRET, "mara@harbour example", "Keyhole") == (
        "otpauth://totp/Keyhole:mara%40harbour%20example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Keyhole"
    )
