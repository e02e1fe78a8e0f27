"""Where exactly secrets begin and end, what hides them, and that no text can make the engine slow or wrong."""

from __future__ import annotations

import base64
import hashlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyhole.core.secret import Secret
from keyhole.scanners.kept import Kept
from keyhole.scanners.secrets import sight
from keyhole.scanners.secrets.engine import Engine
from keyhole.scanners.secrets.rules import all_rules, parse
from keyhole.scanners.secrets.shapes import make
from tests.unit.scanners.secrets.differences import SIZES, changed, copy

TOKEN = make("ghp_<alnum:30><crc32>", 1).encode()
PEM = make("-----BEGIN PRIVATE KEY-----\\n<base64:64>\\n<base64:64>\\n-----END PRIVATE KEY-----", 1)
ENGINE = Engine(all_rules(), lambda value: hashlib.sha256(value).hexdigest()[:32])


def test_the_hit_is_the_token_and_nothing_beside_it():
    (hit,) = ENGINE.examine(b"x = '" + TOKEN + b"'")
    assert (hit.start, hit.end, hit.last4) == (5, 5 + len(TOKEN), TOKEN[-4:].decode())
    assert hit.fingerprint == "github-personal-token:" + hashlib.sha256(TOKEN).hexdigest()[:32]


@pytest.mark.parametrize(
    "before",
    [
        b"", b" ", b"=", b'"', b"\n", b"\\n", b"\\t", b"%3D", b"\x1b[1;31m", b":", b"\xff",
        b"\\u0026", b"\\u003D", b"\\x27", b"\\u001b[31m", b"\\x1b[0m",
    ],
)  # fmt: skip
def test_what_may_stand_before_a_token(before):
    assert len(ENGINE.examine(b"some text " + before + TOKEN)) == 1


@pytest.mark.parametrize(
    "before", [b"a", b"_", b"0", b"\\\\n", b"%zz", b"m", b"\\\\u003d", b"\\u00", b"[31m"]
)
def test_what_makes_a_token_part_of_a_longer_word(before):
    assert ENGINE.examine(b"some text " + before + TOKEN) == []


@pytest.mark.parametrize("after", [b"a", b"_", b"0"])
def test_a_token_that_goes_on_is_another_thing(after):
    assert ENGINE.examine(TOKEN + after) == []


def test_the_same_token_twice_in_a_text_is_two_hits_with_one_fingerprint():
    hits = ENGINE.examine(TOKEN + b"\n" + TOKEN)
    assert len(hits) == 2
    assert len({hit.fingerprint for hit in hits}) == 1


def test_a_private_key_is_the_same_however_it_is_written():
    ways = [
        PEM,
        PEM.replace("\n", "\r\n"),
        '"key": "' + PEM.replace("\n", "\\n") + '"',
        "\n".join("    " + line for line in PEM.splitlines()),
    ]
    hits = [ENGINE.examine(way.encode()) for way in ways]
    assert [len(found) for found in hits] == [1] * 4
    assert len({found[0].fingerprint for found in hits}) == 1


@pytest.mark.parametrize("mark", ["# ", "#", "    // ", " * ", "; ", "> ", "-- ", "+"])
def test_a_private_key_in_a_comment_is_the_same(mark):
    commented = "\n".join(mark + line for line in PEM.splitlines())
    (alone,), (hit,) = (
        ENGINE.examine(PEM.encode()),
        ENGINE.examine(b"first\n" + commented.encode() + b"\nlast\n"),
    )
    assert hit.fingerprint == alone.fingerprint


@pytest.mark.parametrize("line_end", ["%0A", "%0D%0A", "&#10;", "&#xA;", "&#13;&#10;"])
def test_a_private_key_with_encoded_line_ends_is_the_same(line_end):
    (alone,), (hit,) = ENGINE.examine(PEM.encode()), ENGINE.examine(PEM.replace("\n", line_end).encode())
    assert hit.fingerprint == alone.fingerprint


