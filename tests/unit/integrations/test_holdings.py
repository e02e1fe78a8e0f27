from datetime import timedelta

import pytest
from django.utils import timezone

from keyhole.accounts.models import User
from keyhole.accounts.services import local_caller, owner_for
from keyhole.core.caller import Caller, Via
from keyhole.core.errors import NotFound, PermissionDenied
from keyhole.core.grant import Access
from keyhole.core.permissions import Level
from keyhole.core.request import OwnerKind
from keyhole.integrations import holdings
from keyhole.integrations.holdings import Health
from keyhole.repositories.models import Repository
from keyhole.tokens import services as tokens
from keyhole.tokens.models import Purpose, Token

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def caller():
    return local_caller()


@pytest.fixture
def harbour():
    owner = owner_for("harbour", OwnerKind.ORGANIZATION)
    return [
        Repository.objects.create(
            owner=owner,
            name=name,
            name_folded=name,
            location=f"/srv/{name}.git",
            marker=name,
            connected_at=timezone.now(),
        )
        for name in ("tide-api", "ledger")
    ]


def issue(caller, name, *rows, access=Access.SELECTED, purpose=Purpose.INTEGRATION, **permissions):
    spec = tokens.TokenSpec(
        name=name,
        owner_login="harbour",
        access=access,
        purpose=purpose,
        repository_ids=frozenset(row.pk for row in rows),
        permissions={key: Level.parse(word) for key, word in permissions.items()},
    )
    return tokens.generate(caller, spec).token


def test_an_integration_is_what_its_token_is(caller, harbour):
    issue(caller, "Scanner", *harbour, contents="read", security_events="write")
    (found,) = holdings.holdings(caller)
    assert (found.token.name, found.owner, found.access) == ("Scanner", "harbour", Access.SELECTED)
    assert found.repositories == ("harbour/ledger", "harbour/tide-api")
    assert found.permissions == (
        ("Code scanning alerts", Level.WRITE),
        ("Contents", Level.READ),
        ("Metadata", Level.READ),
    )
    assert found.writes
    assert found.health is Health.UNUSED
    assert found.reach_line == "2 repositories"


def test_what_it_reaches_is_said_in_words(caller, harbour):
    one = issue(caller, "one", harbour[0])
    everything = issue(caller, "all", access=Access.ALL)
    public = issue(caller, "public", access=Access.PUBLIC)
    lines = {found.token.pk: found.reach_line for found in holdings.holdings(caller)}
    assert lines == {
        one.pk: "harbour/tide-api",
        everything.pk: "All repositories of harbour",
        public.pk: "Public repositories only",
    }


def test_the_tokens_of_scans_and_revoked_ones_are_no_integrations(caller, harbour):
    issue(caller, "scan 1", harbour[0], purpose=Purpose.SCAN)
    gone = issue(caller, "gone", harbour[0])
    tokens.revoke(caller, gone.pk)
    assert holdings.holdings(caller) == []
    assert holdings.holding_of(caller, gone.pk).token.name == "gone"


def test_a_repository_that_is_not_connected_any_more_is_counted_and_not_named(caller, harbour):
    token = issue(caller, "Scanner", *harbour)
    Repository.objects.filter(pk=harbour[0].pk).update(removed_at=timezone.now())
    found = holdings.holding_of(caller, token.pk)
    assert (found.repositories, found.gone) == (("harbour/ledger",), 1)


def test_rights_that_cannot_be_read_are_shown_as_broken(caller, harbour):
    token = issue(caller, "Scanner", harbour[0])
    Token.objects.filter(pk=token.pk).update(grant={"version": 99})
    found = holdings.holding_of(caller, token.pk)
    assert (found.health, found.reach, found.permissions) == (Health.BROKEN, "nothing", ())
    assert holdings.reached([found], harbour) == set()


@pytest.mark.parametrize(
    ("changed", "health"),
    [
        ({}, Health.UNUSED),
        ({"last_used_at": timedelta()}, Health.WORKING),
        ({"denials": 3, "requests": 2, "last_used_at": timedelta()}, Health.REFUSED),
        ({"expires_at": timedelta(days=6), "last_used_at": timedelta()}, Health.EXPIRING),
        ({"expires_at": timedelta(seconds=-1), "denials": 3}, Health.EXPIRED),
        ({"expires_at": None, "last_used_at": timedelta()}, Health.WORKING),
    ],
)
def test_health_is_the_worst_that_applies(caller, harbour, changed, health):
    now = timezone.now()
    token = issue(caller, "Scanner", harbour[0])
    for name, value in changed.items():
        setattr(token, name, now + value if isinstance(value, timedelta) else value)
    assert holdings.health_of(token, now) is health


def test_what_is_reached_counts_each_repository_once_and_expired_tokens_not(caller, harbour):
    issue(caller, "one", harbour[0])
    issue(caller, "same", harbour[0])
    over = issue(caller, "over", harbour[1])
    assert len(holdings.reached(holdings.holdings(caller), harbour)) == 2
    Token.objects.filter(pk=over.pk).update(expires_at=timezone.now())
    assert holdings.reached(holdings.holdings(caller), harbour) == {"harbour/tide-api"}


def test_a_member_sees_only_what_is_their_own(caller, harbour):
    token = issue(caller, "Scanner", harbour[0])
    member = User.objects.create(email="bob@harbour.example", owner=owner_for("bob", OwnerKind.USER))
    bob = Caller(member.pk, member.email, Via.WEB)
    assert holdings.holdings(bob) == []
    for look in (holdings.holding_of, holdings.recent_denials):
        with pytest.raises(NotFound):
            look(bob, token.pk)


def test_nobody_sees_nothing():
    with pytest.raises(PermissionDenied):
        holdings.holdings(Caller(None, "nobody", Via.WEB))
