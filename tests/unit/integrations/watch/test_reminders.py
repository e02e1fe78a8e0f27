"""Each reminder comes once: over restarts, over days without a server, and while the clock goes back and forth."""

import random
from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from keyhole.accounts.services import local_caller
from keyhole.connections import services as connections
from keyhole.integrations import services
from keyhole.integrations.models import Reminder, Task, TaskKind
from keyhole.integrations.watch import reminders, schedule
from keyhole.integrations.watch.reminders import DAYS, crossed, remind_all
from keyhole.tokens.models import Purpose, Token
from keyhole.tokens.services import revoke
from tests.unit.connections.test_services import spec
from tests.unit.integrations.test_holdings import harbour, issue  # noqa: F401  # a fixture

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def told(monkeypatch):
    said = []
    monkeypatch.setattr(reminders, "tell", lambda caller, notice: said.append(notice))
    return said


@pytest.fixture
def token(harbour):  # noqa: F811
    made = issue(local_caller(), "Scanner", *harbour)
    begins = timezone.now()
    Token.objects.update(created_at=begins, expires_at=begins + 90 * DAY)
    return Token.objects.get(pk=made.pk)


def on(token, day):
    return remind_all(local_caller(), token.created_at + day * DAY + timedelta(minutes=5))


def kinds(told):
    return [notice.kind for notice in told]


def test_a_token_is_spoken_of_five_times_in_ninety_days(token, told):
    spoken = {day: on(token, day) for day in range(100)}
    assert [day for day, number in spoken.items() if number] == [60, 76, 83, 89, 90]
    assert kinds(told) == ["token.expiring"] * 4 + ["token.expired"]
    assert [notice.severity for notice in told] == ["info", "info", "warning", "warning", "critical"]
    assert "Scanner" in told[0].title


def test_asking_often_says_nothing_twice(token, told):
    for _ in range(3):
        on(token, 83)
    assert len(told) == 1


def test_after_weeks_without_a_server_only_the_last_one_is_said(token, told):
    assert on(token, 88) == 1
    assert "7 days or less" in told[0].title
    assert Reminder.objects.filter(sent=False).count() == 2
    assert on(token, 90) == 1


def test_what_expired_long_ago_is_not_dug_up(token, told):
    assert on(token, 98) == 0


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 99), max_size=25))
def test_no_reminder_comes_twice_whatever_the_clock_does(days):
    owner = local_caller()
    number = random.Random(str(days)).randrange(10**9)
    begins = timezone.now()
    end = begins + 90 * DAY + timedelta(microseconds=number)
    ending = reminders.Ending("token", number, "x", "/x", begins, end)
    for day in days:
        reminders._remind(owner, ending, begins + day * DAY + timedelta(minutes=5))
    sent = Counter(Reminder.objects.filter(subject=number, sent=True).values_list("days", flat=True))
    assert set(sent.values()) <= {1}
    last = max(days, default=0)
    assert set(crossed(begins, end, begins + last * DAY + timedelta(minutes=5))) == set(
        Reminder.objects.filter(subject=number).values_list("days", flat=True)
    )


@pytest.mark.parametrize(
    ("life", "expected"), [(90, DAYS), (30, (14, 7, 1, 0)), (14, (7, 1, 0)), (7, (1, 0)), (2, (1, 0))]
)
def test_a_distance_as_long_as_the_whole_life_is_none(life, expected):
    begins = timezone.now()
    assert crossed(begins, begins + life * DAY, begins + life * DAY) == tuple(expected)
    assert crossed(begins, begins + life * DAY, begins) == ()


def test_the_expiration_itself_is_the_first_moment_that_is_no_longer_valid():
    begins = timezone.now()
    end = begins + 90 * DAY
    assert 0 not in crossed(begins, end, end - timedelta(microseconds=1))
    assert 0 in crossed(begins, end, end)


def test_revoked_and_scan_tokens_and_those_of_a_day_are_not_spoken_of(harbour, told):  # noqa: F811
    caller = local_caller()
    revoke(caller, issue(caller, "revoked", *harbour).pk)
    issue(caller, "scan", *harbour, purpose=Purpose.SCAN)
    short = issue(caller, "short", *harbour)
    now = timezone.now()
    Token.objects.update(created_at=now - 31 * DAY, expires_at=now + DAY)
    Token.objects.filter(pk=short.pk).update(created_at=now, expires_at=now + timedelta(hours=20))
    assert remind_all(caller, now + timedelta(hours=19)) == 0


def test_a_reminder_leads_to_the_integration(token, told):
    number = services.register(local_caller())[0].row.pk
    on(token, 83)
    assert told[0].url == f"/integrations/{number}"


def test_a_connection_is_spoken_of_and_anew_after_its_rotation(told):
    now = timezone.now()
    row = connections.connect(local_caller(), spec(expires_at=now + 90 * DAY))
    assert remind_all(local_caller(), now + 83 * DAY + timedelta(minutes=1)) == 1
    type(row).objects.update(expires_at=now + 173 * DAY)
    assert remind_all(local_caller(), now + 84 * DAY) == 0
    assert remind_all(local_caller(), now + 166 * DAY + timedelta(minutes=1)) == 1
    assert kinds(told) == ["connection.expiring"] * 2


def test_what_could_not_be_remembered_was_not_said(token, told, monkeypatch):
    def broken(caller, notice):
        raise RuntimeError

    monkeypatch.setattr(reminders, "tell", broken)
    with pytest.raises(RuntimeError):
        on(token, 83)
    assert not Reminder.objects.exists()


def test_the_job_reminds_and_makes_the_next_task(token, told):
    Token.objects.update(expires_at=timezone.now() + DAY / 2, created_at=timezone.now() - 90 * DAY)
    (number,) = schedule.due(TaskKind.REMIND)
    reminders.remind(number)
    reminders.remind(number)
    assert len(told) == 1
    assert Task.objects.get(pk=number).outcome == "1 reminder sent."
    assert Task.objects.filter(kind=TaskKind.REMIND, done_at=None).count() == 1
