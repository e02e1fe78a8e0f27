"""Attacks on the REST surface, by their numbers in the list of bad inputs; each ends as that list says."""

from __future__ import annotations

import re

import pytest

from keyhole.audit.models import Entry
from keyhole.core.errors import MalformedRequest
from keyhole.core.grant import Access

HELLO, SECRET, ABSENT = "/repos/octo/hello", "/repos/octo/secret", "/repos/octo/absent"
READS = [
    "",
    "/branches",
    "/branches/main",
    "/tags",
    "/commits",
    "/commits/main",
    "/contents/README.md",
    "/contents",
    "/readme",
    "/git/ref/heads/main",
    "/git/matching-refs/heads",
    "/git/trees/main",
    "/tarball/main",
    "/zipball/main?download=1",
    "/compare/v1...main",
    "/languages",
    "/contributors",
    "/collaborators",
    "/topics",
    "/commits/main/status",
    "/commits/main/statuses",
    "/issues",
    "/actions/runs",
    "/pulls",
    "/releases",
]
WRITES = [
    ("PUT", "/contents/x", {"message": "m", "content": ""}),
    ("DELETE", "/contents/README.md", {}),
    ("POST", "/git/refs", {}),
    ("PATCH", "/git/refs/heads/main", {}),
    ("DELETE", "/git/refs/heads/main", None),
    ("POST", "/git/blobs", {}),
    ("POST", "/git/trees", {}),
    ("POST", "/git/commits", {}),
    ("POST", "/git/tags", {}),
    ("POST", "/statuses/" + "1" * 40, {}),
    ("POST", "/issues", {}),
    ("PATCH", "", {}),
    ("DELETE", "", None),
]


@pytest.fixture(scope="module")
def world(shared_world):
    return shared_world


@pytest.fixture(scope="module")
def everything(world):
    """A token that may do all it can in `octo/hello`."""
    return may_all(world)


def may_all(world):
    return world.token(
        "octo",
        "hello",
        contents="write",
        workflows="write",
        statuses="write",
        issues="write",
        pull_requests="write",
        actions="write",
        administration="write",
    )


def without_id(answer) -> tuple:
    headers = {name: value for name, value in answer.headers.items() if "explain" not in name}
    return answer.status, headers, re.sub(rb'"explain": ?"[^"]*"', b"", answer.raw)


@pytest.mark.parametrize("below", READS)
def test_P23_a_hidden_repository_is_like_an_absent_one_when_read(world, everything, below):
    hidden, absent = (world.ask(everything, "GET", place + below) for place in (SECRET, ABSENT))
    assert hidden.status == 404
    assert without_id(hidden) == without_id(absent)


@pytest.mark.parametrize(("method", "below", "body"), WRITES)
def test_P23_a_hidden_repository_is_like_an_absent_one_when_written(world, everything, method, below, body):
    hidden, absent = (world.ask(everything, method, place + below, body) for place in (SECRET, ABSENT))
    assert hidden.status == 404
    assert without_id(hidden) == without_id(absent)


def test_P23_hidden_and_absent_ids_are_alike(world, everything):
    number = world.repository("octo/secret").pk
    hidden = world.ask(everything, "GET", f"/repositories/{number}")
    assert hidden.status == 404
    for other in ("999999", "0", "9" * 18):
        assert without_id(hidden) == without_id(world.ask(everything, "GET", f"/repositories/{other}"))


@pytest.mark.parametrize(
    "basehead",
    [
        "other:main...main",
        "main...other:main",
        "other:open:main...main",
        "main...octo:secret:main",
        "octo:secret:main...octo:secret:main",
        "main...nobody:main",
        "main...octo:absent:main",
        "octo:secret:v1...main",
    ],
)
def test_A7_a_comparison_is_judged_for_every_repository_it_names(world, everything, basehead):
    answer = world.ask(everything, "GET", f"{HELLO}/compare/{basehead}")
    # `other/open` is public, so it may be known; but no permission of this token is about it.
    assert answer.status == (403 if "open" in basehead else 404)
    assert Entry.objects.latest("seq").outcome == "denied"


def test_A7_a_template_of_another_owner_is_judged(world, everything):
    answer = world.ask(everything, "POST", "/repos/octo/secret/generate", {})
    assert answer.status == 404


def test_A7_a_repository_named_by_number_below_an_organization_is_judged(world):
    token = world.token("octo", "hello", organization_secrets="write")
    path = "/orgs/octo/actions/secrets/X/repositories/"
    assert world.ask(token, "PUT", path + str(world.repository("octo/hello").pk)).status == 501
    for other in (world.repository("octo/secret").pk, 999_999, "x"):
        assert world.ask(token, "PUT", path + str(other)).status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/user/repos",
        "/user/repos?type=all&visibility=all&affiliation=owner,collaborator",
        "/orgs/octo/repos",
        "/users/octo/repos",
        "/repositories",
        "/repositories?since=0",
        "/user/repos?per_page=1&page=1",
        "/orgs/octo",
        "/users/octo",
        "/user",
    ],
)
def test_A9_lists_and_links_never_show_what_is_foreign(world, everything, path):
    answer = world.ask(everything, "GET", path)
    assert answer.status == 200
    assert b"secret" not in answer.raw
    assert "secret" not in answer.headers.get("link", "")
    if "octo" in path and not path.endswith("/repos"):
        assert b'"total_private_repos":2' not in answer.raw


