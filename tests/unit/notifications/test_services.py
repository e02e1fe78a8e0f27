"""Channels from being made to being removed: by whom, with which rules, and where their secrets are."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth import get_user_model
from django.core import serializers
from django.utils import timezone

from keyhole.accounts.services import local_caller, owner_for
from keyhole.audit.models import Entry
from keyhole.core.caller import Caller, Via
from keyhole.core.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from keyhole.core.request import OwnerKind
from keyhole.notifications import services
from keyhole.notifications.delivery import place
from keyhole.notifications.events import EVENTS, OTHERS, Severity
from keyhole.notifications.models import Channel, Delivery, Occurrence, Rule, State, When
from keyhole.notifications.services import ChannelSpec, RuleSpec
from keyhole.vault import services as vault
from tests import canaries
from tests.conventions.checkout import sources, tree
from tests.unit.notifications.kit import bodies, webhook
from tests.unit.providers.http_kit import said, serving

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.loopback]


@pytest.fixture(autouse=True)
def _loopback(settings):
    settings.KEYHOLE_ALLOW_PRIVATE_ADDRESSES = True


def person(role):
    owner = owner_for(f"{role}-mia", OwnerKind.USER)
    user = get_user_model().objects.create(email=f"{role}@example.invalid", owner=owner, role_name=role)
    return Caller(user.pk, user.email, Via.WEB)


def test_secrets_go_to_the_vault_and_nowhere_else():
    with serving(said()) as server:
        address, key = f"{server.url}/{canaries.plant('webhook path')}", canaries.plant("webhook key")
        made = webhook(address, key)
    assert made.generated == {}
    assert vault.reveal(local_caller(), place(made.channel.pk, "address")).reveal() == address
    assert vault.reveal(local_caller(), place(made.channel.pk, "key")).reveal() == key
    rows = serializers.serialize("json", [*Channel.objects.all(), *Entry.objects.all()])
    assert key not in rows
    assert address not in rows
    assert made.channel.values == {"host": f"localhost:{server.port}"}


def test_a_key_that_was_left_empty_is_made_and_shown_once():
    with serving(said()) as server:
        made = webhook(server.url)
    key = canaries.watch("generated signing key", made.generated["key"].reveal())
    assert len(key) >= 40
    assert vault.reveal(local_caller(), place(made.channel.pk, "key")).reveal() == key
    assert key not in repr(made)


@pytest.mark.parametrize(
    ("role", "reads", "changes"),
    [("owner", True, True), ("maintainer", True, True), ("auditor", True, False), ("member", False, False)],
)
def test_who_may(role, reads, changes):
    with serving(said(200, b"ok")) as server:
        channel = webhook(server.url).channel
        caller = person(role)
        for call, allowed in (
            (lambda: services.list_channels(caller), reads),
            (lambda: services.get(caller, channel.pk), reads),
            (lambda: services.deliveries(caller), reads),
            (lambda: services.create(caller, ChannelSpec("webhook", role, {"address": server.url})), changes),
            (lambda: services.set_rules(caller, channel.pk, {}), changes),
            (lambda: services.change(caller, channel.pk, "Hook", {}), changes),
            (lambda: services.set_paused(caller, channel.pk, True), changes),
            (lambda: services.test(caller, channel.pk), changes),
            (lambda: services.remove(caller, channel.pk), changes),
        ):
            if allowed:
                call()
            else:
                with pytest.raises(PermissionDenied):
                    call()


def test_rules_are_kept_and_replaced():
    with serving(said()) as server:
        channel = webhook(server.url).channel
    assert {rule.kind for rule in channel.rules.all()} == set(services.DEFAULT_RULES)
    wanted = {"token.expiring": RuleSpec(When.DAILY), OTHERS: RuleSpec(When.NEVER, Severity.CRITICAL)}
    services.set_rules(local_caller(), channel.pk, wanted)
    rules = {rule.kind: (rule.when, rule.least) for rule in Rule.objects.filter(channel=channel)}
    assert rules == {"token.expiring": ("daily", "info"), OTHERS: ("never", "critical")}
    with pytest.raises(InvalidInput, match="no kind of event"):
        services.set_rules(local_caller(), channel.pk, {"nonsense": RuleSpec(When.DAILY)})
    assert Rule.objects.filter(channel=channel).count() == 2


def test_what_is_wrong_is_said_beside_its_field():
    with serving(said()) as server:
        webhook(server.url)
        with pytest.raises(Conflict, match="already"):
            webhook(server.url)
        for name in ("", " ", "x" * 61, "a\nb"):
            with pytest.raises(InvalidInput) as refused:
                webhook(server.url, name=name)
            assert refused.value.field == "name"
        with pytest.raises(InvalidInput, match="Address is missing"):
            webhook("", name="other")
        with pytest.raises(InvalidInput, match="too long"):
            webhook("https://x/" + "a" * 5000, name="other")
    assert Channel.objects.count() == 1


def test_a_channel_gets_another_address_and_keeps_what_was_left_empty():
    with serving(said()) as server, serving(said()) as other:
        address, key = f"{server.url}/{canaries.plant('first address')}", canaries.plant("key that stays")
        channel = webhook(address, key).channel
        Channel.objects.update(problem="gone")
        second = f"{other.url}/{canaries.plant('second address')}"
        changed = services.change(local_caller(), channel.pk, "Other", {"address": second})
    assert (changed.name, changed.target, changed.problem) == ("Other", f"localhost:{other.port}", "")
    assert vault.reveal(local_caller(), place(channel.pk, "address")).reveal() == second
    assert vault.reveal(local_caller(), place(channel.pk, "key")).reveal() == key
    entry = Entry.objects.filter(action="notification:change").get()
    assert (entry.subject["before"], entry.subject["secrets"]) == ("Hook", ["address"])
    with pytest.raises(InvalidInput) as refused:
        services.change(local_caller(), channel.pk, "Other", {"address": "ftp://x"})
    assert refused.value.field == "address"
    webhook(second, key, name="Taken")
    with pytest.raises(Conflict):
        services.change(local_caller(), channel.pk, "Taken", {})
    assert services.change(local_caller(), channel.pk, "Other", {}).name == "Other"
    assert vault.reveal(local_caller(), place(channel.pk, "address")).reveal() == second


def test_the_test_button_tells_what_really_came_of_it():
    with serving(said(200, b"ok")) as server:
        channel = webhook(server.url).channel
        first = services.test(local_caller(), channel.pk)
        second = services.test(local_caller(), channel.pk)
    assert first == second == services.AtOnce(True, "The receiver answered with status 200.")
    assert [body["events"][0]["kind"] for body in bodies(server)] == ["notification.test"] * 2
    assert len({body["delivery"] for body in bodies(server)}) == 2
    assert services.get(local_caller(), channel.pk).sent_at
    gone = services.test(local_caller(), channel.pk)
    assert not gone.arrived
    assert "refuses connections" in gone.said
    assert services.get(local_caller(), channel.pk).problem == gone.said
    states = [row.state for row in services.deliveries(local_caller(), channel.pk)]
    assert states == [State.FAILED, State.SENT, State.SENT]
    tests = Entry.objects.filter(action="notification:test").order_by("seq")
    assert [entry.subject["arrived"] for entry in tests] == [True, True, False]


def test_a_removed_channel_keeps_no_secret():
    with serving(said()) as server:
        channel = webhook(server.url).channel
        services.remove(local_caller(), channel.pk)
        assert not vault.exists(place(channel.pk, "address"))
        assert not vault.exists(place(channel.pk, "key"))
        assert services.list_channels(local_caller()) == []
        assert services.deliveries(local_caller()) == []
        for number in (channel.pk, 0, -1, 2**70):
            with pytest.raises(NotFound):
                services.get(local_caller(), number)
        webhook(server.url)


def test_every_change_is_on_record():
    with serving(said()) as server:
        channel = webhook(server.url).channel
        services.set_paused(local_caller(), channel.pk, True)
        services.set_paused(local_caller(), channel.pk, False)
        services.remove(local_caller(), channel.pk)
    actions = [
        entry.action for entry in Entry.objects.order_by("seq") if entry.action.startswith("notification")
    ]
    assert actions == [
        "notification:create",
        "notification:change",
        "notification:change",
        "notification:remove",
    ]


def test_kinds_of_events_are_whole_and_those_published_are_among_them():
    import ast

    assert all(kind.title and kind.about.endswith(".") and "." in name for name, kind in EVENTS.items())
    published = {
        call.args[0].value
        for path in sources()
        for call in ast.walk(tree(path))
        if isinstance(call, ast.Call)
        and getattr(call.func, "id", "") == "Event"
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }
    assert published <= set(EVENTS), published - set(EVENTS)


def test_deliveries_are_shown_with_what_they_say():
    with serving(said()) as server:
        channel = webhook(server.url).channel
    delivery = Delivery.objects.create(channel=channel, due_at=timezone.now())
    delivery.occurrences.add(
        Occurrence.objects.create(kind="scan.failed", severity="warning", title="t", by="x")
    )
    (row,) = services.deliveries(local_caller(), most=5)
    assert [each.title for each in row.occurrences.all()] == ["t"]
    assert json.dumps(channel.values)
