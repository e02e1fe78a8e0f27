"""No permission is ever called granted that is not, none not granted that is, and GitHub is left as it was.

Every permission at every level, alone and as the only one that is left out, on private and public repositories, for
people who administer the repository and for people who do not.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keyhole.core.permissions import Group, vocabulary
from keyhole.inspector.report import Approval, Verdict
from keyhole.testing.github import GitHub
from tests.stories.inspecting import (
    NOT_PUBLISHED,
    all_but,
    levels_of,
    only,
    really_held,
    report_on,
    wrong_verdicts,
)

# Hundreds of checks in one test, each of about a hundred requests.
pytestmark = pytest.mark.timeout(1500)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A GitHub where alice owns an organization, and ben, carl and dora may do less and less there."""
    with GitHub(folder=tmp_path_factory.mktemp("sandbox")) as github:
        people = {name: github.add_user(name) for name in ("alice", "ben", "carl", "dora")}
        others = [people["ben"], people["carl"], people["dora"]]
        github.add_organization("harbour", owners=[people["alice"]], members=others)
        rights = {people["ben"]: "push", people["carl"]: "triage", people["dora"]: "pull"}
        for owner in ("harbour", "alice"):
            github.add_repository(f"{owner}/closed", private=True, collaborators=rights)
            github.add_repository(f"{owner}/open", private=False, collaborators=rights)
        github.people = people
        yield github


def token(world, permissions, *, who="alice", owner="alice", name="closed"):
    return world.add_fine_grained_token(
        world.people[who],
        owner=owner,
        repositories=[f"{owner}/{name}"] if name else "public",
        permissions=permissions,
        approved=True,
    )


def sets_of(group):
    for name, level in levels_of(group):
        yield only(name, level)
        yield all_but(group, name, level)


def check(world, permissions, **rest):
    world.advance(timedelta(hours=1))  # people's limits of requests are renewed
    one = token(world, permissions, **rest)
    report = report_on(world, one)
    assert wrong_verdicts(report, really_held(one)) == [], permissions
    return report


# Alice, who administers both, is in `test_how_much_is_proved`.
@pytest.mark.parametrize("who", ["ben", "dora"])
@pytest.mark.parametrize("name", ["closed", "open"])
def test_every_repository_permission_alone_and_left_out(world, who, name):
    for permissions in sets_of(Group.REPOSITORY):
        check(world, permissions, who=who, owner="harbour", name=name)


@pytest.mark.parametrize("name", ["open", ""])
def test_every_account_permission_alone_and_left_out(world, name):
    for permissions in sets_of(Group.ACCOUNT):
        check(world, permissions, name=name)


@pytest.mark.parametrize("who", ["alice", "carl"])
def test_every_organization_permission_alone_and_left_out(world, who):
    for permissions in sets_of(Group.ORGANIZATION):
        if set(permissions) <= _given_out():
            check(world, permissions, who=who, owner="harbour")


def _given_out():
    """Organization permissions that the sandbox's tokens can have: those whose names GitHub publishes."""
    return {each.name for each in vocabulary().permissions.values()} - NOT_PUBLISHED


GIVEN = st.dictionaries(
    st.sampled_from(levels_of(Group.REPOSITORY) + levels_of(Group.ACCOUNT)), st.just(1), max_size=25
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    GIVEN,
    st.sampled_from(["alice", "ben", "dora"]),
    st.sampled_from(["alice", "harbour"]),
    st.sampled_from(["closed", "open", ""]),
)
def test_random_grants(world, chosen, who, owner, name):
    owner = who if owner == "alice" and who != "alice" else owner
    name = "" if owner == who != "alice" else name
    check(world, {each: level.word for each, level in chosen}, who=who, owner=owner, name=name)


def decided(world, group, **rest):
    """How many levels are shown to be granted when they are, and not granted when they are not."""
    counted = Counter()
    for name, level in levels_of(group):
        shown = check(world, only(name, level), **rest).finding(name, level).verdict
        ruled_out = check(world, all_but(group, name, level), **rest).finding(name, level).verdict
        counted["granted"] += shown is Verdict.GRANTED
        counted["not granted"] += ruled_out is Verdict.NOT_GRANTED
    return dict(counted, of=len(levels_of(group)))


def test_how_much_is_proved(world):
    """The figures of docs/inspect.md are those of this run."""
    told = (Path(__file__).parents[2] / "docs/inspect.md").read_text()
    for row, figures in (
        ("repository permissions, private repository", decided(world, Group.REPOSITORY)),
        ("repository permissions, public repositories only", decided(world, Group.REPOSITORY, name="open")),
        ("account permissions", decided(world, Group.ACCOUNT)),
    ):
        counted = f"| {row} | {figures['granted']} | {figures['not granted']} | {figures['of']} |"
        assert counted in told, counted


def test_a_token_that_waits_for_approval_is_told_as_one_that_may(world):
    waiting = world.add_fine_grained_token(
        world.people["ben"], owner="harbour", repositories=["harbour/closed"], permissions={"contents": "read"},
        approved=False,
    )  # fmt: skip
    report = report_on(world, waiting)
    assert wrong_verdicts(report, {}) == []
    assert report.approval is Approval.UNKNOWN
    assert any("waiting for the approval" in each for each in report.advice)
