"""The pages of notifications: owner, member and stranger; the form of the rules; nothing secret ever comes back."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.http import QueryDict
from django.test import Client

from keyhole.accounts.services import owner_for
from keyhole.core.request import OwnerKind
from keyhole.notifications.events import EVENTS, OTHERS, Severity
from keyhole.notifications.models import Channel, When
from keyhole.notifications.services import DEFAULT_RULES, RuleSpec
from keyhole.web.forms import rules
from tests import canaries
from tests.unit.providers.http_kit import said, serving

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.loopback]
HOME = "/settings/notifications"


@pytest.fixture(autouse=True)
def _loopback(settings):
    settings.KEYHOLE_ALLOW_PRIVATE_ADDRESSES = True


def signed_in(role):
    user = get_user_model().objects.create(
        email=f"{role}@example.invalid", owner=owner_for(f"a-{role}", OwnerKind.USER), role_name=role
    )
    client = Client()
    client.force_login(user)
    return client


def posted(**more):
    return {"kind": "webhook", "name": "Hook", "key": "", f"when:{OTHERS}": "immediately", **more}


def test_each_page_for_owner_auditor_member_and_stranger():
    owner = signed_in("owner")
    with serving(said()) as server:
        assert owner.post(f"{HOME}/new", posted(address=server.url)).status_code == 200
    people = {
        "owner": owner,
        "auditor": signed_in("auditor"),
        "member": signed_in("member"),
        "stranger": Client(),
    }
    reads = {"owner": 200, "auditor": 200, "member": 403, "stranger": 302}
    changes = {"owner": 200, "auditor": 403, "member": 403, "stranger": 302}
    number = Channel.objects.get().pk
    for name, client in people.items():
        for path in (HOME, f"{HOME}/{number}"):
            assert client.get(path).status_code == reads[name], (name, path)
        for path in (
            f"{HOME}/new",
            f"{HOME}/new?kind=mail",
            f"{HOME}/{number}/change",
            f"{HOME}/{number}/remove",
        ):
            assert client.get(path).status_code == changes[name], (name, path)
    auditor = people["auditor"]
    for path in ("test", "pause", "change", "remove"):
        assert auditor.post(f"{HOME}/{number}/{path}").status_code == 403
    assert auditor.post(f"{HOME}/{number}").status_code == 403
    shown = auditor.get(f"{HOME}/{number}").content.decode()
    assert "Send test" not in shown
    assert "In the daily summary, from info" in shown or "Immediately, from info" in shown


def test_what_is_secret_never_comes_back():
    owner = signed_in("owner")
    with serving(said()) as server:
        path, key = canaries.plant("webhook path in a form"), canaries.plant("webhook key in a form")
        address = f"{server.url}/{path}"
        wrong = owner.post(f"{HOME}/new", posted(name="", address=address, key=key))
        assert wrong.status_code == 422
        made = owner.post(f"{HOME}/new", posted(address=address, key=key), follow=True)
        again = owner.post(f"{HOME}/new", posted(address=address, key=key))
        assert again.status_code == 409
    assert made.redirect_chain == [(f"{HOME}/{Channel.objects.get().pk}", 302)]
    for answer in (wrong, made, again, owner.get(HOME)):
        text = answer.content.decode()
        assert path not in text
        assert key not in text


def test_a_channel_is_changed_in_its_form():
    owner = signed_in("owner")
    with serving(said()) as server:
        owner.post(f"{HOME}/new", posted(address=server.url))
        number = Channel.objects.get().pk
        wrong = owner.post(f"{HOME}/{number}/change", {"name": "Hook", "address": "nonsense", "key": ""})
        assert (wrong.status_code, "Only https://" in wrong.content.decode()) == (422, True)
        right = owner.post(f"{HOME}/{number}/change", {"name": "Other", "address": "", "key": ""})
    assert (right.status_code, Channel.objects.get().name) == (302, "Other")


def test_a_kind_that_there_is_not():
    assert signed_in("owner").get(f"{HOME}/new?kind=pager").status_code == 404
    assert signed_in("maintainer").get(f"{HOME}/99").status_code == 404


def test_rules_go_into_the_form_and_come_back():
    form = rules.rows(DEFAULT_RULES)
    post = QueryDict(mutable=True)
    for row in (form.others, *(row for group in form.groups for row in group.rows)):
        post[f"when:{row.kind}"], post[f"least:{row.kind}"] = row.when, row.least
    assert rules.from_post(post) == DEFAULT_RULES
    shown = {row.kind for group in form.groups for row in group.rows}
    assert shown == set(EVENTS) - {"notification.test", "report.mailed"}
    assert [group.title for group in form.groups if group.chosen] == ["Code scans"]


def test_what_is_no_choice_of_the_form_counts_as_not_chosen():
    post = QueryDict(
        "when:scan.failed=sometimes&when:token.expired=daily&least:token.expired=much&when:x=daily"
    )
    assert rules.from_post(post) == {"token.expired": RuleSpec(When.DAILY, Severity.INFO)}
