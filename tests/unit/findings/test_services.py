"""Decisions cover what they say, also what comes later, for as long as they are in force, and can be taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from keyhole.audit.models import Entry
from keyhole.core.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from keyhole.core.terms import Severity
from keyhole.findings import expiring, services
from keyhole.findings.deciding import widened
from keyhole.findings.filtering import Due, Order, ProblemFilter, Show
from keyhole.findings.judging import aside
from keyhole.findings.models import Decision, Problem
from keyhole.findings.numbers import facets
from keyhole.findings.services import DecisionSpec
from keyhole.findings.shown import decision_as_json
from keyhole.findings.trend import standing
from keyhole.inventory import services as libraries
from keyhole.repositories.models import Repository
from keyhole.scans.models import Scan
from tests.unit.findings.making import boss, person, repository, scanned, secret, vulnerable

pytestmark = pytest.mark.django_db
SOON = timedelta(days=30)


def until():
    return timezone.now() + SOON


def accept(*problems, **more):
    return DecisionSpec(
        "accepted", "A test value.", until(), problems=tuple(each.pk for each in problems), **more
    )


def shown(**wanted):
    return [row.title for row in services.list_problems(boss(), ProblemFilter(**wanted))]


def the(title):
    return Problem.objects.get(title__startswith=title)


def test_an_accepted_finding_stays_accepted_through_scans_and_its_decision_can_be_taken_back():
    place = repository()
    scanned(place, [secret("a", title="one"), secret("b", title="two")])
    decision = services.decide(boss(), accept(the("one")))
    assert shown() == ["two"]
    scanned(place, [secret("a", title="one", line=80), secret("b", title="two")], ref="refs/heads/dev")
    place.name = "renamed"
    place.save()
    scanned(place, [])
    scanned(place, [secret("a", title="one"), secret("b", title="two")])
    assert shown() == ["two"]
    assert shown(show=Show.ACCEPTED) == ["one"]
    services.withdraw(boss(), decision.pk)
    assert sorted(shown()) == ["one", "two"]
    assert [each.what for each in services.history(boss(), the("one"))] == [
        "decided",
        "fixed",
        "reopened",
        "withdrawn",
    ]
    with pytest.raises(Conflict):
        services.withdraw(boss(), decision.pk)
    actions = (
        Entry.objects.filter(action__startswith="finding:").order_by("seq").values_list("action", flat=True)
    )
    assert list(actions) == ["finding:decide", "finding:withdraw"]


def test_an_advisory_is_accepted_under_all_its_names_in_every_repository_also_later_ones():
    here, there, later = repository(), repository(), repository()
    scanned(here, [vulnerable("flask", ["CVE-1", "GHSA-1"], title="here")])
    scanned(
        there, [vulnerable("flask", ["GHSA-1"], title="there"), vulnerable("flask", ["CVE-9"], title="other")]
    )
    spec = accept(the("here"), scope="package")
    seen = services.preview(boss(), spec)
    assert seen.count == 2
    assert dict(seen.repositories) == {here.full_name: 1, there.full_name: 1}
    assert [row.title for row in seen.hides] == ["there", "here"]
    services.decide(boss(), spec)
    assert shown() == ["other"]
    scanned(later, [vulnerable("flask", ["GHSA-1", "PYSEC-1"], title="later")])
    scanned(
        here,
        [vulnerable("flask", ["PYSEC-1"], title="newest"), vulnerable("werkzeug", ["CVE-1"], title="else")],
    )
    assert sorted(shown()) == ["else", "other"]


def test_a_rule_of_a_repository_below_a_folder():
    place, other = repository(), repository()
    rows = [
        secret(n, path=path, title=path) for n, path in enumerate(["tests/a.py", "Tests/b.py", "tests2/c.py"])
    ]
    scanned(place, [*rows, secret("r", rule="other-rule", path="tests/d.py", title="another rule")])
    scanned(other, rows)
    spec = DecisionSpec(
        "false_positive",
        "Made up.",
        scope="repository",
        repository_id=place.pk,
        rule="github-token",
        path="tests/",
    )
    services.decide(boss(), spec)
    kept = services.list_problems(boss(), ProblemFilter(repository=(place.pk,)))
    assert sorted(row.title for row in kept) == ["Tests/b.py", "another rule", "tests2/c.py"]
    assert len(shown(repository=(other.pk,))) == 3
    scanned(place, [secret("later", path="tests/deep/e.py", title="later")])
    assert "later" not in shown()


def test_the_nearest_decision_counts_and_the_next_takes_its_place():
    place = repository()
    scanned(place, [vulnerable("flask", ["CVE-1"], title="one")])
    whole = services.decide(
        boss(), DecisionSpec("false_positive", "An archive.", scope="repository", repository_id=place.pk)
    )
    single = services.decide(boss(), accept(the("one")))
    services.decide(boss(), accept(the("one"), scope="package"))
    assert the("one").decision == single
    services.withdraw(boss(), single.pk)
    assert the("one").decision.scope == "package"
    services.withdraw(boss(), the("one").decision_id)
    assert the("one").decision == whole
    services.withdraw(boss(), whole.pk)
    assert the("one").decision is None


def test_what_has_expired_is_open_again_at_the_next_scan_and_without_one():
    place = repository()
    scanned(place, [secret("a", title="one"), secret("b", title="two")])
    first, second = (services.decide(boss(), accept(the(title))) for title in ("one", "two"))
    Decision.objects.update(expires_at=timezone.now())
    assert sorted(expiring._due()) == [first.pk, second.pk]
    expiring.expire_decision(first.pk)
    expiring.expire_decision(first.pk)
    assert Problem.objects.get(is_open=True) == the("one")
    assert the("one").status == "reopened"
    scanned(place, [secret("a", title="one"), secret("b", title="two")])
    assert sorted(shown()) == ["one", "two"]
    assert list(expiring._due()) == []
    assert Entry.objects.filter(action="finding:expire").count() == 2


def _looked_up(number):
    return services.get(boss(), number).decided


def _counted(number):
    return "" if facets(boss(), ProblemFilter())["total"]["all"] else "accepted"


def _judged(number):
    return "accepted" if aside(Scan.objects.get(), frozenset([the("one").key]), timezone.now()) else ""


def _told_of_the_decision(number):
    return "" if services.decisions(boss()).get().ended_at else "accepted"


def _of_a_library(number):
    found = libraries.problems(boss(), "PyPI", "flask").get()
    return found.decided


@pytest.mark.parametrize(
    "look",
    [
        lambda number: "" if shown() else "accepted",
        lambda number: "" if standing(boss()).total else "accepted",
        _looked_up,
        _counted,
        _judged,
        _told_of_the_decision,
        _of_a_library,
    ],
)
def test_what_has_expired_is_open_for_whoever_looks_though_no_worker_is_alive(look):
    scanned(repository(), [vulnerable("flask", ["CVE-1"], title="one")])
    services.decide(boss(), accept(the("one")))
    assert look(the("one").pk) == "accepted"
    Decision.objects.update(expires_at=timezone.now())
    assert look(the("one").pk) == ""


def test_where_nothing_can_be_written_findings_are_shown_all_the_same(monkeypatch, caplog):
    scanned(repository(), [secret("a", title="one"), secret("b", title="two")])
    services.decide(boss(), accept(the("one")))
    Decision.objects.update(expires_at=timezone.now())

    def full(_draft):
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(expiring, "append", full)
    assert shown() == ["two"]
    assert "could not be ended" in caplog.text


def test_a_decision_everywhere_hides_nothing_in_disconnected_repositories():
    here, gone = repository(), repository()
    for place in (here, gone):
        scanned(place, [vulnerable("flask", ["CVE-1"], title=f"in {place.name}")])
    Repository.objects.filter(pk=gone.pk).update(removed_at=timezone.now())
    spec = accept(the(f"in {here.name}"), scope="package")
    seen = services.preview(boss(), spec)
    assert (seen.count, dict(seen.repositories), seen.others) == (1, {here.full_name: 1}, 0)
    made = services.decide(boss(), spec)
    assert services.get_decision(boss(), made.pk).hides == 1
    assert [row.repository for row in services.hidden_by(boss(), made)] == [here]
    assert decision_as_json(made)["hides"] == 1
    assert services.covered_by(boss(), made).count() == 1
    Repository.objects.filter(pk=gone.pk).update(removed_at=None)
    assert services.hidden_by(boss(), made).count() == 2, "it holds when the repository is connected again"


def test_a_decision_replaces_none_that_was_made_since_somebody_looked_and_names_it():
    place = repository()
    scanned(place, [secret(name, title=name) for name in ("one", "two", "three")])
    spec = accept(the("one"), the("two"))
    looked = tuple(each.pk for each in services.preview(boss(), spec).replaces)
    services.decide(boss(), accept(the("three")))
    other = services.decide(person("maintainer", "mia"), replace(accept(the("two")), reason="Made up."))
    with pytest.raises(
        Conflict, match=rf"decision {other.pk}: accepted until .*, by mia@.*Made up"
    ) as refused:
        services.decide(boss(), replace(spec, replaces=looked))
    assert "three" not in refused.value.message
    assert Decision.objects.count() == 2
    assert shown() == ["one"]
    # Whoever has seen it, or does not ask, decides otherwise all the same, for all of them at once.
    services.decide(boss(), replace(spec, replaces=(other.pk,)))
    assert shown() == []
    services.decide(boss(), spec)
    # A nearer one is replaced by none, so nobody is asked about it.
    services.decide(
        boss(),
        DecisionSpec("false_positive", "Ours.", scope="repository", repository_id=place.pk, replaces=()),
    )


def test_a_decision_holds_for_the_same_thing_under_a_new_id():
    place = repository()
    scanned(place, [vulnerable("flask", ["GHSA-1"], title="old"), secret("a", title="first rule")])
    services.decide(boss(), accept(the("old"), the("first rule")))
    scanned(
        place,
        [
            vulnerable("flask", ["CVE-1", "GHSA-1"], title="with a CVE"),
            secret("a", rule="better-rule", title="better rule"),
            secret("z", title="another"),
        ],
    )
    assert shown() == ["another"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "ignored"}, "kind"),
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 1001}, "reason"),
        ({"reason": "a\u202eb"}, "reason"),
        ({"until": None}, "until"),
        ({"until": timezone.now() - SOON}, "until"),
        ({"until": timezone.now() + timedelta(days=9999)}, "until"),
        ({"problems": ()}, "problems"),
        ({"scope": "everything"}, "scope"),
        ({"scope": "package"}, "scope"),
        (
            {"scope": "package", "problems": (), "ecosystem": "PyPI", "package": "a", "ids": ("x" * 101,)},
            "ids",
        ),
    ],
)
def test_a_decision_that_makes_no_sense_names_the_field(change, field):
    scanned(repository(), [secret("a")])
    spec = {"kind": "accepted", "reason": "Why.", "until": until(), "problems": (Problem.objects.get().pk,)}
    with pytest.raises(InvalidInput) as refused:
        services.decide(boss(), DecisionSpec(**{**spec, **change}))
    assert refused.value.field == field
    assert not Decision.objects.exists()


def test_a_wider_decision_is_told_by_one_finding():
    scanned(repository(), [vulnerable("flask", ["CVE-1"]), vulnerable("jinja2", ["CVE-2"])])
    both = tuple(Problem.objects.values_list("pk", flat=True))
    for scope in ("package", "repository"):
        with pytest.raises(InvalidInput) as refused:
            services.preview(boss(), widened(DecisionSpec("false_positive", scope=scope, problems=both)))
        assert refused.value.field == "problems"


def test_what_is_not_there_is_not_found():
    with pytest.raises(NotFound):
        services.get(boss(), 1)
    with pytest.raises(NotFound):
        services.withdraw(boss(), 1)
    with pytest.raises(NotFound):
        services.decide(boss(), DecisionSpec("accepted", "Why.", until(), problems=(1,)))
    with pytest.raises(NotFound):
        services.preview(boss(), DecisionSpec("accepted", scope="repository", repository_id=7))


@pytest.mark.parametrize(("role", "may"), [("maintainer", True), ("member", False), ("auditor", False)])
def test_everybody_reads_and_maintainers_decide(role, may):
    scanned(repository(), [secret("a")])
    caller = person(role, "ann")
    row = services.list_problems(caller, ProblemFilter()).get()
    if may:
        services.withdraw(caller, services.decide(caller, accept(row)).pk)
        return
    decision = services.decide(boss(), accept(row))
    for refused in (
        lambda: services.decide(caller, accept(row)),
        lambda: services.preview(caller, accept(row)),
        lambda: services.withdraw(caller, decision.pk),
    ):
        with pytest.raises(PermissionDenied):
            refused()


def test_filters():
    place, other = repository(), repository()
    scanned(
        place,
        [
            secret("a", title="token", severity=Severity.CRITICAL, path="src/App.py"),
            vulnerable("flask", ["CVE-1"], title="flask", severity=Severity.LOW, epss=0.9),
            vulnerable("jinja2", ["CVE-2", "GHSA-2"], title="jinja2", kev=True),
        ],
    )
    scanned(other, [secret("b", title="elsewhere")])
    Problem.objects.filter(title="flask").update(due_at=timezone.now() - SOON)
    Problem.objects.filter(title="jinja2").update(due_at=timezone.now() + timedelta(days=2))
    assert shown() == ["token", "elsewhere", "jinja2", "flask"]
    assert shown(order=Order.NEWEST)[0] == "elsewhere"
    assert shown(order=Order.DUE)[:2] == ["flask", "jinja2"]
    assert shown(order=Order.EPSS)[:2] == ["jinja2", "flask"]
    assert shown(severity=("low", "critical")) == ["token", "flask"]
    assert shown(kind=("secret",), repository=(place.pk,)) == ["token"]
    assert shown(scanner=("dependencies",)) == ["jinja2", "flask"]
    assert shown(rule="github-token", path="src/app") == ["token"]
    assert shown(package="Flask") == shown(package="pkg:pypi/flask") == shown(advisory="cve-1") == ["flask"]
    assert shown(package="pkg:pypi/flask@1.0") == ["flask"]
    assert shown(package="pkg:pypi/flask@2.0") == shown(package="pkg:npm/flask") == []
    assert shown(kev=True) == shown(advisory="GHSA-2") == shown(due=Due.SOON) == ["jinja2"]
    assert shown(epss=0.5) == shown(due=Due.OVERDUE) == ["flask"]
    assert shown(due=Due.NONE) == ["token", "elsewhere"]
    assert shown(text="TOK src") == ["token"]
    assert shown(since=timezone.now()) == shown(status=("reopened",)) == shown(show=Show.FIXED) == []


def test_a_repository_that_was_disconnected_is_not_shown_to_whoever_names_it_either():
    place = repository()
    scanned(place, [secret("a", title="one")])
    assert shown(repository=(place.pk,)) == ["one"]
    place.removed_at = timezone.now()
    place.save()
    for wanted in ({}, {"repository": (place.pk,)}):  # as a saved view does
        assert shown(**wanted) == []
        assert facets(boss(), ProblemFilter(**wanted))["total"] == {}


def test_the_preview_knows_the_names_that_lead_to_others():
    scanned(repository(), [vulnerable("flask", ["CVE-1", "GHSA-1"], title="here")])
    scanned(repository(), [vulnerable("flask", ["GHSA-1", "PYSEC-1"], title="there")])
    scanned(repository(), [vulnerable("flask", ["CVE-2", "PYSEC-1"], title="another CVE")])
    spec = accept(the("here"), scope="package")
    seen = services.preview(boss(), spec)
    assert seen.target.ids == ("CVE-1", "CVE-2", "GHSA-1", "PYSEC-1")
    assert seen.count == 3
    assert services.decide(boss(), spec).problems.count() == seen.count


@pytest.mark.parametrize("number", [0, -1, 2**63, 10**30, -(10**30)])
@pytest.mark.parametrize("scope", ["finding", "package"])
def test_a_number_that_no_database_holds_is_no_finding(number, scope):
    spec = DecisionSpec("accepted", "Why.", until(), scope=scope, problems=(number,))
    for asked in (services.preview, services.decide):
        with pytest.raises(NotFound):
            asked(boss(), spec)