@pytest.mark.parametrize(
    "path",
    [
        "//repos/octo/hello",
        "/repos//octo/hello",
        "/repos/octo/hello//",
        "/repos/octo/./hello",
        "/repos/octo/hello/../secret",
        "/repos/octo/hello/",
        "/repos/octo/hello/%2e%2e/secret",
        "/repos/octo/..%2fsecret",
        "/repos/octo%2fhello",
        "/repos/octo/hello/contents/%252e%252e",
        "/repos/octo/hello/contents/a%5cb",
        "/repos/octo/hello/contents/%00",
        "/repos/octo/hello/contents/%0d%0a",
        "/repos/octo/hello/contents/%zz",
        "/repos/octo/hello/contents/%c0%ae",
        "/repos/octo/hello/contents/a\\b",
        "/repos/octo/hello#x",
        "/repos/octo/hel%C4%B1o",
        "/repos/octo/%EF%BD%88ello",
        "/repos/octo/hello/branches/..%2Fmain",
        "/repos/octo/hello/git/ref/heads%2F..%2Fmain",
    ],
)
def test_N1_N2_N3_N4_paths_with_two_readings_are_refused_before_anything_is_looked_up(
    world, everything, path
):
    before = Entry.objects.count()
    with pytest.raises(MalformedRequest):
        world.ask(everything, "GET", path)
    assert Entry.objects.count() == before


@pytest.mark.parametrize(
    "name",
    [
        "hello.git",
        "hello.wiki",
        "hello.",
        ".git",
        "-hello",
        "hell",
        "hello2",
        "xhello",
        "hello-secret",
        "HELLO-",
        "h" * 101,
    ],
)
def test_N5_N6_only_the_whole_name_is_the_repository(world, everything, name):
    assert world.ask(everything, "GET", f"/repos/octo/{name}").status == 404


@pytest.mark.parametrize("owner", ["octo2", "oct", "xocto", "local", "admin"])
def test_N6_only_the_whole_owner_is_the_owner(world, everything, owner):
    assert world.ask(everything, "GET", f"/repos/{owner}/hello").status == 404


def test_P3_no_route_gives_the_content_to_a_token_without_contents(world):
    scratch = world.scratch["octo/hello"]
    canary = b"0123456789abcdef0123"
    blob = scratch.git("rev-parse", "main:big.txt")
    commit, tree = scratch.git("rev-parse", "main"), scratch.git("rev-parse", "main^{tree}")
    routes = [f"/contents/{path}" for path in ("big.txt", "big.txt?ref=main")] + [
        "/contents",
        f"/git/blobs/{blob}",
        f"/git/trees/{tree}",
        f"/git/trees/{tree}?recursive=1",
        f"/git/commits/{commit}",
        f"/commits/{commit}",
        "/commits",
        "/compare/v1...main",
        "/tarball/main",
        f"/tarball/{commit}?download=1",
        f"/zipball/{commit}?download=1",
        "/readme",
        "/git/ref/heads/main",
        "/git/matching-refs",
        "/branches",
        "/branches/main",
    ]
    number = world.repository("octo/hello").pk
    lacking = world.token(
        "octo",
        "hello",
        issues="write",
        pull_requests="write",
        statuses="write",
        actions="write",
        administration="write",
    )
    holding = world.token("octo", "hello", contents="read")
    for route in routes:
        for place in (HELLO, f"/repositories/{number}"):
            for accept in (
                "application/json",
                "application/vnd.github.raw",
                "application/vnd.github.diff",
                "application/vnd.github.patch",
            ):
                answer = world.ask(lacking, "GET", place + route, Accept=accept)
                assert (answer.status, canary in answer.raw) == (403, False), route
    raw = world.ask(holding, "GET", f"{HELLO}/git/blobs/{blob}", Accept="application/vnd.github.raw")
    assert canary in raw.raw


def test_A3_an_override_header_changes_nothing(world):
    token = world.token("octo", "hello", contents="write")
    answer = world.ask(token, "GET", f"{HELLO}/git/ref/heads/feature/one", X_HTTP_Method_Override="DELETE")
    assert answer.status == 200
    assert world.ask(token, "GET", f"{HELLO}/git/ref/heads/feature/one?_method=DELETE").status == 200


def test_A17_addresses_in_answers_are_ours_whatever_host_was_asked_for(world, everything):
    answer = world.ask(everything, "GET", HELLO, Host="evil.example", X_Forwarded_Host="evil.example")
    assert b"evil.example" not in answer.raw
    assert b"github.com" not in answer.raw


def test_public_access_reads_what_is_public_and_nothing_more(world):
    token = world.token("octo", access=Access.PUBLIC)
    assert world.ask(token, "GET", "/repos/other/open/contents/README.md").status == 200
    assert world.ask(token, "GET", "/repos/other/open/commits").status == 200
    assert world.ask(token, "GET", "/repos/other/open/collaborators").status == 403
    assert (
        world.ask(token, "PUT", "/repos/other/open/contents/x", {"message": "m", "content": ""}).status == 403
    )
    assert world.ask(token, "GET", HELLO).status == 404


def test_every_denial_can_be_explained(world):
    from keyhole.audit.explain import explain

    reader = world.token("octo", "hello", contents="read")
    answer = world.ask(reader, "PUT", f"{HELLO}/contents/x", {"message": "m", "content": ""})
    assert (answer.status, answer.json["message"]) == (
        403,
        "Resource not accessible by personal access token",
    )
    assert "contents" in explain(answer.json["explain"]).text()
    assert answer.json["documentation_url"].startswith("https://docs.github.com/rest/")
    assert answer.headers["x-accepted-github-permissions"] == "contents=write; contents=write,workflows=write"
