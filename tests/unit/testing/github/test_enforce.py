"""Visibility, then permission: the statuses and words of GitHub."""

from __future__ import annotations

import pytest

from tests.unit.testing.github.conftest import Client

pytestmark = pytest.mark.loopback


def test_a_token_may_what_it_was_given_and_is_told_what_it_lacks(fine, tide):
    ask = fine(contents="read")
    status, headers, body = ask("GET", "/repos/harbour/tide-api")
    assert (status, body["full_name"], body["private"]) == (200, "harbour/tide-api", True)
    assert headers["x-accepted-github-permissions"] == "metadata=read"
    status, headers, body = ask("GET", "/repos/harbour/tide-api/actions/secrets")
    assert status == 403
    assert body["message"] == "Resource not accessible by personal access token"
    assert body["status"] == "403"
    assert headers["x-accepted-github-permissions"] == "secrets=read"


def test_what_is_not_selected_is_as_if_it_were_not_there(fine, github, tide):
    github.add_repository("harbour/payroll", private=True)
    ask = fine(repositories=["harbour/tide-api"], contents="read")
    hidden = ask("GET", "/repos/harbour/payroll")
    absent = ask("GET", "/repos/harbour/nothing")
    assert hidden[0] == absent[0] == 404
    assert hidden[2] == absent[2]


def test_a_public_repository_outside_the_selection_is_read_but_not_more(fine, github, tide):
    github.add_repository("harbour/site", private=False)
    ask = fine(repositories=["harbour/tide-api"], contents="write", metadata="read")
    assert ask("GET", "/repos/harbour/site")[0] == 200
    assert ask("GET", "/repos/harbour/site/collaborators")[0] == 403


def test_bad_credentials_look_the_same(github, fine, tide):
    for each in ("nonsense", "github_pat_11A_x"):
        status, _, body = Client(github, each)("GET", "/user")
        assert (status, body["message"]) == (401, "Bad credentials")
    ask = fine(contents="read")
    github.revoke(ask.token)
    assert ask("GET", "/user")[2] == body


def test_nothing_is_counted_as_a_change_that_was_refused(fine, github, tide):
    ask = fine(contents="read", issues="write")
    assert ask("POST", "/repos/harbour/tide-api/issues", {})[0] == 422
    assert ask("DELETE", "/repos/harbour/tide-api")[0] == 403
    assert github.changes == 0
    assert ask("POST", "/repos/harbour/tide-api/issues", {"title": "x"})[0] == 201
    assert github.changes == 1
