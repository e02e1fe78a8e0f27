"""The read-only probes that a token can be examined with: authorization comes first, then validation."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.loopback
NOBODY = "4294967289"
HERE = "/repos/harbour/tide-api"
PROBES = [
    ("administration", "read", "GET", "/actions/permissions", None, {200}),
    ("administration", "write", "GET", "/interaction-limits/pulls/creation-cap", None, {200}),
    ("contents", "read", "GET", "/commits", None, {200}),
    ("contents", "write", "DELETE", "/git/refs/heads/nothing-of-the-kind", None, {422}),
    ("issues", "read", "GET", "/issues", None, {200}),
    ("issues", "write", "POST", "/issues", {}, {422}),
    ("pull_requests", "read", "GET", "/pulls/comments", None, {200}),
    ("pull_requests", "write", "POST", "/pulls", {}, {422}),
    ("actions", "read", "GET", "/actions/artifacts", None, {200}),
    ("actions", "write", "POST", "/actions/workflows/none.yml/dispatches", {"ref": "main"}, {404}),
    ("statuses", "write", "POST", "/statuses/" + "f" * 40, {"state": "success"}, {422}),
    ("deployments", "read", "GET", "/deployments", None, {200}),
    ("deployments", "write", "POST", "/deployments", {}, {422}),
    ("environments", "write", "PATCH", "/environments/none/variables/NONE", {}, {404, 422}),
    ("pages", "write", "POST", f"/pages/deployments/{NOBODY}/cancel", None, {404}),
    ("secrets", "read", "GET", "/actions/secrets", None, {200}),
    ("secrets", "write", "PUT", "/actions/secrets/NONE", {}, {422}),
    ("actions_variables", "read", "GET", "/actions/variables", None, {200}),
    ("actions_variables", "write", "PATCH", "/actions/variables/NONE", {}, {404, 422}),
    ("dependabot_secrets", "read", "GET", "/dependabot/secrets", None, {200}),
    ("dependabot_secrets", "write", "PUT", "/dependabot/secrets/NONE", {}, {422}),
    ("codespaces_secrets", "write", "GET", "/codespaces/secrets", None, {200}),
    ("security_events", "write", "PATCH", f"/code-scanning/alerts/{NOBODY}", {}, {404, 422}),
    ("vulnerability_alerts", "read", "GET", "/dependabot/alerts", None, {200}),
    ("vulnerability_alerts", "write", "PATCH", f"/dependabot/alerts/{NOBODY}", {}, {404, 422}),
    ("secret_scanning_alerts", "read", "GET", "/secret-scanning/alerts", None, {200}),
    ("secret_scanning_alerts", "write", "PATCH", f"/secret-scanning/alerts/{NOBODY}", {}, {404, 422}),
    ("repository_advisories", "read", "GET", "/security-advisories", None, {200}),
    ("repository_advisories", "write", "POST", "/security-advisories", {}, {422}),
    ("repository_hooks", "read", "GET", "/hooks", None, {200}),
    ("repository_hooks", "write", "PATCH", f"/hooks/{NOBODY}", {}, {404}),
    ("codespaces", "read", "GET", "/codespaces", None, {200}),
    ("codespaces_metadata", "read", "GET", "/codespaces/machines", None, {200}),
    ("codespaces", "write", "GET", "/codespaces/permissions_check", None, {200, 422}),
]
ACCOUNT = [
    ("blocking", "write", "PUT", "/user/blocks/nobody-of-the-kind", None, {404}),
    ("emails", "read", "GET", "/user/emails", None, {200}),
    ("emails", "write", "POST", "/user/emails", {}, {422}),
    ("gpg_keys", "write", "POST", "/user/gpg_keys", {}, {422}),
    ("keys", "write", "POST", "/user/keys", {}, {422}),
    ("git_signing_ssh_public_keys", "write", "POST", "/user/ssh_signing_keys", {}, {422}),
    ("interaction_limits", "write", "PUT", "/user/interaction-limits", {}, {422}),
    ("followers", "read", "GET", "/user/followers", None, {200}),
    ("gists", "write", "POST", "/gists", {}, {422}),
    ("profile", "write", "POST", "/user/social_accounts", {}, {422}),
    ("plan", "read", "GET", "/users/alice/settings/billing/usage", None, {200}),
]


@pytest.mark.parametrize("probe", PROBES, ids=lambda each: f"{each[0]}-{each[1]}")
def test_a_probe_in_a_repository(fine, tide, github, probe):
    permission, level, method, path, body, expected = probe
    status, _, answer = fine(**{permission: level})(method, HERE + path, body)
    assert status in expected, answer
    status, headers, answer = fine(metadata="read")(method, HERE + path, body)
    assert (status, answer["message"]) == (403, "Resource not accessible by personal access token")
    assert f"{permission}={level}" in headers["x-accepted-github-permissions"]
    assert github.changes == 0


@pytest.mark.parametrize("probe", ACCOUNT, ids=lambda each: f"{each[0]}-{each[1]}")
def test_a_probe_of_the_account(fine, github, probe):
    permission, level, method, path, body, expected = probe
    status, _, answer = fine(owner="alice", **{permission: level})(method, path, body)
    assert status in expected, answer
    status, headers, answer = fine(owner="alice")(method, path, body)
    assert (status, answer["message"]) == (403, "Resource not accessible by personal access token")
    assert f"{permission}={level}" in headers["x-accepted-github-permissions"]
    assert github.changes == 0
