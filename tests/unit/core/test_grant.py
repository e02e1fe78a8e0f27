"""Grants: what makes no sense is refused when made, and denies everything when stored."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyhole.core.errors import InvalidInput
from keyhole.core.grant import Access, dump, load, make
from keyhole.core.permissions import Level, vocabulary
from keyhole.core.request import Owner, OwnerKind, Repository

NOW = datetime(2026, 8, 1, 12, tzinfo=UTC)
ALICE = Owner(1, "alice", OwnerKind.USER)
ACME = Owner(2, "acme", OwnerKind.ORGANIZATION)


def grant(**changed):
    fields = {
        "owner": ALICE,
        "access": Access.SELECTED,
        "repository_ids": frozenset({7}),
        "permissions": {"contents": Level.READ},
        "not_before": NOW,
        "expires_at": NOW + timedelta(days=30),
    }
    return make(**{**fields, **changed})


def stored(**changed):
    return {**json.loads(json.dumps(dump(grant()))), **changed}


def test_metadata_comes_with_every_repository_access():
    assert grant().permissions == {"contents": Level.READ, "metadata": Level.READ}
    assert grant(access=Access.ALL, repository_ids=frozenset()).permissions["metadata"] is Level.READ
    public = grant(access=Access.PUBLIC, repository_ids=frozenset(), permissions={})
    assert public.permissions == {}


def test_public_access_may_come_with_permissions_on_the_account():
    made = grant(access=Access.PUBLIC, repository_ids=frozenset(), permissions={"emails": Level.READ})
    assert made.permissions == {"emails": Level.READ}


REFUSED = {
    "T14-selection-without-repositories": ({"repository_ids": frozenset()}, "repositories"),
    "T14-repositories-with-all": ({"access": Access.ALL}, "repositories"),
    "T14-repositories-with-public": ({"access": Access.PUBLIC, "permissions": {}}, "repositories"),
    "T14-unknown-permission": ({"permissions": {"everything": Level.READ}}, "permissions"),
    "T14-permission-in-another-case": ({"permissions": {"Contents": Level.READ}}, "permissions"),
    "T14-empty-permission": ({"permissions": {"": Level.READ}}, "permissions"),
    "T14-level-that-it-has-not": ({"permissions": {"contents": Level.ADMIN}}, "permissions"),
    "T14-workflows-read": ({"permissions": {"workflows": Level.READ}}, "permissions"),
    "T14-repository-permission-with-public": (
        {"access": Access.PUBLIC, "repository_ids": frozenset()},
        "permissions",
    ),
    "T14-account-permission-of-an-organization": (
        {"owner": ACME, "permissions": {"emails": Level.READ}},
        "permissions",
    ),
    "T14-organization-permission-of-a-user": ({"permissions": {"members": Level.READ}}, "permissions"),
    "T11-expires-when-it-starts": ({"expires_at": NOW}, "expiration"),
    "T11-expires-before-it-starts": ({"expires_at": NOW - timedelta(seconds=1)}, "expiration"),
    "T11-start-without-zone": ({"not_before": NOW.replace(tzinfo=None)}, "expiration"),
    "T11-end-without-zone": ({"expires_at": (NOW + timedelta(days=1)).replace(tzinfo=None)}, "expiration"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_makes_no_sense_is_refused_by_its_field(name):
    changed, field = REFUSED[name]
    with pytest.raises(InvalidInput) as refused:
        grant(**changed)
    assert refused.value.field == field


@pytest.mark.parametrize(
    "end",
    [None, datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), NOW + timedelta(seconds=1)],
    ids=["no-expiration", "year-9999", "one-second"],
)
def test_t11_extreme_but_possible_expirations(end):
    assert load(dump(grant(expires_at=end))).expires_at == end


def test_the_stored_form_is_plain_data_and_comes_back_the_same():
    for each in (
        grant(),
        grant(owner=ACME, permissions={"members": Level.WRITE, "contents": Level.WRITE}),
        grant(access=Access.PUBLIC, repository_ids=frozenset(), permissions={}, expires_at=None),
    ):
        assert load(json.loads(json.dumps(dump(each)))) == each


def test_a_grant_cannot_be_changed_afterwards():
    held = {"contents": Level.READ}
    made = grant(permissions=held)
    held["administration"] = Level.WRITE
    assert "administration" not in made.permissions
    with pytest.raises(TypeError):
        made.permissions["administration"] = Level.WRITE
    with pytest.raises(AttributeError):
        made.access = Access.ALL


OWNER = {"id": 1, "login": "alice", "kind": "User"}
BROKEN = {
    "T14-null": None,
    "T14-empty-object": {},
    "T14-list": [],
    "T14-text": "all",
    "T14-true": True,
    "T14-unknown-version": stored(version=2),
    "T14-version-zero": stored(version=0),
    "T14-version-as-text": stored(version="1"),
    "T14-version-true": stored(version=True),
    "T14-version-float": stored(version=1.0),
    "T14-version-null": stored(version=None),
    "T14-unknown-field": stored(push_rules=[]),
    "T14-unknown-owner-field": stored(owner={**OWNER, "admin": True}),
    "T14-owner-null": stored(owner=None),
    "T14-owner-without-kind": stored(owner={"id": 1, "login": "alice"}),
    "T14-owner-of-unknown-kind": stored(owner={**OWNER, "kind": "Enterprise"}),
    "T14-owner-id-zero": stored(owner={**OWNER, "id": 0}),
    "T14-owner-id-negative": stored(owner={**OWNER, "id": -1}),
    "T14-owner-id-as-text": stored(owner={**OWNER, "id": "1"}),
    "T14-owner-id-float": stored(owner={**OWNER, "id": 1.0}),
    "T14-owner-id-true": stored(owner={**OWNER, "id": True}),
    "T14-login-not-text": stored(owner={**OWNER, "login": 5}),
    "T14-access-unknown": stored(access="everything"),
    "T14-access-null": stored(access=None),
    "T14-access-in-capitals": stored(access="SELECTED"),
    "T14-selection-null": stored(repository_ids=None),
    "T14-selection-empty": stored(repository_ids=[]),
    "T14-selection-star": stored(repository_ids="*"),
    "T14-selection-as-text": stored(repository_ids=["7"]),
    "T14-selection-true": stored(repository_ids=[True]),
    "T14-selection-float": stored(repository_ids=[7.0]),
    "T14-selection-negative": stored(repository_ids=[-7]),
    "T14-selection-twice": stored(repository_ids=[7, 7]),
    "T14-selection-unsorted": stored(repository_ids=[9, 7]),
    "T14-selection-object": stored(repository_ids={"7": True}),
    "T14-permissions-null": stored(permissions=None),
    "T14-permissions-list": stored(permissions=["contents"]),
    "T14-permissions-empty": stored(permissions={}),
    "T14-permission-unknown": stored(permissions={"metadata": "read", "everything": "read"}),
    "T14-permission-null": stored(permissions={"metadata": "read", "contents": None}),
    "T14-permission-true": stored(permissions={"metadata": "read", "contents": True}),
    "T14-level-unknown": stored(permissions={"metadata": "read", "contents": "owner"}),
    "T14-level-in-capitals": stored(permissions={"metadata": "read", "contents": "WRITE"}),
    "T14-level-number": stored(permissions={"metadata": "read", "contents": 2}),
    "T14-metadata-missing": stored(permissions={"contents": "read"}),
    "T11-start-null": stored(not_before=None),
    "T11-start-number": stored(not_before=0),
    "T11-start-without-zone": stored(not_before="2026-08-01T12:00:00"),
    "T11-end-number": stored(expires_at=2**63),
    "T11-end-negative": stored(expires_at=-1),
    "T11-end-word": stored(expires_at="never"),
    "T11-end-empty": stored(expires_at=""),
    "T11-end-other-spelling": stored(expires_at="2026-08-31T12:00:00Z"),
    "T11-end-year-10000": stored(expires_at="10000-01-01T00:00:00+00:00"),
    "T11-end-before-start": stored(expires_at="2020-01-01T00:00:00+00:00"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_not_understood_to_the_last_field_is_no_grant(name):
    with pytest.raises(ValueError, match=r"\S"):
        load(BROKEN[name])


@pytest.mark.parametrize("missing", sorted(stored()))
def test_t14_a_missing_field_is_no_grant(missing):
    cut = stored()
    del cut[missing]
    with pytest.raises(ValueError, match=r"\S"):
        load(cut)


def places(value, path=()):
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from places(inner, (*path, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from places(inner, (*path, number))
    yield path


@given(
    st.sampled_from(list(places(stored()))),
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.lists(st.integers())
    | st.just({}),
)
def test_any_value_in_any_place_loads_as_it_was_stored_or_not_at_all(place, value):
    changed = copy.deepcopy(stored())
    if place:
        inner = changed
        for step in place[:-1]:
            inner = inner[step]
        inner[place[-1]] = value
    else:
        changed = value
    try:
        loaded = load(changed)
    except ValueError:
        return
    assert dump(loaded) == changed


def test_every_permission_and_level_can_be_stored():
    for name, permission in vocabulary().permissions.items():
        owner = ACME if permission.group.value == "organization" else ALICE
        for level in permission.levels:
            if (name, level) == ("metadata", Level.READ) or name != "metadata":
                made = grant(owner=owner, permissions={name: level})
                assert load(dump(made)).permissions[name] is level


SELECTED = {
    "selected": (grant(), Repository(7, ALICE, "r", public=False), True),
    "N6-not-selected": (grant(), Repository(8, ALICE, "r", public=False), False),
    "N6-id-that-starts-alike": (grant(), Repository(77, ALICE, "r-secret", public=False), False),
    "N6-same-id-and-name-of-another-owner": (grant(), Repository(7, ACME, "r", public=False), False),
    "N6-all-of-one-owner": (
        grant(access=Access.ALL, repository_ids=frozenset()),
        Repository(8, ACME, "r", public=False),
        False,
    ),
    "all": (
        grant(access=Access.ALL, repository_ids=frozenset()),
        Repository(8, ALICE, "r", public=False),
        True,
    ),
    "public-access-selects-nothing": (
        grant(access=Access.PUBLIC, repository_ids=frozenset(), permissions={}),
        Repository(8, ALICE, "r", public=True),
        False,
    ),
}


@pytest.mark.parametrize("name", SELECTED)
def test_selection_is_by_id_and_owner(name):
    given_grant, repository, selected = SELECTED[name]
    assert given_grant.selects(repository) is selected
    assert given_grant.sees(repository) is (selected or repository.public)
