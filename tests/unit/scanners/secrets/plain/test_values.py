"""Values that say where a secret is, and values that are none."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyhole.scanners.secrets.plain import values


@pytest.mark.parametrize(
    "value",
    [
        b"${DB_PASSWORD}", b"$PASSWORD", b"{{ vault_password }}", b"%(password)s", b"%DB_PASS%", b"<password>", b"#{x}",
        b"@password@", b"ENC(abc)", b"vault:secret/db", b"arn:aws:x", b"process.env.TOKEN", b"/run/secrets/db",
        b"getPassword(Foo1)", b"get(Foo1).bar()", b"required|string|min:8", b"id,name,Foo1", b"?x=1&y=Abc2",
        b"max=20,min=8,Upper", b"x=>x.Foo1",
        b"),E=n.limitMessage;!S;)n.limit=h,n", b",e==null&&(e=", b"]);n.Foo1(", b");", b"<?Foo1", b"<b1>Foo",
        b"https://host/x", b"secrets.json", b"me@host.io", b"[a-f0-9]{32}", b"sk_[0-9]+", b"secrets.DB_PASSWORD",
    ],
)  # fmt: skip
def test_a_value_that_points_elsewhere(value):
    assert values.points_elsewhere(value, quoted=True, rest=b"")


@pytest.mark.parametrize(
    ("value", "rest"),
    [
        (b"get_password", b"("),
        (b"self.password", b""),
        (b"config", b"["),
        (b"certs[0][2],", b""),
        (b"str(self.get(x9))", b""),
        (b"vault_pass,", b""),
    ],
)
def test_code_points_elsewhere_where_it_is_not_quoted(value, rest):
    assert values.points_elsewhere(value, quoted=False, rest=rest)


@pytest.mark.parametrize(
    "value",
    [
        b"changeme", b"Password123!", b"admin123", b"xxxxxxxx", b"12345678", b"2024-01-01", b"aaaabbbb", b"abcdefgh",
        b"qwertyuiop", b"$2b$12$KIXQ0Z1x8k", b"pbkdf2_sha256$600000$k7Qw9Zr2$Lm4Xt8Bv", b"ssh-ed25519",
        b"test-token", b"your_key",
        b"1testpassword", b"rootpass1", b"SGVsbG8gZnJvbSB0aGUgQ2xvdWQ=", b"%F0%9F%92%A9", b"foobarbaz",
        b"9876543210", b"abab", b"k7Q0000w9Zr", b"k7Qw9Zr2Lm4Xt8Bv000000w9Zr2Lm4X",
    ],
)  # fmt: skip
def test_a_value_that_is_no_secret(value):
    assert values.no_secret(value, b"x")


@pytest.mark.parametrize(
    "value",
    [
        b"k7Qw9Zr2Lm4X",
        b"Trub4dor&3",
        b"a1b2f9c07e5d4438",
        b"3f9a-bad-0c1e7d2b",
        b"b256def166f0000d5fd36f3da1e94b",
        b"(k7Qw9Zr2",
        b"k7(Qw9)Zr2",
        b"k7,Qw9;Zr2",
        b"<7Qw9Zr2Lm",
        b"k=7Qw9&Zr2",
    ],
)
def test_what_may_be_one(value):
    assert not values.no_secret(value, b"x")
    assert not values.points_elsewhere(value, quoted=True, rest=b"")


def test_a_value_that_repeats_its_name_is_a_placeholder():
    assert values.no_secret(b"db_kaboodle", b"DB_KABOODLE")


def test_base64_with_slashes_is_no_path():
    assert not values.points_elsewhere(b"GLz7DXW0/FzuS1gMcm/RVhwgd4Gu9YmSlk8", quoted=True, rest=b"")
    assert values.points_elsewhere(b"roles/secretmanager/accessor", quoted=True, rest=b"")
    assert values.points_elsewhere(b"/var/lib/app", quoted=True, rest=b"")


def test_dots_between_words_are_code_and_others_are_not():
    assert values.points_elsewhere(b"settings.database.password", quoted=False, rest=b"")
    assert not values.points_elsewhere(b"eywT2nGMZwObUVBw8Pwnmo6XfdU.KojZZOM8Ox", quoted=False, rest=b"")


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        (b"T-55a68eb5-c785-4720-a2ca-8b03903bf641", True),
        (b"vendor_live_9f276a1850ab446e8a0c666a", True),
        (b"release-2024-01-01", False),
        (b"shop-00000000000000000000000000", False),
    ],
)
def test_hexadecimal_digits_behind_a_name(value, is_one):
    assert values.labelled_hex(value) is is_one


RUNS = values._RUNS
PART = st.sampled_from(RUNS).flatmap(
    lambda run: st.tuples(st.integers(0, len(run)), st.integers(0, 9)).map(
        lambda cut: run[cut[0] : cut[0] + cut[1]]
    )
)
ORDERED = re.compile(
    b"|".join(
        run[start:end] for run in RUNS for start in range(len(run)) for end in range(len(run), start + 3, -1)
    )
)


@given(st.lists(st.one_of(PART, st.binary(max_size=3)), max_size=5).map(b"".join))
def test_what_is_in_order_is_what_a_pattern_of_all_runs_finds(text):
    ordered = sum(len(run[0]) for run in ORDERED.finditer(text))
    assert values._in_order(text) == (ordered > 0 and 2 * ordered >= len(text))


def test_each_byte_is_of_the_class_that_its_pattern_says():
    tests = (rb"[a-z]", rb"[A-Z]", rb"[0-9]", rb"[^0-9A-Za-z]")
    first = [
        next(place for place, test in enumerate(tests) if re.match(test, bytes([byte])))
        for byte in range(256)
    ]
    for byte, mine in enumerate(first):
        for other in b"aZ5-\xff\n":
            value = bytes([byte, other])
            assert values.classes(value) == len({mine, first[other]})
            assert values.has_digit(value) == (2 in {mine, first[other]})
