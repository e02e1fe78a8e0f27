"""Leaked credentials are handed in without authentication, once, and only those that can be revoked so."""

from __future__ import annotations

import json

import pytest

from keyhole.core.errors import InvalidInput
from keyhole.core.secret import Secret
from keyhole.core.token_text import checksum
from keyhole.providers.github import revocation
from keyhole.providers.github.problems import GitHubProblem
from keyhole.providers.github.revocation import revoke_installation_token, revoke_leaked
from tests.unit.providers.github.kit import OUT, TOKEN, answer, github
from tests.unit.providers.http_kit import said

pytestmark = pytest.mark.loopback

CLASSIC = f"ghp_{'1' * 30}{checksum('1' * 30)}"


def test_they_are_handed_in_by_nobody(monkeypatch):
    monkeypatch.setattr(revocation, "MOST_AT_ONCE", 2)
    with github(said(202, b"")) as gh:
        assert revoke_leaked(OUT, gh.instance, [Secret(TOKEN), Secret(CLASSIC), Secret(TOKEN)]) == 3
    assert gh.asked == ["POST /credentials/revoke"] * 2
    assert json.loads(gh.server.requests[0].partition(b"\r\n\r\n")[2]) == {"credentials": [TOKEN, CLASSIC]}
    assert b"authorization" not in b"".join(gh.server.requests).lower()


@pytest.mark.parametrize("text", ["ghs_1_a.b.c", f"ghs_{'1' * 36}", "khp_x", "password", ""])
def test_what_cannot_be_revoked_so_is_not_sent(text):
    with github(said(202, b"")) as gh:
        with pytest.raises(InvalidInput):
            revoke_leaked(OUT, gh.instance, [Secret(TOKEN), Secret(text)])
        assert gh.asked == []


def test_a_refusal_is_said_and_not_repeated():
    with github(answer(503)) as gh:
        with pytest.raises(GitHubProblem):
            revoke_leaked(OUT, gh.instance, [Secret(TOKEN)])
        assert len(gh.asked) == 1


def test_an_older_enterprise_server_that_cannot_says_so():
    with github(answer(404, {"message": "Not Found"})) as gh:
        with pytest.raises(GitHubProblem, match="does not revoke credentials") as problem:
            revoke_leaked(OUT, gh.instance, [Secret(TOKEN)])
        assert "delete them" in problem.value.hint


def test_an_installation_token_ends_itself():
    with github(said(204, b"")) as gh:
        revoke_installation_token(gh.client("ghs_1_a.b.c"))
    assert gh.asked == ["DELETE /installation/token"]
    assert b"Authorization: Bearer ghs_1_a.b.c" in gh.server.requests[0]
