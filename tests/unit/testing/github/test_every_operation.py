"""Each documented operation, asked with everything a token can have: no crash, and GitHub's kind of answer."""

from __future__ import annotations

import pytest

from keyhole.core.permissions import vocabulary
from keyhole.testing.github.table import rules

pytestmark = pytest.mark.loopback
FILLED = {
    "owner": "harbour",
    "repo": "tide-api",
    "org": "harbour",
    "username": "alice",
    "template_owner": "harbour",
    "template_repo": "tide-api",
    "repo_name": "tide-api",
    "repo_owner": "harbour",
    "ref": "main",
    "branch": "main",
    "path": "README.md",
    "basehead": "main...main",
    "dir": "docs",
}


def path_of(rule, tide):
    path = rule.operation.path
    for name in rule.names:
        value = str(tide.id) if name == "repository_id" else FILLED.get(name, "4294967289")
        path = path.replace(f"{{{name}}}", value)
    return path


def everything(group):
    return {
        name: max(each.levels).word
        for name, each in vocabulary().permissions.items()
        if each.group.value in group
    }


def test_every_operation_answers_in_githubs_way(fine, tide, github, alice):
    of_the_organization = fine(**everything({"repository", "organization"}))
    of_alice = fine(owner="alice", **everything({"repository", "account"}))
    seen = {}
    gone = {"repos/delete", "orgs/delete"}
    for rule in sorted(rules().values(), key=lambda each: each.id in gone):
        path = rule.operation.path
        ask = (
            of_alice if path.startswith(("/user", "/gists")) and "{org}" not in path else of_the_organization
        )
        body = None if rule.operation.method == "GET" else {}
        status, headers, body = ask(rule.operation.method, path_of(rule, tide), body)
        assert status < 500, (rule.id, status, body)
        assert headers["x-keyhole-sandbox"] in {"recorded", "documented", "derived"}
        assert headers["x-github-request-id"]
        if status >= 400:
            assert body["message"], rule.id
            assert body["status"] == str(status), rule.id
        if rule.operation.standing.value == "unavailable":
            assert status in {401, 403, 404}, (rule.id, status)
        seen.setdefault(status, []).append(rule.id)
        github.meters.give_back_all()
    assert {200, 204, 403, 404, 422} <= set(seen)
    forbidden = [each for each in seen[403] if rules()[each].operation.standing.value == "permissioned"]
    assert not forbidden
