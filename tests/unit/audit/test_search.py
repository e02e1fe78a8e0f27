"""Finding records: every filter finds exactly what a slow look at all records finds, page after page."""

import itertools
import random
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from keyhole.audit.log import CLOCK_ACCEPTED, Chain, Draft
from keyhole.audit.models import Entry
from keyhole.audit.search import Filter, actions, day, every, find
from keyhole.core.errors import InvalidInput

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = ("Mara@harbour.example", "ci", "scan 7")
REPOSITORIES = ("Harbour/tide-api", "harbour/ledger", "other/tide-api")


def draft(number):
    """One of many, all different in what they are about."""
    subject = {}
    if number % 3:
        named = [REPOSITORIES[number % 3]] + ([REPOSITORIES[0]] if number % 5 == 0 else [])
        subject["repositories"] = named
    elif number % 2:
        subject["repository"] = REPOSITORIES[number % 3]
    if number % 7 == 0:
        subject["subject_token_id"] = number % 4 + 1
    actor = {"name": PEOPLE[number % 3], "via": "token"}
    if number % 2:
        actor["token_id"] = number % 4 + 1
    if number % 4 < 3:
        actor["address"] = f"192.0.2.{number % 4}"
    action = ("git:act", "rest:act", "rest:refuse", "token:revoke")[number % 4]
    return Draft(action, "denied" if action == "rest:refuse" else "allowed", actor, subject)


@pytest.fixture
def many():
    with transaction.atomic():
        Chain().extend(draft(number) for number in range(120))
    return list(Entry.objects.order_by("seq"))


def matches(entry, wanted):
    """The slow way: from what is hashed, not from the columns for looking up."""
    subject, actor = entry.subject, entry.actor
    named = [name.lower() for name in [*subject.get("repositories", []), subject.get("repository", "")]]
    kind = wanted.action.removesuffix("*")
    return all(
        (
            not wanted.id or entry.id == wanted.id,
            not wanted.outcome or entry.outcome == wanted.outcome,
            not wanted.action
            or (entry.action.startswith(kind) if wanted.action.endswith("*") else entry.action == kind),
            not wanted.who or actor["name"].lower() == wanted.who.lower(),
            wanted.token_ids is None
            or actor.get("token_id") in wanted.token_ids
            or subject.get("subject_token_id") in wanted.token_ids,
            not wanted.repository or wanted.repository.lower() in named,
            not wanted.address or actor.get("address") == wanted.address,
            wanted.since is None or entry.at >= wanted.since,
            wanted.until is None or entry.at < wanted.until,
        )
    )


CHOICES = {
    "outcome": ("", "allowed", "denied"),
    "action": ("", "git:act", "rest:*", "nothing:*"),
    "who": ("", "mara@HARBOUR.example", "ci", "nobody"),
    "token_ids": (None, (), (1,), (1, 3), tuple(range(1, 4)) + tuple(range(50, 60))),
    "repository": ("", "harbour/TIDE-api", "harbour/ledger", "harbour/tide"),
    "address": ("", "192.0.2.1", "192.0.2.9"),
}


def test_every_combination_finds_what_the_slow_way_finds_in_pages(many):
    together = list(itertools.product(*CHOICES.values()))
    alone = [picked for picked in together if sum(one not in ("", None) for one in picked) == 1]
    for picked in [*alone, *random.Random(1).sample(together, 200)]:
        wanted = Filter(**dict(zip(CHOICES, picked, strict=True)))
        expected = [entry.seq for entry in many if matches(entry, wanted)]
        assert [entry.seq for entry in every(wanted)] == expected, wanted
        pages, before = [], None
        while page := find(wanted, 7, before):
            pages += [entry.seq for entry in page]
            before = page[-1].seq
        assert pages == expected[::-1], wanted


def test_an_id_finds_its_record(many):
    assert [entry.seq for entry in find(Filter(id=many[17].id), 50)] == [18]
    assert find(Filter(id="ex_nothing"), 50) == []
    assert find(Filter(id="' OR 1=1 --"), 50) == []


def spread(many):
    """The records, a minute apart, as they would be after two hours."""
    start = datetime(2026, 11, 1, 12, tzinfo=UTC)
    for entry in many:
        Entry.objects.filter(seq=entry.seq).update(at=start + timedelta(minutes=entry.seq))
    return start


def test_a_span_of_time_is_half_open_and_exact(many):
    start = spread(many)
    wanted = Filter(since=start + timedelta(minutes=10), until=start + timedelta(minutes=20))
    assert [entry.seq for entry in every(wanted)] == list(range(10, 20))
    assert [entry.seq for entry in find(wanted, 3)] == [19, 18, 17]
    assert find(Filter(since=start + timedelta(days=1)), 5) == []
    assert find(Filter(until=start), 5) == []


def test_where_the_clock_was_set_back_moments_count_and_not_positions(many):
    start = spread(many)
    with transaction.atomic():
        Chain().extend([Draft(CLOCK_ACCEPTED, "allowed", {"name": "x"}, {})])
    Entry.objects.filter(seq=121).update(at=start + timedelta(minutes=15))
    wanted = Filter(since=start + timedelta(minutes=10), until=start + timedelta(minutes=20))
    assert [entry.seq for entry in every(wanted)] == [*range(10, 20), 121]


def test_the_actions_on_record_are_known(many):
    assert actions() == ["git:act", "rest:act", "rest:refuse", "token:revoke"]


@pytest.mark.parametrize("asked", ["Git:act", "TOKEN:*"])
def test_an_action_may_be_written_in_any_case(many, asked):
    found = list(every(Filter(action=asked)))
    assert found == list(every(Filter(action=asked.lower())))
    assert found


def test_no_actions_without_records():
    assert actions() == []
    assert find(Filter(action="token:*"), 5) == []


def test_what_is_exported_ends_where_it_was_asked_to(many):
    assert [entry.seq for entry in every(Filter(), up_to=5)] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "wanted",
    [
        Filter(who="ci"),
        Filter(action="git:act"),
        Filter(outcome="denied"),
        Filter(token_ids=(2,)),
        Filter(repository="harbour/ledger"),
        Filter(address="192.0.2.1"),
        Filter(since=datetime(2020, 1, 1, tzinfo=UTC)),
    ],
    ids=["who", "action", "denied", "token", "repository", "address", "since"],
)
def test_each_filter_is_answered_by_an_index_in_its_order(many, wanted):
    if connection.vendor != "sqlite":
        pytest.skip("SQLite tells its plan in these words")
    with CaptureQueriesContext(connection) as asked:
        find(wanted, 10, 1000)
    plans = []
    with connection.cursor() as cursor:
        for query in asked.captured_queries:
            if query["sql"].startswith("SELECT") and "hash" in query["sql"]:
                cursor.execute("EXPLAIN QUERY PLAN " + query["sql"])
                plans += [row[3] for row in cursor.fetchall()]
    assert plans
    assert not [plan for plan in plans if plan.startswith("SCAN") or "TEMP B-TREE" in plan], plans


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13-01", "2026-02-30", "01.02.2026", "2026-1-1x", "10000-01-01"]
)
def test_what_is_no_date_is_refused(text):
    with pytest.raises(InvalidInput):
        day(text, "from")


def test_the_last_day_there_is_has_a_day_after_it():
    assert day("9999-12-31", "to") + timedelta(days=1)
    assert day("2026-11-25", "to") == datetime(2026, 11, 25, tzinfo=UTC)
