"""What the watch says reaches the places that want it, in the transaction that remembers it, or not at all."""

from datetime import timedelta

import pytest
from django.utils import timezone

from keyhole.accounts.services import local_caller
from keyhole.integrations.models import Reminder
from keyhole.integrations.watch import probes, reminders
from keyhole.notifications import publishing
from keyhole.notifications.events import EVENTS, OTHERS
from keyhole.notifications.models import Occurrence, When
from keyhole.notifications.services import RuleSpec
from keyhole.tokens.models import Token
from tests.unit.integrations.test_holdings import harbour, issue  # noqa: F401  # a fixture
from tests.unit.notifications.kit import webhook

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _channel(settings, monkeypatch):
    settings.KEYHOLE_ALLOW_PRIVATE_ADDRESSES = True
    monkeypatch.setattr(publishing.engine, "enqueue", lambda kind, row: None)
    webhook("http://127.0.0.1:9", rules={OTHERS: RuleSpec(When.IMMEDIATELY)})


def expiring(harbour):  # noqa: F811
    issue(local_caller(), "Scanner", *harbour)
    now = timezone.now()
    Token.objects.update(created_at=now - timedelta(days=80), expires_at=now + timedelta(days=6))
    return now


def test_a_reminder_is_told_once_and_its_kind_is_known(harbour):  # noqa: F811
    now = expiring(harbour)
    for _ in range(2):
        reminders.remind_all(probes.watcher(), now)
    (told,) = Occurrence.objects.all()
    assert told.kind == "token.expiring"
    assert told.kind in EVENTS
    assert told.url.startswith(("/integrations/", "/settings/"))
    assert told.by == "keyhole watch"


def test_what_was_not_remembered_was_not_told(harbour, monkeypatch):  # noqa: F811
    now = expiring(harbour)

    def broken(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr(reminders, "_notice", broken)
    with pytest.raises(RuntimeError):
        reminders.remind_all(probes.watcher(), now)
    assert not Reminder.objects.exists()
    assert not Occurrence.objects.exists()
