"""What the first page says of findings: as it was on each day, also on those on which nothing happened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from keyhole.core.terms import Severity
from keyhole.findings import services, trend
from keyhole.findings.models import Problem
from keyhole.web.templatetags.findings import trend_chart
from tests.unit.findings.making import boss, repository, scanned, secret, vulnerable

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture
def on(monkeypatch):
    """Does something as if it were so many days ago."""

    def at(days, work):
        monkeypatch.setattr(timezone, "now", lambda: NOW - timedelta(days=days))
        return work()

    return at


def test_days_without_a_scan_are_as_the_one_before_and_each_repository_counts(on):
    here, there = repository(), repository()
    critical, low = secret("a", severity=Severity.CRITICAL), secret("b", severity=Severity.LOW)
    on(60, lambda: scanned(here, [critical, low]))
    on(10, lambda: scanned(there, [critical]))
    on(3, lambda: scanned(here, [low]))
    seen = on(0, lambda: trend.standing(boss()))
    assert [each.total for each in seen.days] == [2] * 19 + [3] * 7 + [2] * 4
    assert seen.days[-1].open == {"critical": 1, "high": 0, "medium": 0, "low": 1} == seen.open
    assert (seen.new, seen.fixed) == (1, 1)
    assert seen.days[-4].fixed == 1
    here.removed_at = NOW
    here.save()
    assert on(0, lambda: trend.standing(boss())).total == 1
    picture = trend_chart(seen.days)
    assert "from 2 to 2, at most 3" in picture
    assert picture.count("<rect") == 1 + 19 * 2 + 7 * 2 + 4 * 2


def test_nothing_is_known_before_the_first_finding(on):
    assert not trend.standing(boss()).known
    assert "from 0 to 0" in trend_chart(trend.standing(boss()).days)


def test_what_is_exploited_comes_first_then_the_worst_then_the_overdue(on):
    place = repository()
    rows = [
        vulnerable("a", ["CVE-1"], title="exploited", severity=Severity.LOW, kev=True),
        secret("b", title="worst", severity=Severity.CRITICAL),
        secret("c", title="high and late"),
        vulnerable("d", ["CVE-4"], title="high and likely", epss=0.9),
        secret("e", title="high"),
        secret("f", title="medium", severity=Severity.MEDIUM),
    ]
    on(0, lambda: scanned(place, rows))
    Problem.objects.filter(title="high and late").update(due_at=NOW - timedelta(days=1))
    Problem.objects.filter(title="medium").update(due_at=NOW + timedelta(days=1))
    seen = trend.standing(boss())
    assert [row.title for row in seen.top] == [
        "exploited",
        "worst",
        "high and late",
        "high and likely",
        "high",
    ]
    assert (seen.overdue, seen.soon) == (1, 1)


def test_the_most_urgent_are_among_any_number_of_the_same_severity(on):
    late = [secret(f"late {n}", title=f"late {n}") for n in range(3)]
    likely = [vulnerable(f"a{n}", [f"CVE-{n}"], title=f"likely {n}", epss=0.9 - n / 10) for n in range(3)]
    on(0, lambda: scanned(repository(), [*late, *likely, *(secret(f"new {n}") for n in range(250))]))
    Problem.objects.filter(title__startswith="late").update(due_at=NOW - timedelta(days=1))
    assert [row.title for row in trend.standing(boss()).top] == [
        "late 0",
        "late 1",
        "late 2",
        "likely 0",
        "likely 1",
    ]


def test_what_a_scan_of_another_repository_covers_is_counted_too():
    here, there = repository(), repository()
    scanned(there, [vulnerable("flask", ["CVE-2"])])
    scanned(here, [vulnerable("flask", ["GHSA-1"], lasting="x")])
    named = Problem.objects.get(repository=here)
    spec = services.DecisionSpec("false_positive", "Not used.", scope="package", problems=(named.pk,))
    services.decide(boss(), spec)
    known, more = ["GHSA-1", "CVE-2"], vulnerable("flask", ["GHSA-1"], lasting="y")
    scanned(here, [vulnerable("flask", known, lasting="x"), more])
    assert Problem.objects.get(repository=there).decided == "false_positive"
    seen = trend.standing(boss())
    assert (seen.total, seen.days[-1].total) == (0, 0)
