"""The first page says of whose tools it speaks, and counts tokens where it says tokens."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from keyhole.accounts.services import local_caller
from keyhole.core.actions import Role
from keyhole.integrations import services as integrations
from keyhole.tokens.models import Token
from tests.unit.accounts.kit import browser, person
from tests.unit.integrations.test_holdings import harbour, issue  # noqa: F401  # a fixture

pytestmark = pytest.mark.django_db(transaction=True)


def said(user):
    page = browser(user).get("/").content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).replace(" ,", ",").replace(" ;", ";")


def test_who_sees_only_their_own_tools_is_told_nothing_of_those_of_others(harbour):  # noqa: F811
    owner, member = person("olga", Role.OWNER), person("bo", Role.MEMBER)
    assert "no tool can reach them yet" in said(owner)
    assert "none of your tools can reach them yet" in said(member)
    issue(local_caller(), "Scanner", *harbour, contents="write")
    assert "1 tool can reach 2 of 2 repositories" in said(owner)
    assert "1 tool can change something" in said(owner)
    assert "of yours" not in said(owner)
    assert "none of your tools can reach them yet" in said(member)
    assert "no tool" not in said(member)
    token = issue(local_caller(), "Mine", harbour[0], contents="read")
    Token.objects.filter(pk=token.pk).update(user=member)
    assert "1 tool of yours can reach" in said(member)
    assert "none of yours can change anything" in said(member)
    assert "integration of yours" in said(member)
    assert "tokens of yours expiring within 7 days" in said(member)


def test_tokens_that_expire_soon_are_counted_each_and_those_that_have_expired_are_not(harbour):  # noqa: F811
    now = timezone.now()
    tokens = [issue(local_caller(), f"t{n}", *harbour, contents="read") for n in range(4)]
    first = next(each for each in integrations.register(local_caller()) if each.row.name == "t0")
    for token in tokens[1:]:
        integrations.hold(local_caller(), first.row.pk, token.pk)
    for token, days in zip(tokens, (1, 6.9, 7.1, -1), strict=True):
        Token.objects.filter(pk=token.pk).update(expires_at=now + timedelta(days=days))
    page = browser(person("olga", Role.OWNER)).get("/").content.decode()
    assert (
        '<a href="/settings/personal-access-tokens"><b class="warn">2</b>tokens expiring within 7 days'
        in page
    )
    Token.objects.filter(pk=tokens[0].pk).update(paused_at=now, expires_at=now + timedelta(days=30))
    page = browser(person("pia", Role.OWNER)).get("/").content.decode()
    assert '<b class="warn">1</b>token expiring within 7 days' in page
