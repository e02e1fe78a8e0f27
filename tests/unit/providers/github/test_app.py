"""GitHub Apps: signed as GitHub wants it, tokens no wider than asked for, kept until shortly before they end."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from keyhole.core.errors import InvalidInput
from keyhole.core.permissions import Level
from keyhole.core.request import OwnerKind
from keyhole.core.secret import Secret
from keyhole.providers.github.app import App
from keyhole.providers.github.problems import GitHubProblem, ProblemKind
from tests import canaries
from tests.unit.providers.github.kit import NOW, OUT, answer, github

pytestmark = pytest.mark.loopback

READ = {"contents": Level.READ}


def pem(key, form=serialization.PrivateFormat.TraditionalOpenSSL) -> str:
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def app(gh, key, **more):
    return App(gh.instance, "1234", Secret(pem(key)), OUT, clock=lambda: gh.now, **more)


def token(ends=NOW + 3600, **more):
    text = canaries.plant("installation token")
    at = datetime.fromtimestamp(ends, UTC).isoformat().replace("+00:00", "Z")
    return answer(
        201,
        {"token": text, "expires_at": at, "permissions": {"contents": "read", "metadata": "read"}, **more},
    )


def bearer(request: bytes) -> str:
    return request.partition(b"Authorization: Bearer ")[2].partition(b"\r\n")[0].decode()


def test_it_signs_as_github_wants(key):
    with github(answer(200, {"name": "Keyhole at Harbour"})) as gh:
        assert app(gh, key).describe() == "Keyhole at Harbour"
    signed = bearer(gh.server.requests[0])
    claims = jwt.decode(
        signed, key.public_key(), algorithms=["RS256"], options={"verify_exp": False, "verify_iat": False}
    )
    assert claims["iss"] == "1234"
    assert claims["iat"] < NOW
    assert NOW < claims["exp"] < NOW + 600, "GitHub takes ten minutes at most"


def test_installations(key):
    rows = [
        {
            "id": 5,
            "account": {"login": "harbour", "id": 9, "type": "Organization"},
            "repository_selection": "selected",
            "permissions": {"contents": "read"},
            "suspended_at": None,
        },
        {
            "id": 6,
            "account": {"login": "ada", "id": 1, "type": "User"},
            "repository_selection": "all",
            "suspended_at": "x",
        },
    ]
    with github(answer(200, rows)) as gh:
        first, second = app(gh, key).installations()
    assert (first.id, first.account_login, first.account_kind) == (5, "harbour", OwnerKind.ORGANIZATION)
    assert (first.all_repositories, first.suspended, dict(first.permissions)) == (
        False,
        False,
        {"contents": "read"},
    )
    assert (second.account_kind, second.all_repositories, second.suspended) == (OwnerKind.USER, True, True)
    with github(answer(200, [{"id": 5}])) as gh, pytest.raises(GitHubProblem):
        app(gh, key).installations()


def test_a_token_is_narrowed_kept_and_renewed(key):
    with github(token(repositories=[{"id": 7}]), token(NOW + 7200)) as gh:
        made = app(gh, key)
        first = made.installation_token(5, [7], READ)
        assert made.installation_token(5, {7}, dict(READ)) is first
        gh.now += 3600 - 301
        assert made.installation_token(5, [7], READ) is first
        gh.now += 2
        second = made.installation_token(5, [7], READ)
        assert second is not first
        made.forget(second)
        assert made.installation_token(5, [7], READ) is not second
    assert gh.asked == ["POST /app/installations/5/access_tokens"] * 3
    body = json.loads(gh.server.requests[0].partition(b"\r\n\r\n")[2])
    assert body == {"repository_ids": [7], "permissions": {"contents": "read"}}
    assert first.expires_at == datetime.fromtimestamp(NOW + 3600, UTC)
    assert first.secret.reveal() not in repr(first)


def test_different_wishes_share_no_token(key):
    with github(token()) as gh:
        made = app(gh, key)
        wishes = [(5, [], {}), (6, [], {}), (5, [], READ), (5, [], {"contents": Level.WRITE})]
        assert len({id(made.installation_token(*wish)) for wish in wishes}) == 4
    assert len(gh.asked) == 4


WIDER = [
    {"repositories": [{"id": 7}, {"id": 8}]},
    {"repositories": [{"id": 8}]},
    {"permissions": {"contents": "read", "administration": "write"}},
    {"permissions": {"contents": "write"}},
    {"permissions": {"contents": "read", "metadata": "write"}},
    {"repository_selection": "all"},
]


@pytest.mark.parametrize("more", WIDER)
def test_p21_a_token_that_may_more_than_was_asked_for_is_not_used(key, more):
    with github(token(**more)) as gh, pytest.raises(GitHubProblem, match="asked for"):
        app(gh, key).installation_token(5, [7], READ)


UNREADABLE = [
    {"token": None},
    {"token": ""},
    {"expires_at": None},
    {"expires_at": "soon"},
    {"expires_at": "2026-09-21T00:00:00"},
]


@pytest.mark.parametrize("more", UNREADABLE)
def test_a_token_in_another_form_is_not_used(key, more):
    with github(token(**more)) as gh, pytest.raises(GitHubProblem, match="form that is understood"):
        app(gh, key).installation_token(5)


def test_u1_making_a_token_is_never_repeated(key):
    with github(answer(502)) as gh:
        with pytest.raises(GitHubProblem) as problem:
            app(gh, key).installation_token(5)
        assert problem.value.kind is ProblemKind.DOWN
        assert len(gh.asked) == 1


def test_a_wrong_key_is_explained(key):
    with github(answer(401, {"message": "A JSON web token could not be decoded"})) as gh:
        with pytest.raises(GitHubProblem, match="App's signature") as problem:
            app(gh, key).describe()
        assert "clock" in problem.value.hint


def test_what_is_no_private_key_is_refused_without_showing_it(key):
    planted = canaries.plant("app key")
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    elliptic = pem(ec.generate_private_key(ec.SECP256R1()))
    broken = f"-----BEGIN RSA PRIVATE KEY-----\n{planted}\n-----END RSA PRIVATE KEY-----\n"
    with github(answer()) as gh:
        for text in ("", planted, broken, public.decode(), elliptic):
            with pytest.raises(InvalidInput, match="private key") as refused:
                App(gh.instance, "1", Secret(text), OUT)
            assert planted not in f"{refused.value} {refused.value.__context__}"
        for bad in ("", "a b", "../7", "é", "x" * 41):
            with pytest.raises(InvalidInput, match="id of a GitHub App"):
                App(gh.instance, bad, Secret(pem(key)), OUT)
        assert App(gh.instance, "Iv23liABCDEF", Secret(pem(key, serialization.PrivateFormat.PKCS8)), OUT)


def test_more_repositories_than_one_token_takes(key):
    with github(answer()) as gh, pytest.raises(InvalidInput, match="500"):
        app(gh, key).installation_token(5, range(1, 502))
    assert gh.asked == []
