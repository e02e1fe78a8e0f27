"""What organizations decide about tokens, and what happens to tokens that they block, deny, or that are leaked."""

from __future__ import annotations

from datetime import timedelta

import jwt
import pytest

from keyhole.testing.github import Policy
from tests import canaries
from tests.unit.testing.github.conftest import Client

pytestmark = pytest.mark.loopback
TIDE = "/repos/harbour/tide-api"


@pytest.fixture
def bob(github, harbour):
    bob = github.add_user("bob")
    harbour.members[bob.id] = "member"
    return bob


def test_a_members_token_waits_and_reads_only_what_is_public(github, fine, tide, bob):
    github.add_repository("harbour/site", private=False)
    ask = fine(user=bob, contents="read")
    assert ask("GET", TIDE)[0] == 404
    assert ask("GET", "/repos/harbour/site")[0] == 200
    app = github.add_app(
        "approver",
        owner=bob,
        permissions={
            "organization_personal_access_token_requests": "write",
            "organization_personal_access_tokens": "write",
        },
    )
    github.add_installation(app, github.world.account("harbour"))
    by_app = Client(github, _installation_token(github, app))
    (request,) = by_app("GET", "/orgs/harbour/personal-access-token-requests")[2]
    assert request["owner"]["login"] == "bob"
    assert request["permissions"] == {"repository": {"metadata": "read", "contents": "read"}}
    status, _, _ = by_app(
        "POST", f"/orgs/harbour/personal-access-token-requests/{request['id']}", {"action": "approve"}
    )
    assert (status, ask("GET", TIDE)[0]) == (204, 200)
    status, _, _ = by_app(
        "POST", "/orgs/harbour/personal-access-tokens", {"action": "revoke", "pat_ids": [request["id"]]}
    )
    assert (status, ask("GET", TIDE)[0]) == (202, 404)
    assert fine(contents="read")("GET", "/orgs/harbour/personal-access-tokens")[0] == 403, "apps only"


def _installation_token(github, app, **body):
    now = int(github.world.now().timestamp())
    signed = jwt.encode({"iss": str(app.id), "iat": now - 30, "exp": now + 300}, app.private_key, "RS256")
    by_app = Client(github, signed)
    (where,) = by_app("GET", "/app/installations")[2]
    status, _, made = by_app("POST", f"/app/installations/{where['id']}/access_tokens", body)
    assert status == 201, made
    return canaries.watch("installation", made["token"])


def test_a_token_that_lives_too_long_is_told_whose_rule_it_breaks(github, fine, harbour, tide):
    ask = fine(contents="read")
    harbour.policy.most_days = 7
    status, _, body = ask("GET", TIDE)
    assert status == 403
    assert "harbour" in body["message"]
    assert "7 days" in body["message"]
    assert ask("GET", "/user")[0] == 200


def test_an_organization_can_do_without_classic_tokens(github, alice, harbour, tide):
    token = github.add_classic_token(alice, scopes=["repo"])
    ask = Client(github, token)
    assert ask("GET", TIDE)[0] == 200
    harbour.policy.classic = False
    status, _, body = ask("GET", TIDE)
    assert status == 403
    assert "forbids access via a personal access token (classic)" in body["message"]


def test_single_sign_on_stops_classic_tokens_and_says_so(github, alice, fine, tide):
    organization = github.add_organization("vault", owners=[alice], policy=Policy(sso=True))
    github.add_repository("vault/gold", private=True)
    ask = Client(github, github.add_classic_token(alice, scopes=["repo", "read:org"]))
    status, headers, _ = ask("GET", "/repos/vault/gold")
    assert status == 403
    assert headers["x-github-sso"].startswith("required; url=http")
    status, headers, body = ask("GET", "/user/repos")
    assert [each["full_name"] for each in body] == ["harbour/tide-api"]
    assert headers["x-github-sso"] == f"partial-results; organizations={organization.id}"
    authorized = github.add_classic_token(alice, scopes=["repo"], sso=[organization])
    assert Client(github, authorized)("GET", "/repos/vault/gold")[0] == 200
    assert fine(owner="vault", contents="read")("GET", "/repos/vault/gold")[0] == 200


def test_a_classic_token_reaches_what_its_scopes_and_its_person_do(github, alice, tide):
    narrow = Client(github, github.add_classic_token(alice, scopes=["public_repo"]))
    assert narrow("GET", TIDE)[0] == 404
    status, headers, _ = Client(github, github.add_classic_token(alice, scopes=["repo", "gist"]))("GET", TIDE)
    assert (status, headers["x-oauth-scopes"], headers["x-accepted-oauth-scopes"]) == (
        200,
        "repo, gist",
        "repo",
    )
    assert "x-accepted-github-permissions" not in headers


def test_the_role_of_the_person_is_another_refusal(github, tide, fine, bob):
    github.world.organization("harbour").policy.approval = False
    ask = fine(user=bob, administration="write", contents="write")
    status, _, body = ask("PATCH", TIDE, {"description": "mine"})
    assert (status, body["message"]) == (403, "Must have admin rights to Repository.")
    status, _, body = ask("PUT", f"{TIDE}/contents/x", {"message": "m", "content": "eA=="})
    assert (status, body["message"]) == (403, "Must have push access to repository")


def test_tokens_end_when_their_time_is_over(github, fine, tide):
    ask = fine(contents="read")
    status, headers, _ = ask("GET", "/user")
    assert (
        headers["github-authentication-token-expiration"] == f"{ask.token.expires_at:%Y-%m-%d %H:%M:%S} UTC"
    )
    ask.token.expiry_zone = "+0100"
    assert ask("GET", "/user")[1]["github-authentication-token-expiration"].endswith(" +0100")
    github.advance(timedelta(days=31))
    assert (status, ask("GET", "/user")[0]) == (200, 401)


