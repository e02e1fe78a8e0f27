"""Parting what was merged stays so, and can be taken back; views are kept by those whose they are."""

from __future__ import annotations

import pytest

from keyhole.core.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from keyhole.core.terms import Severity
from keyhole.findings import apart, paging, saved, services
from keyhole.findings.filtering import Order, ProblemFilter
from keyhole.findings.models import Problem
from tests.unit.findings.making import boss, person, repository, scanned, secret, vulnerable

pytestmark = pytest.mark.django_db


@pytest.fixture
def merged():
    place = repository()
    found = [secret("a", title="sure"), secret("a", rule="generic", title="unsure", severity=Severity.LOW)]
    scanned(place, found)
    return place, found


def unsure():
    return Problem.objects.get(title="unsure")


def test_what_was_parted_stays_parted_until_that_is_taken_back(merged):
    place, found = merged
    assert unsure().merged_into.title == "sure"
    apart.unmerge(boss(), unsure().pk)
    scanned(place, found)
    assert unsure().is_open
    apart.merge_again(boss(), unsure().pk)
    assert unsure().merged_into.title == "sure"
    assert [event.what for event in unsure().events.all()] == ["merged", "unmerged", "merged"]


def test_only_what_is_merged_can_be_parted_and_only_by_those_who_decide(merged):
    sure = Problem.objects.get(title="sure")
    with pytest.raises(Conflict):
        apart.unmerge(boss(), sure.pk)
    with pytest.raises(Conflict):
        apart.merge_again(boss(), sure.pk)
    with pytest.raises(PermissionDenied):
        apart.unmerge(person("member", "mia"), unsure().pk)


def test_a_decision_about_a_secret_does_not_hold_for_one_that_is_not_the_same(merged):
    place, found = merged
    apart.unmerge(boss(), unsure().pk)
    sure = Problem.objects.get(title="sure")
    services.decide(boss(), services.DecisionSpec("false_positive", "Dummy.", problems=(sure.pk,)))
    scanned(place, found)
    assert unsure().is_open


def decided(row):
    return services.decide(boss(), services.DecisionSpec("false_positive", "Dummy.", problems=(row.pk,)))


@pytest.mark.parametrize("first", ["sure", "unsure"])
def test_a_decision_that_was_carried_to_what_is_not_the_same_is_taken_from_there(first):
    place = repository()
    sure = secret("a", title="sure")
    low = secret("a", rule="generic", title="unsure", severity=Severity.LOW)
    scanned(place, [sure if first == "sure" else low])
    decision = decided(Problem.objects.get())
    scanned(place, [sure, low])
    assert Problem.objects.filter(decision=decision).count() == 2
    apart.unmerge(boss(), unsure().pk)
    for _ in range(2):
        (left,) = Problem.objects.filter(is_open=True)
        assert left.title != first
        assert left.events.filter(what="withdrawn", decision=decision).count() == 1
        assert [row.title for row in decision.problems.all()] == [first]
        scanned(place, [sure, low])


def test_what_somebody_named_or_what_another_decision_covers_stays_decided(merged):
    place, _ = merged
    sure = Problem.objects.get(title="sure")
    both = services.DecisionSpec("false_positive", "Dummy.", problems=(sure.pk, unsure().pk))
    decision = services.decide(boss(), both)
    apart.unmerge(boss(), unsure().pk)
    assert unsure().decision == decision
    services.withdraw(boss(), decision.pk)
    apart.merge_again(boss(), unsure().pk)
    everywhere = services.DecisionSpec(
        "false_positive", "Ours.", scope="repository", repository_id=place.pk, rule="generic"
    )
    wider = services.decide(boss(), everywhere)
    decided(sure)
    apart.unmerge(boss(), unsure().pk)
    assert unsure().decision == wider


def test_views_are_ones_own_or_shared():
    mia, ann = person("member", "mia"), person("auditor", "ann")
    own = saved.save_view(mia, " Mine ", "kind=secret", shared=False)
    shared = saved.save_view(mia, "Ours", "severity=high", shared=True)
    assert [view.name for view in saved.views(mia)] == ["Mine", "Ours"]
    assert [view.name for view in saved.views(ann)] == ["Ours"]
    with pytest.raises(Conflict):
        saved.save_view(mia, "Mine", "", shared=False)
    for name in ("", "x" * 61, "a\u202eb"):
        with pytest.raises(InvalidInput):
            saved.save_view(mia, name, "", shared=False)
    with pytest.raises(NotFound):
        saved.remove_view(ann, shared.pk)
    saved.remove_view(mia, own.pk)
    assert [view.name for view in saved.views(mia)] == ["Ours"]


@pytest.mark.parametrize("order", Order)
def test_pages_of_any_order_have_everything_once(order):
    place = repository()
    severities = list(Severity)
    scanned(
        place,
        [
            vulnerable(
                f"p{n}",
                [f"CVE-{n}"],
                severity=severities[n % 4],
                kev=n % 5 == 0,
                epss=[-1.0, 0.5, 0.9][n % 3],
            )
            for n in range(23)
        ],
    )
    for row in Problem.objects.all():
        row.due_at = row.opened_at if row.pk % 3 == 0 else None
        row.save(update_fields=["due_at"])
    rows = services.list_problems(boss(), ProblemFilter(order=order))
    expected = [row.pk for row in rows]
    seen: list[int] = []
    while batch := list((paging.after(rows, order, seen[-1]) if seen else rows)[:4]):
        seen += [row.pk for row in batch]
    assert seen == expected