def test_two_private_keys_in_comments_are_two():
    other = make("-----BEGIN PRIVATE KEY-----\\n<base64:64>\\n<base64:64>\\n-----END PRIVATE KEY-----", 2)
    text = "\n".join("-- " + line for line in (PEM + "\n" + other).splitlines())
    assert len({hit.fingerprint for hit in ENGINE.examine(text.encode())}) == 2


def test_a_long_private_key_is_found_whole():
    body = "\n".join(make("<base64:64>", seed) for seed in range(100))
    key = f"-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----"
    (hit,) = ENGINE.examine(key.encode())
    assert hit.last4 == body[-4:]


@pytest.mark.parametrize(
    "text",
    [
        "Access key ID,Secret access key\r\n{id},{secret}\r\n",
        "{id},{secret}",
        "User name,Password,Access key ID,Secret access key\nme,,{id},{secret},https://1.signin.aws.amazon.com\n",
        '"{id}","{secret}"',
        "sqs://{id}:{secret}@",
    ],
)
def test_a_pair_of_aws_without_names_is_two_secrets(text):
    pair = {"id": make("AKIA<base32:16>", 1), "secret": make("<base64:40>", 4)}
    text = text.format(**pair)
    assert [(hit.rule, text[hit.start : hit.end]) for hit in ENGINE.examine(text.encode())] == [
        ("aws-access-key-id", pair["id"]),
        ("aws-secret-access-key", pair["secret"]),
    ]


@pytest.mark.parametrize(
    ("before", "found"), [("s3://", True), ("sqs://", True), ("a/", False), ("s3:/", False)]
)
def test_only_behind_a_scheme_a_slash_belongs_to_no_key(before, found):
    assert bool(ENGINE.examine(f"{before}{make('AKIA<base32:16>', 1)}".encode())) is found


def test_a_general_rule_gives_way_to_a_precise_one():
    text = f"https://deploy:{TOKEN.decode()}@git.internal.io/app.git"
    assert [hit.rule for hit in ENGINE.examine(text.encode())] == ["github-personal-token"]


def test_a_short_secret_shows_none_of_its_characters():
    hits = ENGINE.examine(b"postgresql://app:" + make("<alnum:12>", 3).encode() + b"@db/x")
    assert [(hit.rule, hit.last4) for hit in hits] == [("password-in-address", "")]


@pytest.mark.parametrize(
    "value",
    [
        "sk_live_" + "x" * 24,
        "sk_live_" + "0123456789abcdef01234567",
        "sk_live_exampleexampleexample1",
        "npm_" + "a" * 36,
    ],
)
def test_made_up_values_are_left_out(value):
    assert ENGINE.examine(value.encode()) == []


