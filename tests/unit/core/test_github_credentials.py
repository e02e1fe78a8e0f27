"""Kinds of credentials by their shape: every published shape, and every way to paste one wrongly."""

from __future__ import annotations

import pytest

from keyhole.core.github_credentials import ADVICE, CredentialKind, recognise
from keyhole.core.token_text import checksum, mint

BODY = "ExampleBody0ExampleBody0Exampl"
assert len(BODY) == 30


def of_40(prefix):
    return f"{prefix}_{BODY}{checksum(BODY)}"


FINE_GRAINED = f"github_pat_11A{'x' * 19}_{'y' * 59}"
STATELESS = f"ghs_1234567_eyJ{'a' * 300}.{'b-_' * 100}.{'c' * 340}"

SHAPES = [
    (of_40("ghp"), CredentialKind.CLASSIC),
    (of_40("gho"), CredentialKind.OAUTH),
    (of_40("ghu"), CredentialKind.APP_USER),
    (of_40("ghs"), CredentialKind.INSTALLATION),
    (STATELESS, CredentialKind.INSTALLATION),
    (FINE_GRAINED, CredentialKind.FINE_GRAINED),
    (f"ghr_{'r' * 76}", CredentialKind.REFRESH),
    ("0123456789abcdef" * 2 + "01234567", CredentialKind.UNKNOWN),  # tokens of old Enterprise Servers
    ("v1.0123456789abcdef0123456789abcdef01234567", CredentialKind.UNKNOWN),
    ("eyJhbGciOiJSUzI1NiJ9.e30.c2ln", CredentialKind.UNKNOWN),
]


@pytest.mark.parametrize(("text", "kind"), SHAPES)
def test_every_published_shape_is_recognised_without_complaint(text, kind):
    assert recognise(text).kind is kind
    assert recognise(text).problem == ""
    assert recognise(text).advice is ADVICE[kind]


def test_the_sample_that_github_publishes():
    # docs.github.com, REST API, "Revoke a list of credentials"; made up there, with a checksum that does not hold.
    found = recognise("ghp_1234567890abcdef1234567890abcdef12345678")
    assert (found.kind, "44 characters" in found.problem) == (CredentialKind.CLASSIC, True)


@pytest.mark.parametrize("prefix", ["ghp", "gho", "ghu", "ghs"])
def test_one_changed_character_is_noticed(prefix):
    whole = of_40(prefix)
    for index in range(4, 40):
        changed = "A" if whole[index] != "A" else "B"
        assert "checksum" in recognise(whole[:index] + changed + whole[index + 1 :]).problem


WRONG = [
    ("", "no token"),
    (" ", "no spaces"),
    (f"{FINE_GRAINED}\n", "no spaces"),
    (f" {FINE_GRAINED}", "no spaces"),
    (f"Bearer {FINE_GRAINED}", "no spaces"),
    (FINE_GRAINED[:-1], "92 characters"),
    (f"{FINE_GRAINED}x", "94 characters"),
    (FINE_GRAINED.replace("y", "-"), "characters that tokens do not have"),
    (f"ghp_{'x' * 35}", "39 characters"),
    (f"ghr_{'x' * 75}", "79 characters"),
    ("ghs_1_a.b", "characters"),
    ("github_pat_", "11 characters"),
    ("ghp_é", "accents"),
    ("x" * 5000, "too long"),
    ("https://github.com/settings/tokens", "address"),
    ("-----BEGIN-RSA-PRIVATE-KEY-----", "key"),
    ("glpat-xxxxxxxxxxxxxxxxxxxx", "GitLab"),
]


@pytest.mark.parametrize(("text", "words"), WRONG)
def test_what_was_pasted_wrongly_is_explained(text, words):
    assert words in recognise(text).problem
    assert len(text) < 2 or text not in recognise(text).problem


def test_a_token_of_ours_is_not_taken_for_one_of_github():
    assert "Keyhole" in recognise(mint().reveal()).problem


def test_every_kind_has_its_advice():
    assert set(ADVICE) == set(CredentialKind)
    assert [kind for kind, told in ADVICE.items() if not told.usable] == [CredentialKind.REFRESH]
    assert [kind for kind, told in ADVICE.items() if not told.advice] == [CredentialKind.FINE_GRAINED]
