"""What is granted and not used, and a proposal that never widens anything."""

from datetime import timedelta

import pytest
from django.http import QueryDict
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from keyhole.accounts.services import local_caller
from keyhole.core.grant import Access
from keyhole.core.permissions import Level, vocabulary
from keyhole.integrations import activity, holdings
from keyhole.integrations.drift import drift_of, narrower
from keyhole.tokens.models import Seen, SeenKind, Token, UsageDay
from keyhole.web.forms.token import TokenForm, from_query
from tests.unit.integrations.test_holdings import harbour, issue  # noqa: F401  # a fixture

pytestmark = pytest.mark.django_db(transaction=True)
NAMES = sorted(vocabulary().permissions)
LEVELS = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(list(Level)), max_size=6)


def saw(token, *things, days=1):
    moment = timezone.now() - timedelta(days=days)
    for kind, what in things:
        Seen.objects.create(token=token, kind=kind, what=what, first_at=moment, last_at=moment)


def drift(days=40, integration=None):
    Token.objects.update(created_at=timezone.now() - timedelta(days=days))
    (found,) = drift_of(holdings.holdings(local_caller()), integration)
    return found


@given(LEVELS, LEVELS)
def test_P21_the_proposal_is_never_more_than_what_is_held(held, used):
    proposed = narrower(held, used)
    assert all(name in held and level <= held[name] for name, level in proposed.items())


def test_what_was_used_lower_or_never_is_found_and_a_narrower_token_filled_in(harbour):  # noqa: F811
    token = issue(local_caller(), "Bot", *harbour, contents="write", issues="write", pull_requests="read")
    saw(
        token,
        (SeenKind.PERMISSION, "contents:read"),
        (SeenKind.PERMISSION, "pull_requests:read"),
        (SeenKind.OPERATION, "git/fetch"),
        (SeenKind.REPOSITORY, str(harbour[0].pk)),
    )
    found = drift(integration=5)
    assert [(each.name, each.held, each.used) for each in found.excess] == [
        ("contents", Level.WRITE, Level.READ),
        ("issues", Level.WRITE, None),
    ]
    assert found.repositories == ("harbour/ledger",)
    form = from_query(QueryDict(found.query), timezone.now().date(), TokenForm())
    assert dict(form.permissions) == {"contents": "read", "pull_requests": "read"}
    assert form.repositories == {harbour[0].pk}
    assert (form.owner, form.integration, form.name) == ("harbour", 5, "Bot (narrower)")


def test_what_was_used_long_ago_is_not_used(harbour):  # noqa: F811
    token = issue(local_caller(), "Bot", *harbour, contents="read")
    saw(token, (SeenKind.PERMISSION, "contents:read"), (SeenKind.OPERATION, "git/fetch"), days=31)
    found = drift()
    assert (found.idle, found.any, found.query) == (True, True, "")


def test_a_young_token_is_given_time(harbour):  # noqa: F811
    issue(local_caller(), "Bot", *harbour, contents="read")
    assert not drift(days=29).any


def test_a_token_that_uses_all_it_has_has_no_drift(harbour):  # noqa: F811
    token = issue(local_caller(), "Bot", access=Access.ALL, contents="read")
    saw(token, (SeenKind.PERMISSION, "contents:read"), (SeenKind.OPERATION, "git/fetch"))
    assert not drift().any


def test_days_are_added_up_over_tokens_and_days_without_use_are_there(harbour):  # noqa: F811
    first, second = (issue(local_caller(), name, *harbour) for name in ("one", "two"))
    today = timezone.now().date()
    UsageDay.objects.create(token=first, day=today, requests=3, denials=1)
    UsageDay.objects.create(token=second, day=today, requests=2)
    UsageDay.objects.create(token=first, day=today - timedelta(days=30), requests=99)
    days = activity.days([first.pk, second.pk])
    assert (len(days), days[-1].requests, days[-1].denials) == (30, 5, 1)
    assert sum(each.requests for each in days) == 5


def test_places_are_the_latest_of_all_tokens(harbour):  # noqa: F811
    first, second = (issue(local_caller(), name, *harbour) for name in ("one", "two"))
    saw(first, (SeenKind.ADDRESS, "192.0.2.1"), days=3)
    saw(second, (SeenKind.ADDRESS, "192.0.2.1"), (SeenKind.ADDRESS, "192.0.2.2"), days=2)
    places = activity.places([first.pk, second.pk], SeenKind.ADDRESS)
    assert {place.what for place in places} == {"192.0.2.1", "192.0.2.2"}
    shared = next(place for place in places if place.what == "192.0.2.1")
    assert shared.last_at - shared.first_at > timedelta(hours=23)
