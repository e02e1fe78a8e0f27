"""Requests that no good client sends: each gets an answer of the API, never a crash."""

from __future__ import annotations

import json

import pytest

from keyhole.testing.github.api import Api, Request
from keyhole.testing.github.table import rules
from tests.unit.testing.github.conftest import Client
from tests.unit.testing.github.test_every_operation import everything, path_of

pytestmark = pytest.mark.loopback
WRONG = [
    None,
    0,
    -1,
    True,
    "",
    "x",
    "../../etc",
    "\0",
    [],
    [None],
    {},
    {"a": {}},
    10**30,
    "é" * 300,
    [{"name": 1}],
]
MORE = ("name", "title", "labels", "sha", "ref", "branch", "author", "permissions", "repositories", "state", "tree",
        "parents", "body", "topics", "permission", "description", "content", "encoding")  # fmt: skip


def test_no_body_makes_the_sandbox_crash(fine, github, tide):
    token = fine(**everything({"repository", "organization"})).token
    api = Api(github.world, github.meters)
    headers = {"user-agent": "tests", "authorization": f"Bearer {token.text}"}
    writes = [
        each for each in rules().values() if each.operation.method != "GET" and each.id != "repos/delete"
    ]
    for rule in writes:
        for wrong in WRONG:
            body = dict.fromkeys((*rule.shape.required, *MORE), wrong)
            raw = json.dumps(body).encode()
            sent = api.answer(
                Request(rule.operation.method, path_of(rule, tide), "", headers, raw, "127.0.0.1", github.url)
            )
            assert sent.status < 500, (rule.id, body)
            github.meters.give_back_all()
    assert len(writes) > 500


@pytest.mark.parametrize(
    "case",
    [
        ("POST", "/repos/harbour/tide-api/issues", b"{", 400, "Problems parsing JSON"),
        ("POST", "/repos/harbour/tide-api/issues", b"[]", 400, "Body should be a JSON object"),
        ("GET", "/repos/harbour/tide-api/", None, 404, "Not Found"),
        ("PUT", "/repos/harbour/tide-api", None, 404, "Not Found"),
        ("GET", "/nothing/of/the/kind", None, 404, "Not Found"),
        ("GET", "/repositories/999999999999999999999999", None, 404, "Not Found"),
        ("GET", "/repos/harbour/tide-api/issues/%00", None, 404, "Not Found"),
        ("GET", "/repos/harbour/tide-api/contents/%2e%2e/x", None, 404, "Not Found"),
    ],
)
def test_what_is_no_request_is_said_so(fine, tide, case):
    method, path, body, status, message = case
    answer = fine(contents="write", issues="write")(method, path, body)
    assert (answer[0], answer[2]["message"]) == (status, message)


def test_a_name_is_found_whatever_its_case(fine, tide):
    assert fine(contents="read")("GET", "/repos/HARBOUR/Tide-API")[2]["full_name"] == "harbour/tide-api"


def test_head_is_get_without_a_body(fine, tide):
    ask = fine(contents="read")
    status, headers, body = ask("HEAD", "/repos/harbour/tide-api")
    assert (status, body) == (200, b"")
    assert headers["etag"] == ask("GET", "/repos/harbour/tide-api")[1]["etag"]
    assert ask("HEAD", "/repos/harbour/nothing")[0] == 404


def test_a_request_without_a_user_agent_is_refused(github, tide):
    status, _, body = Client(github)("GET", "/meta", User_Agent="")
    assert status == 403
    assert "User-Agent" in body["message"]


@pytest.mark.parametrize(
    ("version", "status"), [("2022-11-28", 200), ("2026-03-10", 200), ("2021-01-01", 400)]
)
def test_versions_of_the_api(github, version, status):
    answer = Client(github)("GET", "/meta", X_GitHub_Api_Version=version)
    assert answer[0] == status
    if status == 200:
        assert answer[1]["x-github-api-version-selected"] == version


def test_what_has_not_changed_is_not_sent_and_not_counted(fine, tide):
    ask = fine(contents="read")
    _, first, _ = ask("GET", "/repos/harbour/tide-api")
    status, second, body = ask("GET", "/repos/harbour/tide-api", If_None_Match=first["etag"])
    assert (status, body) == (304, b"")
    _, third, _ = ask("GET", "/repos/harbour/tide-api")
    assert int(third["x-ratelimit-used"]) == int(first["x-ratelimit-used"]) + 1
    assert second["x-github-request-id"]


def test_pages_are_cut_and_linked(fine, github, tide):
    ask = fine(issues="write")
    for number in range(5):
        ask("POST", "/repos/harbour/tide-api/issues", {"title": str(number)})
    status, headers, body = ask("GET", "/repos/harbour/tide-api/issues?per_page=2&page=2")
    assert [each["title"] for each in body] == ["2", "1"]
    links = dict(part.split("; ")[::-1] for part in headers["link"].split(", "))
    assert set(links) == {'rel="prev"', 'rel="next"', 'rel="last"', 'rel="first"'}
    following = links['rel="next"'].strip("<>").removeprefix(github.api_url)
    assert f"/repositories/{tide.id}/issues" in following
    assert [each["title"] for each in ask("GET", following)[2]] == ["0"]
    assert len(ask("GET", "/repos/harbour/tide-api/issues?per_page=1000")[2]) == 5
    assert status == 200


def test_graphql_is_not_there_and_says_so_as_an_api_does(github):
    status, headers, body = Client(github)("POST", "/graphql", {"query": "{viewer{login}}"}, prefix="/api")
    assert (status, body["message"]) == (404, "Not Found")
    assert headers["content-type"].startswith("application/json")
