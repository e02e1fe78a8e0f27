"""What goes wrong on demand."""

from __future__ import annotations

import http.client
import json

import pytest

from tests.unit.testing.github.conftest import Client

pytestmark = pytest.mark.loopback


def test_a_status_for_some_requests_only(github, alice):
    github.faults.status(502, path="/users/", times=2)
    ask = Client(github)
    assert [ask("GET", path)[0] for path in ("/meta", "/users/alice", "/users/alice", "/users/alice")] == [
        200,
        502,
        502,
        200,
    ]


def test_limits(github):
    ask = Client(github)
    github.faults.rate_limit(resets_at=1_800_000_000)
    status, headers, body = ask("GET", "/meta")
    assert (status, headers["x-ratelimit-remaining"], headers["x-ratelimit-reset"]) == (
        403,
        "0",
        "1800000000",
    )
    assert "rate limit exceeded" in body["message"]
    github.faults.secondary_rate_limit(retry_after=30, status=429)
    status, headers, body = ask("GET", "/meta")
    assert (status, headers["retry-after"]) == (429, "30")
    assert "secondary rate limit" in body["message"]


def test_a_redirect_to_somewhere_else(github):
    github.faults.redirect("http://elsewhere.example/api/v3/meta")
    status, headers, _ = Client(github)("GET", "/meta")
    assert (status, headers["location"]) == (302, "http://elsewhere.example/api/v3/meta")


def test_broken_connections(github):
    github.faults.reset()
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        Client(github)("GET", "/meta")
    github.faults.truncate()
    with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
        Client(github)("GET", "/meta")
    assert [each.status for each in github.requests] == [0, 0]
    assert Client(github)("GET", "/meta")[0] == 200


def test_an_outage_lasts_until_it_is_over(github):
    github.faults.down()
    status, headers, body = Client(github)("GET", "/meta")
    assert (status, headers["content-type"]) == (503, "text/html")
    assert (
        Client(github)("GET", "/harbour/tide-api.git/info/refs?service=git-upload-pack", prefix="")[0] == 503
    )
    github.faults.clear()
    assert Client(github)("GET", "/meta")[0] == 200
    assert not isinstance(body, dict)


def test_a_stall_ends_with_the_ordinary_answer(github):
    github.faults.stall(0.01)
    assert Client(github)("GET", "/meta")[2]["keyhole_sandbox"] is True


def test_requests_are_on_record_without_their_credentials(github, fine, tide):
    ask = fine(contents="read")
    ask("GET", "/repos/harbour/tide-api?x=1")
    (found,) = github.requests
    assert found[:4] == ("GET", "/api/v3/repos/harbour/tide-api", 200, ask.token.id)
    assert (found.operation, found.query, found.changed) == ("repos/get", "x=1", False)
    assert ask.token.text not in json.dumps(found)
    assert ask.token.text not in repr(ask.token)
