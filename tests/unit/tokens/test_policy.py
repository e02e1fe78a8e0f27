"""Policies: the stricter counts, what goes beyond is refused or withheld, and nothing is ever widened."""

from __future__ import annotations

import pytest

from keyhole.accounts import members
from keyhole.accounts.services import local_caller
from keyhole.audit.models import Entry
from keyhole.core.actions import Role
from keyhole.core.caller import Caller, Via
from keyhole.core.errors import InvalidInput, NotFound, PermissionDenied
from keyhole.core.grant import Access
from keyhole.core.permissions import Level
from keyhole.tokens import policy
from keyhole.tokens.authority import Held, NoLongerValid, TokenWithheld, identify, judge, still_valid
from keyhole.tokens.models import Purpose, Token, TokenPolicy, Withheld
from keyhole.tokens.policy import Approval, Terms
from keyhole.tokens.services import TokenSpec, generate
from tests import canaries
from tests.unit.accounts.kit import caller, person
from tests.unit.tokens.kit import CIRCUMSTANCES, fetch, issue, owner

pytestmark = pytest.mark.django_db(transaction=True)


def set_terms(login="acme", **terms):
    owner()
    return policy.set_terms(local_caller(), login, Terms(**terms))


def refused(field, **changes):
    with pytest.raises(InvalidInput) as problem:
        issue(**changes)
    assert problem.value.field == field
    return problem.value.message


def test_a_token_lives_no_longer_than_the_policy_says():
    set_terms(max_days=7)
    assert "at most 7 days" in refused("expiration", expires_in_days=8)
    issue(expires_in_days=7)


def test_no_expiration_is_too_long(settings):
    settings.KEYHOLE_MAX_TOKEN_DAYS = 0
    set_terms(max_days=7)
    refused("expiration", expires_in_days=None)


@pytest.mark.parametrize(
    ("ceiling", "level", "allowed"),
    [
        ("none", Level.READ, False),
        ("read", Level.READ, True),
        ("read", Level.WRITE, False),
        ("write", Level.WRITE, True),
    ],
)
def test_a_permission_goes_no_higher_than_its_ceiling(ceiling, level, allowed):
    set_terms(ceilings={"contents": ceiling})
    if allowed:
        issue(permissions={"contents": level})
    else:
        assert "Contents" in refused("permissions", permissions={"contents": level})
    issue(permissions={"issues": Level.WRITE})


def test_the_stricter_counts():
    set_terms("", max_days=30, ceilings={"contents": "write", "issues": "none"}, approval=Approval.WRITING)
    set_terms("acme", max_days=60, ceilings={"contents": "read"})
    found = policy.terms_for(owner().pk)
    assert found == Terms(30, Approval.WRITING, {"contents": "read", "issues": "none"})


def test_another_owner_s_policy_is_not_this_one_s():
    set_terms("", max_days=300)
    policy.set_terms(local_caller(), "admin", Terms(max_days=1))
    issue(expires_in_days=300)


def test_what_goes_beyond_a_later_policy_is_withheld_and_released_as_it_was():
    issued = issue(permissions={"contents": Level.WRITE})
    bearer = identify(issued.secret)
    before = issued.token.grant
    assert [token.pk for token in set_terms(ceilings={"contents": "read"})] == [issued.token.pk]
    with pytest.raises(TokenWithheld) as problem:
        identify(issued.secret)
    assert problem.value.status == 403
    with pytest.raises(TokenWithheld):
        judge(bearer, fetch(), CIRCUMSTANCES)
    assert not still_valid(Held(issued.token.pk))
    assert [token.pk for token in policy.beyond(local_caller())] == [issued.token.pk]
    assert set_terms() == []
    assert identify(issued.secret).grant.permissions == bearer.grant.permissions
    assert Token.objects.get(pk=issued.token.pk).grant == before


def test_a_policy_never_releases_what_waits_for_approval():
    set_terms(approval=Approval.ALWAYS)
    issued = issue()
    set_terms()
    assert Token.objects.get(pk=issued.token.pk).withheld == Withheld.APPROVAL
    with pytest.raises(TokenWithheld):
        identify(issued.secret)


def test_a_scan_s_own_token_is_not_asked():
    set_terms(max_days=1, ceilings={"contents": "none"}, approval=Approval.ALWAYS)
    job = Caller(local_caller().user_id, "scan", Via.JOB)
    issued = generate(
        job,
        TokenSpec("scan", "acme", Access.SELECTED, "", frozenset({7}), {"contents": Level.READ}, purpose=Purpose.SCAN),
    )  # fmt: skip
    identify(canaries_secret(issued))


def canaries_secret(issued):
    canaries.watch("scan token", issued.secret.reveal())
    return issued.secret


@pytest.mark.parametrize(
    "damage",
    [
        {"max_days": 10**7},
        {"approval": "perhaps"},
        {"ceilings": {"contents": "god"}},
        {"ceilings": {"no_such": "read"}},
        {"ceilings": ["contents"]},
    ],
)
def test_a_stored_policy_that_is_not_understood_lets_nothing_live(damage):
    set_terms()
    TokenPolicy.objects.update(**damage)
    refused("expiration")


@pytest.mark.parametrize(
    "terms",
    [
        {"max_days": 0},
        {"max_days": -1},
        {"max_days": 10**6},
        {"max_days": True},
        {"ceilings": {"contents": "GOD"}},
        {"ceilings": {"nothing": "read"}},
        {"ceilings": {"metadata": "none"}},
    ],
)
def test_nonsense_is_no_policy(terms):
    with pytest.raises(InvalidInput):
        set_terms(**terms)
    assert not TokenPolicy.objects.exists()


@pytest.mark.parametrize("role", [Role.MAINTAINER, Role.AUDITOR, Role.MEMBER])
def test_only_owners_change_a_policy(role):
    owner()
    with pytest.raises(PermissionDenied):
        policy.set_terms(caller(person("other", role)), "acme", Terms())
    with pytest.raises(NotFound):
        policy.set_terms(local_caller(), "nobody-has-this-name", Terms())


def test_a_policy_is_on_record():
    issue(name="old", permissions={"contents": Level.WRITE})
    set_terms(max_days=9, ceilings={"contents": "read"})
    subject = Entry.objects.get(action="policy:change").subject
    assert (subject["owner"], subject["max_days"], len(subject["withheld_tokens"])) == ("acme", 9, 1)


def test_a_demoted_person_s_token_for_others_is_refused_at_the_next_request():
    owner()
    olga, mara = person("olga", Role.OWNER), person("mara", Role.MAINTAINER)
    spec = TokenSpec("tool", "acme", Access.SELECTED, "", frozenset({7}), {"contents": Level.READ})
    issued, own = (
        generate(caller(mara), spec),
        generate(caller(mara), TokenSpec("own", "mara", Access.PUBLIC)),
    )
    for each in (issued, own):
        canaries.watch("token", each.secret.reveal())
    bearer = identify(issued.secret)
    members.change_role(caller(olga), mara.pk, Role.MEMBER)
    with pytest.raises(TokenWithheld, match="role"):
        identify(issued.secret)
    with pytest.raises((TokenWithheld, NoLongerValid)):
        judge(bearer, fetch(), CIRCUMSTANCES)
    identify(own.secret)
    members.change_role(caller(olga), mara.pk, Role.AUDITOR)
    with pytest.raises(TokenWithheld, match="role"):
        identify(own.secret)
    members.change_role(caller(olga), mara.pk, Role.MAINTAINER)
    identify(issued.secret)
