from datetime import date

import pytest
from django.http import QueryDict

from keyhole.core.errors import InvalidInput
from keyhole.core.grant import Access
from keyhole.core.permissions import Level
from keyhole.web.forms.token import TokenForm, from_post, from_query

TODAY = date(2026, 11, 23)


def posted(text):
    return from_post(QueryDict(text))


def test_what_was_sent_becomes_what_the_service_takes():
    spec = posted(
        "name=CI&description=d&owner=harbour&expires=60&access=selected&repositories=3&repositories=4"
        "&may.contents=read&may.issues="
    ).spec(TODAY)
    assert (spec.name, spec.description, spec.owner_login) == ("CI", "d", "harbour")
    assert (spec.expires_in_days, spec.access) == (60, Access.SELECTED)
    assert spec.repository_ids == {3, 4}
    assert spec.permissions == {"contents": Level.READ}


@pytest.mark.parametrize(
    ("fields", "days"),
    [
        ("expires=7", 7),
        ("expires=none", None),
        ("expires=custom&custom=2026-11-24", 1),
        ("expires=custom&custom=2027-11-24", 366),
    ],
)
def test_an_expiration_is_a_number_of_days(fields, days):
    assert posted(fields).days(TODAY) == days


@pytest.mark.parametrize(
    "fields",
    [
        "expires=",
        "expires=0",
        "expires=-7",
        "expires=7.5",
        "expires=1e3",
        "expires=٧",
        "expires=999999",
        "expires=custom",
        "expires=custom&custom=2026-11-23",
        "expires=custom&custom=2001-01-01",
        "expires=custom&custom=tomorrow",
    ],
)
def test_what_is_no_expiration_is_refused_by_name(fields):
    with pytest.raises(InvalidInput) as refused:
        posted(fields).days(TODAY)
    assert refused.value.field == "expiration"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ("access=", "access"),
        ("access=everything", "access"),
        ("access=all&may.contents=admin2", "permissions"),
        ("access=all&may.nothing=read", "permissions"),
        ("access=public&may.nothing=read", "permissions"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(fields, field):
    with pytest.raises(InvalidInput) as refused:
        posted(fields).spec(TODAY)
    assert refused.value.field == field


def test_public_access_drops_repository_permissions_that_the_form_hid():
    spec = posted("access=public&may.contents=write&may.emails=read").spec(TODAY)
    assert spec.permissions == {"emails": Level.READ}


def test_a_selection_counts_only_where_selecting_was_chosen():
    assert posted("access=all&repositories=3").spec(TODAY).repository_ids == frozenset()


def test_ids_that_are_none_are_left_out():
    assert posted(
        "repositories=3&repositories=x&repositories=-1&repositories=٣&repositories="
    ).repositories == {3}


def test_a_link_fills_in_the_form_with_github_s_parameters():
    form = from_query(
        QueryDict(
            "name=Renovate&description=d&target_name=harbour&expires_in=90&contents=write"
            "&metadata=read&workflows=write"
        ),
        TODAY,
        TokenForm(),
    )
    assert (form.name, form.description, form.owner, form.expires) == ("Renovate", "d", "harbour", "90")
    assert form.permissions == {"contents": "write", "metadata": "read", "workflows": "write"}


@pytest.mark.parametrize(
    ("text", "expires", "custom"),
    [
        ("none", "none", ""),
        ("45", "custom", "2027-01-07"),
        ("366", "custom", "2027-11-24"),
        ("367", "30", ""),
        ("0", "30", ""),
        ("soon", "30", ""),
        ("", "30", ""),
    ],
)
def test_a_link_s_expiration(text, expires, custom):
    form = from_query(QueryDict(f"expires_in={text}"), TODAY, TokenForm())
    assert (form.expires, form.custom) == (expires, custom)


def test_a_link_cannot_fill_in_what_does_not_exist():
    form = from_query(
        QueryDict(f"name={'n' * 99}&everything=write&contents=admin&workflows=read"), TODAY, TokenForm()
    )
    assert form.permissions == {}
    assert len(form.name) == 40


def test_each_filled_in_form_has_its_own_name():
    assert posted("").submission != posted("").submission
    assert posted("submission=abc").submission == "abc"
