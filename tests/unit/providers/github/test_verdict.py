"""Every failure that GitHub documents, told apart, each with what to do; its words never carry a token."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from keyhole.providers.github.instance import GITHUB_COM
from keyhole.providers.github.problems import EXPLAINED, GitHubProblem, ProblemKind, shown
from keyhole.providers.github.verdict import Answered, said_in, verdict
from keyhole.providers.outgoing import Headers
from tests import canaries

NOW = datetime(2026, 9, 21, 12, tzinfo=UTC)
K = ProblemKind

# Words: recorded from api.github.com or documented, unless a comment says otherwise.
CASES = [
    (401, "Bad credentials", {}, K.BAD_CREDENTIALS),
    (401, "Requires authentication", {}, K.BAD_CREDENTIALS),
    (401, "A JSON web token could not be decoded", {}, K.BAD_CREDENTIALS),
    (401, "'Expiration time' claim ('exp') is too far in the future", {}, K.BAD_CREDENTIALS),
    (403, "Resource not accessible by personal access token", {}, K.PERMISSION_MISSING),
    (403, "Resource not accessible by integration", {}, K.PERMISSION_MISSING),
    (403, "Resource not accessible by personal access token", {"x-ratelimit-remaining": "0"}, K.PERMISSION_MISSING),
    (404, "Not Found", {}, K.NOT_FOUND_OR_NOT_SELECTED),
    (403, "Must have admin rights to Repository.", {}, K.ROLE_MISSING),
    (403, "Must have admin rights to Repository.", {"x-ratelimit-remaining": "0"}, K.ROLE_MISSING),
    (403, "You must be an admin to do that", {}, K.ROLE_MISSING),  # reported
    (403, "API rate limit exceeded for user ID 1.", {"x-ratelimit-remaining": "0"}, K.RATE_LIMITED),
    (429, "", {"x-ratelimit-remaining": "0"}, K.RATE_LIMITED),
    (403, "You have exceeded a secondary rate limit.", {"retry-after": "30"}, K.SECONDARY_RATE_LIMITED),
    (403, "You have triggered an abuse detection mechanism.", {}, K.SECONDARY_RATE_LIMITED),
    (429, "", {}, K.SECONDARY_RATE_LIMITED),
    (403, "Maximum number of login attempts exceeded. Please try again later.", {}, K.SECONDARY_RATE_LIMITED),
    (403, "Resource protected by organization SAML enforcement.", {}, K.SSO_REQUIRED),
    (403, "", {"x-github-sso": "required; url=https://github.com/orgs/harbour/sso?x=1"}, K.SSO_REQUIRED),
    (404, "Not Found", {"x-github-sso": "required"}, K.SSO_REQUIRED),
    # Reported, not recorded:
    (403, "`harbour` forbids access via a personal access token (classic).", {}, K.POLICY),
    (403, "The 'harbour' organization forbids access via a fine-grained personal access tokens if ...", {}, K.POLICY),
    (403, "Although you appear ... the `harbour` organization has an IP allow list enabled", {}, K.POLICY),
    (301, "Moved Permanently", {"location": "https://api.github.com/repositories/7"}, K.MOVED),
    (307, "", {"location": "https://api.github.com/repositories/7/issues"}, K.MOVED),
    (302, "", {"location": "https://evil.example/"}, K.MOVED),
    (500, "Server Error", {}, K.DOWN),
    (502, "", {}, K.DOWN),
    (503, "", {}, K.DOWN),
    (504, "", {}, K.DOWN),
    (403, "Request forbidden by administrative rules.", {}, K.OTHER),
    (400, "Problems parsing JSON", {}, K.OTHER),
    (400, "API version not supported", {}, K.OTHER),
    (410, "Gone", {}, K.OTHER),
    (422, "Validation Failed", {}, K.OTHER),
    (451, "Repository access blocked", {}, K.OTHER),
    (418, "", {}, K.OTHER),
]  # fmt: skip


def judged(status, said, headers, expires_at=None) -> GitHubProblem:
    return verdict(Answered(status, Headers(list(headers.items())), said), GITHUB_COM, NOW, expires_at)


@pytest.mark.parametrize(("status", "said", "headers", "kind"), CASES)
def test_failures_are_told_apart(status, said, headers, kind):
    problem = judged(status, said, headers)
    assert problem.kind is kind
    assert problem.answered == status
    assert problem.message.endswith(".")
    assert problem.hint
    assert problem.status in (502, 503), "GitHub's 401 is not ours"
    assert problem.exit_code in (2, 4, 5)
    assert (problem.until is not None) == (kind in (K.RATE_LIMITED, K.SECONDARY_RATE_LIMITED))


def test_every_kind_is_met_and_explained():
    assert set(EXPLAINED) == set(K)
    met = {case[3] for case in CASES} | {judged(401, "", {}, NOW).kind}
    assert met == set(K) - {K.UNREACHABLE}


def test_what_is_passing_does_not_blame_the_credential():
    assert [kind for kind in K if GitHubProblem(kind).passing] == [
        K.RATE_LIMITED, K.SECONDARY_RATE_LIMITED, K.DOWN, K.UNREACHABLE,
    ]  # fmt: skip


@pytest.mark.parametrize(("days", "kind"), [(-1, K.EXPIRED), (0, K.EXPIRED), (1, K.BAD_CREDENTIALS)])
def test_expired_is_told_from_revoked_where_the_date_is_known(days, kind):
    assert judged(401, "Bad credentials", {}, NOW + timedelta(days=days)).kind is kind


def test_the_permissions_that_would_do_are_named():
    header = "contents=write; contents=write,workflows=write"
    problem = judged(
        403, "Resource not accessible by personal access token", {"X-Accepted-GitHub-Permissions": header}
    )
    assert problem.accepted == header
    assert "contents: write or contents: write and workflows: write" in problem.message
    for nonsense in ("<script>", "x" * 2000, ""):
        problem = judged(
            403, "Resource not accessible by integration", {"x-accepted-github-permissions": nonsense}
        )
        assert problem.accepted == ""


SSO_PAGES = [
    ("https://github.com/orgs/harbour/sso?authorization_request=abc", True),
    ("https://github.com.evil.example/", False),
    ("http://github.com/orgs/x/sso", False),
    ("javascript:alert(1)", False),
    ("https://github.com/a b", False),
    ("", False),
]


@pytest.mark.parametrize(("url", "offered"), SSO_PAGES)
def test_only_a_page_of_this_github_is_offered_for_single_sign_on(url, offered):
    assert judged(403, "", {"x-github-sso": f"required; url={url}"}).url == (url if offered else "")


def test_u4_a_move_out_of_the_api_leads_nowhere():
    for place in (
        "https://evil.example/repositories/7",
        "/repositories/7",
        "https://api.github.com.evil/x",
        "",
    ):
        assert judged(301, "", {"location": place}).to == ""
    assert judged(301, "", {"location": "https://api.github.com/repositories/7"}).to == "/repositories/7"


def test_u9_words_of_github_are_made_safe():
    token = canaries.watch("token in an answer", f"github_pat_{'Q' * 22}_{'R' * 59}")
    assert shown(f"no {token}\r\n\x1b[31m now") == "no *** [31m now"
    assert said_in({"message": token}) == "***"
    assert said_in({"message": ["x"]}) == said_in([1]) == said_in(None) == ""
    assert len(shown("x" * 9999)) == 300
