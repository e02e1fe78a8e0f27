"""API tokens: made with a part of one's own rights, for a time, shown once, ended for good."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from keyhole.accounts import api_tokens
from keyhole.accounts.models import ApiToken
from keyhole.core import token_text
from keyhole.core.actions import ACTIONS, Role
from keyhole.core.caller import Via
from keyhole.core.errors import BadCredentials, Conflict, InvalidInput, NotFound, PermissionDenied
from keyhole.core.secret import Secret
from keyhole.tokens import revocations
from tests import canaries
from tests.unit.accounts.kit import caller, person

pytestmark = pytest.mark.django_db(transaction=True)


def made(user, actions=("token:read",), name="t", days=30):
    issued = api_tokens.create(caller(user), name, actions, days)
    canaries.watch("API token", issued.secret.reveal())
    return issued


def test_it_is_ours_and_not_a_gateway_token():
    text = made(person("mia")).secret.reveal()
    assert text.startswith("kha_")
    assert token_text.is_well_formed(text, token_text.API_PREFIX)
    assert not token_text.is_well_formed(text)


def test_only_a_hash_is_stored():
    issued = made(person("mia"))
    stored = " ".join(str(getattr(issued.token, field.name)) for field in ApiToken._meta.fields)
    assert issued.secret.reveal() not in stored


def test_it_names_its_person_its_actions_and_itself():
    mia = person("mia")
    issued = made(mia, ("token:read", "scan:read"))
    found, token = api_tokens.identify(issued.secret, "192.0.2.5")
    assert (found.user_id, found.via, found.actions) == (mia.pk, Via.API, {"token:read", "scan:read"})
    assert found.as_actor()["api_token_id"] == token.pk
    assert ApiToken.objects.get().last_used_address == "192.0.2.5"


def test_bad_ones_end_without_a_look_up(django_assert_num_queries):
    text = made(person("mia")).secret.reveal()
    with django_assert_num_queries(0):
        for wrong in (
            "",
            "kha_",
            text[:-1],
            text + "A",
            text.lower(),
            text.replace("kha_", "khp_"),
            "\ud800",
        ):
            with pytest.raises(BadCredentials):
                api_tokens.identify(Secret(wrong), "")


@pytest.mark.parametrize("stored", [None, {}, "token:read", ["token:steal"], [["token:read"]], 7])
def test_actions_that_are_not_understood_allow_nothing(stored):
    issued = made(person("olga", Role.OWNER))
    ApiToken.objects.update(actions=stored if stored is not None else "null")
    found, _ = api_tokens.identify(issued.secret, "")
    assert found.actions == frozenset()


@pytest.mark.parametrize(
    ("name", "actions", "days", "field"),
    [
        ("", ["token:read"], 30, "name"),
        ("x" * 61, ["token:read"], 30, "name"),
        ("a\nb", ["token:read"], 30, "name"),
        ("x", [], 30, "actions"),
        ("x", ["token:steal"], 30, "actions"),
        ("x", ["member:change"], 30, "actions"),
        ("x", ["account:change"], 30, "actions"),
        ("x", ["api_token:manage"], 30, "actions"),
        ("x", ["audit:read"], 30, "actions"),
        ("x", ["token:read"], 0, "expiration"),
        ("x", ["token:read"], 367, "expiration"),
        ("x", ["token:read"], True, "expiration"),
    ],
)
def test_what_makes_no_sense_or_goes_too_far_is_refused(name, actions, days, field):
    with pytest.raises(InvalidInput) as problem:
        api_tokens.create(caller(person("mia")), name, actions, days)
    assert problem.value.field == field
    assert not ApiToken.objects.exists()


def test_what_can_be_granted_is_an_action_and_never_what_takes_a_person():
    assert set(api_tokens.GRANTABLE) <= set(ACTIONS)
    assert not [
        name
        for name in api_tokens.GRANTABLE
        if name.startswith(("account", "member", "policy", "api_", "approval"))
    ]


def test_an_api_token_makes_no_api_tokens():
    issued = made(person("olga", Role.OWNER), api_tokens.GRANTABLE)
    found, _ = api_tokens.identify(issued.secret, "")
    for act in (
        lambda: api_tokens.create(found, "more", ["token:read"]),
        lambda: api_tokens.list_api_tokens(found),
        lambda: api_tokens.revoke(found, issued.token.pk),
    ):
        with pytest.raises(PermissionDenied):
            act()


def test_one_name_one_token():
    mia = person("mia")
    first = made(mia)
    with pytest.raises(Conflict):
        made(mia)
    api_tokens.revoke(caller(mia), first.token.pk)
    made(mia)


def test_others_see_and_revoke_only_as_owners():
    mia, nina, olga = person("mia"), person("nina"), person("olga", Role.OWNER)
    issued = made(mia)
    assert api_tokens.list_api_tokens(caller(nina)) == []
    for number in (issued.token.pk, 0, -1, 2**63, 10**6):
        with pytest.raises(NotFound):
            api_tokens.revoke(caller(nina), number)
    assert [token.pk for token in api_tokens.list_api_tokens(caller(olga))] == [issued.token.pk]
    api_tokens.revoke(caller(olga), issued.token.pk)
    api_tokens.revoke(caller(olga), issued.token.pk)
    with pytest.raises(BadCredentials):
        api_tokens.identify(issued.secret, "")


def test_it_ends_at_the_moment_it_says():
    issued = made(person("mia"))
    ApiToken.objects.update(expires_at=timezone.now() + timedelta(minutes=1))
    api_tokens.identify(issued.secret, "")
    ApiToken.objects.update(expires_at=timezone.now())
    with pytest.raises(BadCredentials):
        api_tokens.identify(issued.secret, "")


def test_a_restored_backup_does_not_revive_it():
    mia = person("mia")
    issued = made(mia)
    api_tokens.revoke(caller(mia), issued.token.pk)
    ApiToken.objects.update(revoked_at=None)
    api_tokens.identify(issued.secret, "")
    revocations.apply()
    with pytest.raises(BadCredentials):
        api_tokens.identify(issued.secret, "")
