"""The table: what is in it, how often, and that nothing in it is ambiguous."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from keyhole.core.permissions import (
    GIT_ANNOUNCE_PUSH,
    GIT_FETCH,
    GIT_PUSH,
    Group,
    Level,
    Operation,
    Standing,
    vocabulary,
)


def test_every_documented_operation_is_classified():
    operations = vocabulary().operations
    assert len(operations) == 1221
    assert Counter(operation.standing for operation in operations) == {
        Standing.PERMISSIONED: 952,
        Standing.PERMISSIONLESS: 71,
        Standing.UNAVAILABLE: 184,
        Standing.UNLISTED: 14,
    }


def test_no_operation_is_told_twice():
    operations = vocabulary().operations
    assert len({operation.id for operation in operations}) == len(operations)
    shapes = Counter((each.method, re.sub(r"\{[^}]*\}", "{}", each.path)) for each in operations)
    assert [shape for shape, count in shapes.items() if count > 1] == []


def test_permissioned_operations_name_known_permissions_at_known_levels():
    known = vocabulary().permissions
    for operation in vocabulary().operations:
        assert bool(operation.any_of) == (operation.standing is Standing.PERMISSIONED), operation.id
        for needed in operation.any_of:
            assert needed, operation.id
            for name, level in needed.items():
                assert level in known[name].levels, (operation.id, name)


def test_only_operations_with_permissions_can_be_open_to_the_public():
    for operation in vocabulary().operations:
        assert not operation.public_ok or (
            operation.standing is Standing.PERMISSIONED and operation.method == "GET" and operation.any_of
        ), operation.id


def test_vocabulary_has_githubs_names_and_groups():
    permissions = vocabulary().permissions
    assert len(permissions) == 89
    assert permissions["contents"].title == "Contents"
    assert permissions["workflows"].levels == (Level.WRITE,)
    assert {name for name, each in permissions.items() if Level.ADMIN in each.levels} == {
        "organization_custom_properties",
        "organization_projects",
    }
    assert {each.group for each in permissions.values()} == set(Group)
    assert all(
        each.levels == tuple(sorted(set(each.levels))) and each.levels for each in permissions.values()
    )


def test_levels_are_ordered_and_spelled_as_on_github():
    assert Level.READ < Level.WRITE < Level.ADMIN
    assert [Level.parse(level.word) for level in Level] == list(Level)


@pytest.mark.parametrize("word", ["", "READ", "Read", "none", "read ", "1", "owner", None, 1])
def test_t14_unknown_level_is_not_parsed(word):
    with pytest.raises(ValueError, match="level"):
        Level.parse(word)


@pytest.mark.parametrize(
    ("any_of", "header"),
    [
        (({"contents": Level.READ},), "contents=read"),
        (({"pull_requests": Level.READ}, {"contents": Level.READ}), "pull_requests=read; contents=read"),
        (
            ({"contents": Level.WRITE}, {"contents": Level.WRITE, "workflows": Level.WRITE}),
            "contents=write; contents=write,workflows=write",
        ),
        (({"metadata": Level.READ},), "metadata=read"),
        (({"starring": Level.READ, "metadata": Level.READ},), "starring=read"),
        ((), ""),
    ],
)
def test_the_header_that_tells_what_is_accepted(any_of, header):
    assert Operation("x/y", "GET", "/x", Standing.PERMISSIONED, any_of).accepted == header


def test_git_services_need_what_github_says():
    assert GIT_FETCH.any_of == ({"contents": Level.READ},)
    assert GIT_FETCH.public_ok
    assert GIT_ANNOUNCE_PUSH.any_of == ({"contents": Level.WRITE},)
    assert GIT_PUSH.any_of[1] == {"contents": Level.WRITE, "workflows": Level.WRITE}
    assert not GIT_PUSH.public_ok
    assert not GIT_ANNOUNCE_PUSH.public_ok


def test_documentation_addresses_are_githubs():
    assert all(
        operation.doc.startswith("https://docs.github.com/rest") for operation in vocabulary().operations
    )
