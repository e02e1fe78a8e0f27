"""Whose credential it is: by headers first, then by shape; expirations in both recorded forms."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from keyhole.core.github_credentials import CredentialKind as Kind
from keyhole.core.secret import Secret
from keyhole.core.token_text import checksum
from keyhole.providers.github.identity import EXPIRATION, expiration, identify, kind_of, scopes
from keyhole.providers.github.problems import GitHubProblem, ProblemKind
from keyhole.providers.outgoing import Headers
from tests.unit.providers.github.kit import TOKEN, answer, github

pytestmark = pytest.mark.loopback

BODY = "0" * 30
CLASSIC = f"ghp_{BODY}{checksum(BODY)}"
ADA = {"login": "ada", "id": 7, "name": "Ada Lovelace"}


def headers(**pairs):
    return Headers([(name.replace("_", "-"), value) for name, value in pairs.items()])


ACCEPTED = {"x_accepted_github_permissions": "allows_permissionless_access=true"}
KINDS = [
    (CLASSIC, {"x_oauth_scopes": "repo"}, Kind.CLASSIC),
    (CLASSIC, {"x_oauth_scopes": ""}, Kind.CLASSIC),
    ("0" * 40, {"x_oauth_scopes": "repo"}, Kind.CLASSIC),
    (TOKEN, {"x_oauth_scopes": "repo"}, Kind.CLASSIC),
    (CLASSIC, ACCEPTED, Kind.FINE_GRAINED),
    (TOKEN, {}, Kind.FINE_GRAINED),
    (TOKEN, ACCEPTED, Kind.FINE_GRAINED),
    ("whatever", ACCEPTED, Kind.FINE_GRAINED),
    ("whatever", {}, Kind.UNKNOWN),
    ("gho_x", {"x_oauth_scopes": "gist, repo"}, Kind.OAUTH),
    ("ghu_x", {"x_oauth_scopes": ""}, Kind.APP_USER),
    ("ghu_x", ACCEPTED, Kind.APP_USER),
    ("ghs_x", ACCEPTED, Kind.INSTALLATION),
]


@pytest.mark.parametrize(("text", "pairs", "kind"), KINDS)
def test_headers_tell_the_kind_better_than_the_prefix(text, pairs, kind):
    assert kind_of(Secret(text), headers(**pairs)) is kind


EXPIRATIONS = [
    ("2026-02-06 07:42:23 +0100", datetime(2026, 2, 6, 6, 42, 23, tzinfo=UTC)),
    ("2024-06-17 10:06:09 +0100", datetime(2024, 6, 17, 9, 6, 9, tzinfo=UTC)),
    ("2026-09-19 08:26:39 UTC", datetime(2026, 9, 19, 8, 26, 39, tzinfo=UTC)),
    ("2026-09-19 08:26:39 -0800", datetime(2026, 9, 19, 16, 26, 39, tzinfo=UTC)),
    ("", None),
    ("never", None),
    ("2026-13-19 08:26:39 UTC", None),
    ("2026-09-19 08:26:39", None),
    ("0001-01-01 00:00:00 +1200", None),
]


@pytest.mark.parametrize(("text", "at"), EXPIRATIONS)
def test_expirations_as_recorded(text, at):
    assert expiration(Headers([("GitHub-Authentication-Token-Expiration", text)])) == at
    assert expiration(Headers([])) is None


def test_scopes():
    assert scopes(headers(x_oauth_scopes="repo, workflow,")) == ("repo", "workflow")
    assert scopes(headers(x_oauth_scopes="")) == ()
    assert scopes(headers()) is None


def test_a_person():
    with github(answer(200, ADA, **{EXPIRATION: "2026-09-30 00:00:00 UTC"}, **ACCEPTED)) as gh:
        client = gh.client()
        found = identify(client)
    assert (found.login, found.id, found.name, found.kind) == ("ada", 7, "Ada Lovelace", Kind.FINE_GRAINED)
    assert found.expires_at == datetime(2026, 9, 30, tzinfo=UTC)
    assert client.expires_at == found.expires_at
    assert found.scopes is None


def test_an_installation_is_named_after_whose_repositories_it_reaches():
    refused = answer(403, {"message": "Resource not accessible by integration"})
    listed = answer(200, {"repositories": [{"owner": {"login": "harbour", "id": 9}}]})
    for rows, login in ((listed, "harbour"), (answer(200, {"repositories": []}), "")):
        with github(refused, rows) as gh:
            found = identify(gh.client("ghs_1_a.b.c"))
        assert (found.login, found.kind) == (login, Kind.INSTALLATION)


def test_an_expired_credential_is_told_from_a_revoked_one_when_the_date_is_known():
    refused = answer(401, {"message": "Bad credentials"})
    with github(answer(200, ADA, **{EXPIRATION: "2026-09-21 15:30:00 UTC"}), refused) as gh:
        client = gh.client()
        identify(client)
        with pytest.raises(GitHubProblem) as problem:
            identify(client)
        assert problem.value.kind is ProblemKind.BAD_CREDENTIALS
        gh.now += 86_400
        with pytest.raises(GitHubProblem, match="expired on 2026-09-21") as problem:
            identify(client)
        assert problem.value.kind is ProblemKind.EXPIRED


def test_an_answer_that_names_nobody_is_not_believed():
    with github(answer(200, {"login": None})) as gh, pytest.raises(GitHubProblem, match="did not tell whose"):
        identify(gh.client())
