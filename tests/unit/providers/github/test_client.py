"""U1, U4, U11: asking GitHub, by scripted servers: what is repeated, what is not, and when nothing is asked at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from keyhole.providers.github.client import GitHub, at
from keyhole.providers.github.problems import GitHubProblem, ProblemKind
from tests import canaries
from tests.unit.providers.github.kit import NOW, OUT, answer, github
from tests.unit.providers.http_kit import said

pytestmark = pytest.mark.loopback


def fails(client, *request):
    with pytest.raises(GitHubProblem) as problem:
        client.request(*(request or ("GET", "/user")))
    return problem.value


def test_a_request_says_who_asks_and_which_version_it_speaks():
    token = canaries.plant("client token")
    with github(answer(200, {"login": "ada"})) as gh:
        assert gh.client(token).get("/user").data == {"login": "ada"}
        assert gh.client(None).request("POST", "/x", body={"a": "é"}, query={"q": "a b"}).status == 200
    first, second = (request.decode() for request in gh.server.requests)
    assert f"Authorization: Bearer {token}\r\n" in first
    assert "X-GitHub-Api-Version: 2022-11-28\r\n" in first
    assert "User-Agent: Keyhole/" in first
    assert "Authorization" not in second
    assert second.startswith("POST /api/v3/x?q=a+b HTTP/1.1")
    assert second.endswith('{"a": "\\u00e9"}')
    assert token not in repr(vars(gh.client(token)))


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_u1_reads_are_repeated_a_few_times_with_growing_pauses(status):
    with github(answer(status), answer(status), answer(200, [])) as gh:
        assert gh.client().get("/x").data == []
    assert len(gh.slept) == 2
    assert 0.25 <= gh.slept[0] <= 0.75
    assert 0.5 <= gh.slept[1] <= 1.5
    with github(answer(status)) as gh:
        assert fails(gh.client()).kind is ProblemKind.DOWN
    assert len(gh.asked) == 3


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_u1_writes_are_never_repeated(method):
    broken = [answer(502), answer(429, {"message": "secondary rate limit"}, Retry_After="1"), b""]
    for text in broken:
        with github(text) as gh:
            assert fails(gh.client(), method, "/x").passing
        assert len(gh.asked) == 1
        assert gh.slept == []


def test_u2_a_broken_connection_is_tried_again_by_reads():
    with github(b"", answer(200, {})) as gh:
        assert gh.client().get("/x").data == {}
    with github(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{") as gh:
        problem = fails(gh.client())
    assert (problem.kind, problem.answered) == (ProblemKind.UNREACHABLE, 0)


AFTER = [
    ("3", 3), ("0", 0), ("60", 60), ("3600", 3600), ("99999999", 3600), ("-5", 60), ("soon", 60), ("", 60), ("1.5", 60),
    ("9" * 400, 60), ("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("Mon, 21 Sep 2026 14:41:40 GMT", 1700),
    ("Sat, 21 Oct 2036 07:28:00 GMT", 3600),
]  # fmt: skip


@pytest.mark.parametrize(("text", "seconds"), AFTER)
@pytest.mark.parametrize("status", [403, 429])
def test_u1_when_to_come_back_is_believed_within_bounds(status, text, seconds):
    limited = answer(status, {"message": "You have exceeded a secondary rate limit."}, Retry_After=text)
    with github(limited, answer(200, {})) as gh:
        if seconds <= 5:
            assert gh.client().get("/x").data == {}
            assert gh.slept == [max(float(seconds), 0.5)]
            return
        problem = fails(gh.client())
    assert problem.kind is ProblemKind.SECONDARY_RATE_LIMITED
    assert problem.until == datetime.fromtimestamp(NOW, UTC) + timedelta(seconds=seconds)
    assert gh.slept == []
    assert (problem.status, problem.exit_code) == (503, 4)


RESETS = [(NOW + 100, 100), (NOW - 100, 0), (NOW + 315_360_000, 3600), ("x", 60), ("", 60), ("9" * 15, 60)]


@pytest.mark.parametrize(("reset", "seconds"), RESETS)
def test_the_limit_is_used_up(reset, seconds):
    text = str(int(reset)) if isinstance(reset, float) else reset
    used = answer(
        403, {"message": "API rate limit exceeded for user ID 1."}, X_RateLimit_Limit="5000", X_RateLimit_Remaining="0",
        X_RateLimit_Reset=text,
    )  # fmt: skip
    with github(used, answer(200, {})) as gh:
        if not seconds:
            assert gh.client().get("/x").data == {}
            return
        problem = fails(gh.client())
    assert problem.kind is ProblemKind.RATE_LIMITED
    assert problem.until == datetime.fromtimestamp(NOW, UTC) + timedelta(seconds=seconds)


def limits(remaining, resource="core", limit=5000):
    return {
        "X_RateLimit_Limit": str(limit),
        "X_RateLimit_Remaining": str(remaining),
        "X_RateLimit_Reset": str(int(NOW) + 600),
        "X_RateLimit_Resource": resource,
    }


def test_u11_nothing_is_asked_when_only_the_reserve_is_left():
    with github(
        answer(200, {}, **limits(251)), answer(200, {}, **limits(250)), answer(200, {}, **limits(5000))
    ) as gh:
        client = gh.client()
        client.get("/a")
        client.get("/b")
        problem = fails(client)
        assert problem.kind is ProblemKind.RATE_LIMITED
        assert "250 are left" in problem.message
        assert len(gh.asked) == 2
        gh.now += 601
        client.get("/c")
        assert client.limits.budgets()["core"].remaining == 5000
        assert len(gh.asked) == 3


def test_u11_other_resources_have_limits_of_their_own_and_the_reserve_may_be_none():
    with github(answer(200, {}, **limits(0, "search", 30)), answer(200, {}, **limits(1))) as gh:
        client = gh.client(reserve=0)
        client.get("/search/code")
        client.get("/a")
        client.get("/b")
        assert fails(client, "GET", "/search/code").kind is ProblemKind.RATE_LIMITED
    assert len(gh.asked) == 3


def test_what_has_not_changed_costs_nothing():
    first = answer(200, {"n": 1}, ETag='W/"a"')
    with github(first, said(304, b""), answer(200, {"n": 2}, ETag='W/"b"')) as gh:
        client = gh.client()
        answers = [client.get("/x") for _ in range(3)]
        gh.client().get("/x")
    assert [(each.data, each.from_etag) for each in answers] == [
        ({"n": 1}, False),
        ({"n": 1}, True),
        ({"n": 2}, False),
    ]
    conditions = [b'If-None-Match: W/"a"' in request for request in gh.server.requests]
    assert conditions == [False, True, True, False], (
        "another client, perhaps another credential, shares nothing"
    )


def test_a_kept_answer_does_not_outlive_the_credential():
    with github(answer(200, {}, ETag='"a"'), answer(401, {"message": "Bad credentials"})) as gh:
        client = gh.client()
        client.get("/x")
        assert fails(client, "GET", "/x").kind is ProblemKind.BAD_CREDENTIALS


def test_lists_are_read_to_their_end():
    with github(
        answer(200, [1, 2], Link='<{url}/api/v3/x?page=2>; rel="next", <{url}/api/v3/x?page=3>; rel="last"'),
        answer(
            200,
            [3],
            Link='<{url}/api/v3/x?page=1>; rel="prev", <{url}/api/v3/repositories/7/x?page=3>; rel="next"',
        ),
        answer(200, [], Link='<{url}/api/v3/x?page=1>; rel="first"'),
    ) as gh:
        assert list(gh.client().pages("/x", query={"sort": "name"})) == [1, 2, 3]
    assert gh.asked == ["GET /x?per_page=100&sort=name", "GET /x?page=2", "GET /repositories/7/x?page=3"]


def test_u4_a_list_that_goes_on_elsewhere_is_not_followed():
    for place in (
        "https://evil.example/x",
        "{url}.evil.example/api/v3/x",
        "{url}/other",
        "//evil.example/",
        "/api/v3/x",
    ):
        with github(answer(200, [1], Link=f'<{place}>; rel="next"')) as gh, pytest.raises(GitHubProblem):
            list(gh.client().pages("/x"))
        assert len(gh.asked) == 1


def test_a_list_that_goes_round_in_circles_ends():
    with github(answer(200, [1], Link='<{url}/api/v3/x?page=2>; rel="next"')) as gh:
        assert list(gh.client().pages("/x")) == [1, 1]


def test_a_list_inside_of_an_object():
    with github(answer(200, {"total_count": 1, "repositories": [1]})) as gh:
        assert list(gh.client().pages("/installation/repositories", key="repositories")) == [1]
    with (
        github(answer(200, {"total_count": 1})) as gh,
        pytest.raises(GitHubProblem, match="not from its API"),
    ):
        list(gh.client().pages("/installation/repositories", key="repositories"))


def test_a_partial_list_is_noticed():
    with github(answer(200, [], X_GitHub_SSO="partial-results; organizations=21955855,20582480")) as gh:
        client = gh.client()
        list(client.pages("/user/repos"))
    assert client.hidden_by_sso == {"21955855", "20582480"}


@pytest.mark.parametrize(
    "body", [b"<html>Sign in</html>", b"{", b"[" * 100_000, b"\xff\xfe", b"\x1f\x8b\x08"]
)
def test_what_is_not_json_is_said_so(body):
    with github(said(200, body)) as gh:
        assert "not from its API" in fails(gh.client()).message


def test_a_refusal_is_an_answer_to_who_probes():
    missing = answer(
        403,
        {"message": "Resource not accessible by personal access token"},
        X_Accepted_GitHub_Permissions="issues=read",
    )
    with github(missing) as gh:
        found = gh.client().probe("POST", "/repos/a/b/issues", body={})
    assert (found.status, found.headers.get("x-accepted-github-permissions")) == (403, "issues=read")
    assert len(gh.asked) == 1
    with github(answer(503)) as gh, pytest.raises(GitHubProblem):
        gh.client().probe("GET", "/x")


def test_paths_are_built_from_whole_segments():
    assert at("repos", "a/b", "c d", 7, "é") == "/repos/a%2Fb/c%20d/7/%C3%A9"
    for bad in ("", ".", ".."):
        with pytest.raises(ValueError, match="segment"):
            at("repos", bad)
    with pytest.raises(ValueError, match="slash"):
        GitHub(None, None, OUT)._url("user", {})