@pytest.mark.parametrize(
    "piece",
    [
        b"AKIA",
        b"ghp_",
        b"-----BEGIN RSA PRIVATE KEY-----\n",
        b"eyJ",
        b"sk-",
        b"://a:b@",
        b"aws secret key = ",
        b"heroku_api_key=",
        b"-----BEGIN PRIVATE KEY-----" + b"A" * 50,
    ],
)
def test_repeated_beginnings_end_in_bounded_work(piece):
    ENGINE._memo.clear()
    assert ENGINE.examine(piece * (200_000 // len(piece))) == []


@pytest.mark.parametrize("before", [b"", b"x"])
def test_a_match_is_looked_at_once_however_many_lengths_it_has(before):
    asked = []
    engine = Engine(all_rules(), lambda value: "0")
    confirmed = engine._confirmed
    engine._confirmed = lambda *question: asked.append(question) or confirmed(*question)
    engine.examine(
        before + b"A" * 2_000 + b" "
    )  # twitter's tokens begin with 21 of these, and have any length
    assert 0 < len(asked) < 200


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_no_bytes_make_it_fail(before, after):
    for hit in ENGINE.examine(before + TOKEN + after):
        assert 0 <= hit.start < hit.end


@given(st.integers(min_value=0, max_value=400), st.sampled_from([b" ", b"\n", b"\0", b"\xff", b"-"]))
def test_where_in_the_text_makes_no_difference(distance, filler):
    text = filler * distance + b" " + TOKEN + b" " + filler * distance
    assert [hit.start for hit in ENGINE.examine(text)] == [distance + 1]


def test_the_words_of_a_name_count_for_what_is_kept(tmp_path):
    named = (
        '[[rule]]\nid = "one"\ntitle = "One"\nseverity = "high"\nconfidence = "high"\nwhy = "w"\nfix = "f"\n'
    )
    named += 'references = []\nexamples = []\ncounterexamples = []\nvalue = "[0-9a-f]{32}"\nnear = "NAME"\n'
    text = base64.b64encode(b"zetaflux_key: 3f9a1c7e5b2d8f4a6c0e9b1d7a3f5c2e")
    for name, found in (("acmecorp", 0), ("zetaflux", 1)):
        rules = list(parse("own.toml", named.replace("NAME", name)))
        engine = Engine(rules, lambda _: "0" * 32, Kept(tmp_path, Secret("of the tests")))
        assert len(engine.examine(text)) == found


PASSWORD = b"hunter" + b"Zq81xW"
ASSIGNED = [
    b"password = '" + PASSWORD + b"'",
    b"db_password: ",
    PASSWORD,
    b"my_secret_key = os.environ['SECRET_KEY_OF_OURS']",
    b"api_token=example-example-example",
    b"postgres://user:" + PASSWORD + b"@db.example/x",
]
PIECES = [
    *ASSIGNED,
    TOKEN,
    TOKEN[:-1],
    TOKEN[:20],
    *(PEM.encode()[start : start + 60] for start in range(0, len(PEM), 60)),
    make("AKIA<base32:16>", 1).encode(),
    b"\n",
    b"\n",
    b" ",
    b"a",
    b"=",
    b"x" * 90,
    b"- " * 30,
    base64.b64encode(TOKEN),
]


@pytest.fixture
def comparing(monkeypatch):
    """Comparing always pays."""
    monkeypatch.setattr(sight, "_WORTH", 0)
    monkeypatch.setattr(sight, "_FEW", 0)


@pytest.mark.parametrize("longest", [300, 3000])
@pytest.mark.parametrize("seed", range(40))
def test_what_is_known_of_one_text_changes_nothing_in_those_that_differ_from_it(seed, longest, comparing):
    chance = random.Random(seed)
    text = b"".join(chance.choices(PIECES, k=400))
    _, known = ENGINE.follow(text, None, b"")
    for _ in range(6):
        text, difference = changed(chance, text, PIECES, longest)
        hits, known = ENGINE.follow(text, known, difference)
        assert hits == ENGINE.examine(text)


@pytest.mark.parametrize("shared", range(1, len(PASSWORD)))
def test_what_was_none_becomes_a_secret_by_what_follows(shared, comparing):
    filler = b"- " * 3000
    start = filler + b"\npassword = " + PASSWORD[:shared]
    _, known = ENGINE.follow(start + b" is\n" + filler, None, b"")
    text = start + PASSWORD[shared:] + b"\n"
    own = text[len(start) :]
    hits, _ = ENGINE.follow(text, known, SIZES + copy(0, len(start)) + bytes([len(own)]) + own)
    assert [text[hit.start : hit.end] for hit in hits] == [PASSWORD]


@pytest.mark.parametrize("shared", range(1, len(PASSWORD)))
def test_what_was_none_becomes_a_secret_by_what_is_before(shared, comparing):
    filler = b"- " * 3000
    end = PASSWORD[shared:] + b"\n" + filler
    base = filler + b"\npassword = the " + end
    _, known = ENGINE.follow(base, None, b"")
    own = b"\npassword = " + PASSWORD[:shared]
    difference = SIZES + bytes([len(own)]) + own + copy(len(base) - len(end), len(end))
    hits, _ = ENGINE.follow(own + end, known, difference)
    assert [(own + end)[hit.start : hit.end] for hit in hits] == [PASSWORD]