def test_an_installations_token_is_narrowed_and_lives_an_hour(github, alice, harbour, tide):
    github.add_repository("harbour/payroll")
    app = github.add_app(
        "bot", owner=alice, permissions={"issues": "write", "contents": "read"}, stateless_tokens=True
    )
    github.add_installation(app, harbour)
    text = _installation_token(github, app, repository_ids=[tide.id], permissions={"issues": "read"})
    assert text.startswith(f"ghs_{app.id}_")
    assert text.count(".") == 2
    ask = Client(github, text)
    assert ask("GET", f"{TIDE}/issues")[0] == 200
    refused = ask("POST", f"{TIDE}/issues", {"title": "x"})
    assert refused[2]["message"] == "Resource not accessible by integration"
    assert ask("GET", "/repos/harbour/payroll")[0] == 404
    assert [each["id"] for each in ask("GET", "/installation/repositories")[2]["repositories"]] == [tide.id]
    assert ask("GET", "/user")[0] == 403
    github.advance(timedelta(minutes=61))
    assert ask("GET", f"{TIDE}/issues")[0] == 401
    second = Client(github, _installation_token(github, app))
    assert second("DELETE", "/installation/token")[0] == 204
    assert second("GET", f"{TIDE}/issues")[0] == 401


@pytest.mark.parametrize(
    "claims",
    [{"exp": -1}, {"exp": 3600}, {"iss": "999999"}, {"iat": 600}, {"exp": None}],
    ids=str,
)
def test_a_signature_that_proves_nothing_is_refused(github, alice, claims):
    app = github.add_app("bot", owner=alice, permissions={"issues": "read"})
    now = int(github.world.now().timestamp())
    given = {"iss": str(app.id), "iat": now, "exp": now + 300}
    given |= {
        name: value if name == "iss" or value is None else now + value for name, value in claims.items()
    }
    signed = jwt.encode(
        {name: value for name, value in given.items() if value is not None}, app.private_key, "RS256"
    )
    assert Client(github, signed)("GET", "/app")[0] == 401
    other = github.add_app("other", owner=alice, permissions={})
    forged = jwt.encode({"iss": str(app.id), "iat": now, "exp": now + 300}, other.private_key, "RS256")
    assert Client(github, forged)("GET", "/app")[0] == 401


def test_anybody_ends_leaked_tokens_and_learns_nothing(github, fine, alice, tide):
    leaked, classic = fine(contents="read"), github.add_classic_token(alice)
    kept = fine(contents="read")
    anybody = Client(github)
    assert kept("POST", "/credentials/revoke", {"credentials": [leaked.token.text]})[0] == 403
    known = anybody("POST", "/credentials/revoke", {"credentials": [leaked.token.text, classic.text]})
    unknown = anybody("POST", "/credentials/revoke", {"credentials": ["github_pat_nobodys"]})
    assert (known[0], unknown[0]) == (202, 202)
    assert known[2] == unknown[2]
    assert (leaked("GET", "/user")[0], kept("GET", "/user")[0]) == (401, 200)
    assert anybody("POST", "/credentials/revoke", {"credentials": []})[0] == 422
    assert github.changes == 1
    for _ in range(60):
        status, headers, _ = anybody("POST", "/credentials/revoke", {"credentials": ["ghp_x"]})
    assert (status, headers["x-ratelimit-remaining"]) == (403, "0")


def test_a_renamed_repository_is_found_by_its_old_name(github, fine, tide):
    ask = fine(contents="read", administration="write")
    github.rename(tide, "harbour/tides")
    status, headers, body = ask("GET", f"{TIDE}/commits?per_page=1")
    place = f"{github.api_url}/repositories/{tide.id}/commits?per_page=1"
    assert (status, headers["location"], body["url"]) == (301, place, place)
    assert ask("PATCH", TIDE, {"description": "x"})[0] == 307
    assert ask("GET", place.removeprefix(github.api_url))[0] == 200
    assert Client(github)("GET", TIDE)[0] == 404
    github.add_repository("harbour/tide-api")
    assert ask("GET", TIDE)[2]["id"] != tide.id
    assert github.changes == 0


def test_a_persons_requests_are_counted_over_all_their_tokens(github, fine, alice, tide):
    github.meters.per_person = 2
    fine(contents="read")("GET", "/user")
    status, headers, _ = fine(contents="read")("GET", "/user")
    assert (status, headers["x-ratelimit-remaining"]) == (200, "0")
    status, headers, body = fine(contents="read")("GET", "/user")
    assert status == 403
    assert body["message"].startswith("API rate limit exceeded")
    assert fine(contents="read")("GET", "/rate_limit")[2]["resources"]["core"]["remaining"] == 0
    github.advance(timedelta(hours=1, seconds=1))
    assert fine(contents="read")("GET", "/user")[0] == 200


def test_lists_are_of_the_person_not_of_the_token(github, fine, alice, tide):
    github.add_repository("alice/notes", private=True)
    github.add_repository("alice/blog", private=False)
    ask = fine(owner="alice", repositories=["alice/blog"], contents="read")
    names = [each["full_name"] for each in ask("GET", "/user/repos")[2]]
    assert names == ["alice/blog", "alice/notes"], "one's own outside the selection appears, too"
    assert ask("GET", "/repos/alice/notes")[0] == 404
    assert ask("GET", "/user/orgs")[2] == []
