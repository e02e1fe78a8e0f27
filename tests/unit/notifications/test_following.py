"""The audit log is followed: what is news is told once, whatever happens in between; what is none is not."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model

from keyhole.accounts import members
from keyhole.accounts.services import local_caller, owner_for
from keyhole.audit.log import ALLOWED, DENIED, Draft, append
from keyhole.core.actions import Role
from keyhole.core.request import OwnerKind
from keyhole.jobs import registry
from keyhole.notifications import following, publishing
from keyhole.notifications.events import EVENTS, OTHERS, Severity
from keyhole.notifications.models import Delivery, Followed, Occurrence, When
from keyhole.notifications.services import RuleSpec
from tests.unit.notifications.kit import webhook
from tests.unit.providers.http_kit import said, serving

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.loopback]


@pytest.fixture(autouse=True)
def _channel(settings, monkeypatch):
    """A channel that wants to know everything, and a log that is followed from here on."""
    settings.KEYHOLE_ALLOW_PRIVATE_ADDRESSES = True
    monkeypatch.setattr(publishing.engine, "enqueue", lambda *_: None)
    with serving(said()) as server:
        webhook(server.url, rules={OTHERS: RuleSpec(When.IMMEDIATELY)})
    assert following._unfinished() == []


def follow():
    for row in following._unfinished():
        following.run(row)
    assert following._unfinished() == []
    return [
        (each.kind, Severity(each.severity), each.title, each.url)
        for each in Occurrence.objects.order_by("pk")
    ]


def on_record(action, subject, outcome=ALLOWED, via="web", name="mara@harbour.example"):
    append(
        Draft(action=action, outcome=outcome, actor={"user_id": 1, "name": name, "via": via}, subject=subject)
    )


SCAN = {"scan_id": 3, "repository": "harbour/tide", "state": "complete", "reason": "", "counters": {}}
NEWS = [
    (
        "member:change",
        {"member": "mia", "user_id": 4, "role": "owner", "before": "member"},
        ("member.changed", Severity.WARNING, "mia is owner now, and was member", "/settings/members/4"),
    ),
    (
        "member:change",
        {"member": "mia", "user_id": 4, "active": False, "why": "left"},
        ("member.changed", Severity.WARNING, "mia may do nothing here any more", "/settings/members/4"),
    ),
    (
        "account:create",
        {"login": "mia", "invitation": 2, "role": "member"},
        ("member.joined", Severity.INFO, "mia took the invitation and is member here", "/settings/members"),
    ),
    (
        "account:create",
        {"login": "nina", "issuer": "https://login.example", "role": "auditor"},
        (
            "member.joined",
            Severity.INFO,
            "nina joined by the OpenID provider and is auditor here",
            "/settings/members",
        ),
    ),
    (
        "policy:change",
        {"second_factor": ["owner"]},
        ("policy.changed", Severity.WARNING, "mara@harbour.example changed the policy", "/settings/policy"),
    ),
    (
        "token:revoke",
        {"token": "CI", "subject_token_id": 9, "why": "leaked"},
        (
            "token.revoked",
            Severity.INFO,
            "mara@harbour.example revoked the token CI",
            "/settings/personal-access-tokens/9",
        ),
    ),
    (
        "token:rotate",
        {"token": "CI", "subject_token_id": 9, "overlap_hours": 24},
        (
            "token.rotated",
            Severity.INFO,
            "mara@harbour.example rotated the token CI",
            "/settings/personal-access-tokens/9",
        ),
    ),
    (
        "token:create",
        {"token": "CI", "subject_token_id": 9, "waits_for_approval": True},
        (
            "token.approval_requested",
            Severity.WARNING,
            "mara@harbour.example asks for the token CI",
            "/settings/approvals",
        ),
    ),
    (
        "approval:decide",
        {"token": "CI", "subject_token_id": 9, "decision": "denied", "why": "too much"},
        (
            "token.approval_decided",
            Severity.INFO,
            "mara@harbour.example denied the token CI",
            "/settings/personal-access-tokens/9",
        ),
    ),
    (
        "connection:rotate",
        {"connection": "Harbour", "connection_id": 5, "step": "finish"},
        (
            "connection.rotated",
            Severity.INFO,
            "The connection Harbour uses its new credential",
            "/connections/5",
        ),
    ),
    (
        "scan:finish",
        {**SCAN, "counters": {"new": 2, "new_by_severity": {"critical": 1, "low": 1}, "low": 5}},
        ("scan.findings", Severity.CRITICAL, "2 new findings in harbour/tide", "/scans/3"),
    ),
    (
        "scan:finish",
        {**SCAN, "counters": {"new": 1, "new_by_severity": {"low": 1}, "critical": 7, "findings": 8}},
        ("scan.findings", Severity.INFO, "1 new finding in harbour/tide", "/scans/3"),
    ),
    (
        "scan:finish",
        {**SCAN, "counters": {"findings": 1, "high": 1}},
        ("scan.findings", Severity.WARNING, "1 new finding in harbour/tide", "/scans/3"),
    ),
    (
        "scan:finish",
        {**SCAN, "counters": {"new": 0, "findings": 9, "critical": 9}},
        ("scan.completed", Severity.INFO, "The scan of harbour/tide found nothing new", "/scans/3"),
    ),
    (
        "scan:finish",
        {**SCAN, "state": "incomplete", "reason": "a file is too large"},
        ("scan.failed", Severity.WARNING, "The scan of harbour/tide could not see everything", "/scans/3"),
    ),
    (
        "scan:finish",
        {**SCAN, "state": "failed", "reason": "no such branch"},
        ("scan.failed", Severity.WARNING, "The scan of harbour/tide failed", "/scans/3"),
    ),
]


@pytest.mark.parametrize(("action", "subject", "told"), NEWS)
def test_what_is_news_is_told(action, subject, told):
    on_record(action, subject)
    assert follow() == [told]
    assert told[0] in EVENTS
    assert follow() == [told], "once"
    assert Delivery.objects.count() == 1


NO_NEWS = [
    ("member:change", {"member": "mia", "role": "owner"}, {"outcome": DENIED}),
    ("account:create", {"login": "mara"}, {}),
    ("token:create", {"token": "CI", "waits_for_approval": False}, {}),
    ("token:rotate", {"token": "CI", "cancelled": True}, {}),
    ("token:revoke", {"token": "scan 3"}, {"via": "job", "name": "scan 3"}),
    ("connection:rotate", {"connection": "Harbour", "step": "begin"}, {}),
    ("scan:finish", {**SCAN, "state": "stopped"}, {}),
    ("vault:reveal", {"table": "connection", "row": 1}, {}),
    ("vault:reveal", {"table": "connection", "row": 1, "why": "none kept"}, {"outcome": DENIED}),
    ("repository:connect", {"repository": "harbour/tide"}, {}),
]


@pytest.mark.parametrize(("action", "subject", "more"), NO_NEWS)
def test_what_is_none_is_not(action, subject, more):
    on_record(action, subject, **more)
    assert follow() == []


def test_a_sealed_vault_is_told_of_once_and_not_by_its_own_refusals(monkeypatch):
    state = following.vault.State(True, "The keys are missing.", "Put them back.")
    monkeypatch.setattr(following.vault, "state", lambda: state)
    on_record("vault:reveal", {"why": "sealed"}, DENIED, via="job", name=publishing.SENDER)
    assert follow() == []
    for _ in range(3):
        on_record("vault:reveal", {"why": "sealed"}, DENIED)
    assert follow() == [("vault.sealed", Severity.CRITICAL, "The vault is sealed", "/")]
    assert Occurrence.objects.get().text == "The keys are missing. Put them back."


def test_real_acts_are_told():
    owner = owner_for("mia", OwnerKind.USER)
    mia = get_user_model().objects.create(email="mia@example.invalid", owner=owner, role_name="member")
    members.change_role(local_caller(), mia.pk, Role.AUDITOR)
    assert [title for _, _, title, _ in follow()] == ["mia is auditor now, and was member"]


def test_many_are_told_in_portions_and_a_crash_loses_none(monkeypatch):
    monkeypatch.setattr(following, "_AT_ONCE", 3)
    monkeypatch.setattr(publishing, "MOST_AN_HOUR", 1000)
    for number in range(10):
        on_record("token:revoke", {"token": f"T{number}", "subject_token_id": number})
    (row,) = following._unfinished()
    calls = []

    def crashes(entry):
        calls.append(entry.seq)
        if len(calls) == 5:
            raise SystemExit
        return original(entry)

    original = following.told
    with monkeypatch.context() as patch:
        patch.setattr(following, "told", crashes)
        with pytest.raises(SystemExit):
            following.run(row)
    assert Occurrence.objects.count() == 3, "the portion in which it crashed is taken back as a whole"
    assert [title.rsplit(" ", 1)[1] for _, _, title, _ in follow()] == [f"T{number}" for number in range(10)]


def test_a_record_of_another_shape_holds_nobody_up(caplog):
    on_record("scan:finish", {"counters": [1], "state": "complete"})
    on_record("token:revoke", {"token": "CI", "subject_token_id": 1})
    assert [kind for kind, *_ in follow()] == ["token.revoked"]


def test_what_happened_before_is_told_to_nobody():
    Followed.objects.all().delete()
    on_record("token:revoke", {"token": "CI", "subject_token_id": 1})
    assert follow() == []
    assert following.KIND in {each.kind for each in registry.registered()}
