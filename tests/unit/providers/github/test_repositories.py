"""Repositories by their number; renames and transfers followed; nonsense not believed."""

from __future__ import annotations

import pytest

from keyhole.core.request import OwnerKind
from keyhole.providers.github.problems import GitHubProblem, ProblemKind
from keyhole.providers.github.repositories import by_id, by_name, reachable
from tests.unit.providers.github.kit import answer, github

pytestmark = pytest.mark.loopback


def row(number=7, name="tide-api", **more):
    return {
        "id": number,
        "name": name,
        "owner": {"login": "harbour", "id": 9, "type": "Organization"},
        "private": True,
        "archived": False,
        "default_branch": "main",
        "permissions": {"admin": False, "push": True, "pull": True},
        **more,
    }


def test_what_a_person_sees_page_by_page_and_each_once():
    pages = [
        answer(
            200, [row(), row(8, "buoy", private=False)], Link='<{url}/api/v3/user/repos?page=2>; rel="next"'
        ),
        answer(
            200, [row(), row(9, "pier", owner={"login": "ada", "id": 1, "type": "User"}, default_branch=None)]
        ),
    ]
    with github(*pages) as gh:
        found = list(reachable(gh.client()))
    assert [(each.id, each.full_name, each.private) for each in found] == [
        (7, "harbour/tide-api", True),
        (8, "harbour/buoy", False),
        (9, "ada/pier", True),
    ]
    assert found[0].owner_kind is OwnerKind.ORGANIZATION
    assert (found[2].owner_kind, found[2].default_branch) == (OwnerKind.USER, "")
    assert found[0].permissions == {"admin": False, "push": True, "pull": True}
    assert gh.asked == ["GET /user/repos?per_page=100", "GET /user/repos?page=2"]


def test_what_an_installation_reaches():
    listed = answer(200, {"total_count": 1, "repositories": [row()]})
    with github(listed) as gh:
        assert [each.id for each in reachable(gh.client("ghs_1_a.b.c"))] == [7]
    assert gh.asked == ["GET /installation/repositories?per_page=100"]
    with github(answer(403, {"message": "Resource not accessible by integration"}), listed) as gh:
        assert [each.id for each in reachable(gh.client("v1.0123456789"))] == [7]
    with github(answer(403, {"message": "Resource not accessible by personal access token"})) as gh:
        with pytest.raises(GitHubProblem):
            list(reachable(gh.client()))
        assert len(gh.asked) == 1


def test_n7_a_renamed_repository_is_found_by_its_number():
    moved = answer(301, {"message": "Moved Permanently"}, Location="{url}/api/v3/repositories/7")
    with github(moved, answer(200, row(name="new-name"))) as gh:
        assert by_name(gh.client(), "harbour", "old-name").name == "new-name"
    assert gh.asked == ["GET /repos/harbour/old-name", "GET /repositories/7"]


@pytest.mark.parametrize(
    "place",
    ["https://evil.example/repositories/7", "{url}/api/v3/repos/x/y", "{url}/api/v3/repositories/7/../8", ""],
)
def test_u4_a_move_to_anything_but_a_number_is_not_followed(place):
    with github(answer(301, {}, Location=place), answer(200, row())) as gh:
        with pytest.raises(GitHubProblem) as problem:
            by_name(gh.client(), "harbour", "x")
        assert problem.value.kind is ProblemKind.MOVED
        assert len(gh.asked) == 1


def test_one_by_its_number():
    with github(answer(200, row())) as gh:
        assert by_id(gh.client(), 7).full_name == "harbour/tide-api"
    assert gh.asked == ["GET /repositories/7"]


NONSENSE = [
    None,
    [],
    "x",
    {},
    row(None),
    row("7"),
    row(True),
    row(-1),
    row(name=""),
    row(name=".."),
    row(name="a/b"),
    row(name="a\nb"),
    row(name="x" * 101),
    row(owner=None),
    row(owner={"login": "x"}),
    row(owner={"login": "a/b", "id": 1}),
    row(permissions=[1]),
]


@pytest.mark.parametrize("told", NONSENSE)
def test_what_is_no_repository_is_not_believed(told):
    with github(answer(200, [told])) as gh, pytest.raises(GitHubProblem, match="not understood"):
        list(reachable(gh.client()))


def test_what_does_not_say_that_it_is_public_counts_as_private():
    for value in (None, "false", 0):
        with github(answer(200, row(private=value))) as gh:
            assert by_id(gh.client(), 7).private
