"""What hides the findings that idle decisions are about, for all of these at once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from keyhole.findings import covering, replacing, services
from keyhole.findings.deciding import DecisionSpec
from keyhole.findings.models import Decision, Problem
from tests.unit.findings.making import boss, repository, scanned, secret, vulnerable

pytestmark = pytest.mark.django_db


def decide(**told):
    return services.decide(boss(), DecisionSpec("false_positive", "Ours.", **told))


def slowly(decision):
    """By what a decision covers, one decision after the other."""
    theirs = covering.covered_by(decision).exclude(decided="").exclude(decision=decision)
    return list(Decision.objects.filter(pk__in=theirs.order_by().values("decision")))


def test_all_are_told_what_each_would_be_told_alone():
    place, other = repository(), repository()
    found = [
        secret("a", path="A/a.py"),
        secret("b", path="a/b.py", rule="x"),
        secret("c", path="a/c/d.py"),
        vulnerable("flask", ["CVE-1", "GHSA-1"], path="a"),
    ]
    scanned(place, found)
    scanned(other, [vulnerable("flask", ["GHSA-1"]), secret("d", path="a/e.py", rule="x")])
    where = {"scope": "repository", "repository_id": place.pk}
    made = [
        decide(**where),
        decide(**where, rule="x"),
        decide(**where, path="a"),
        decide(**where, path="a/c/d.py"),
        decide(**where, rule="x", path="a"),
        decide(scope="package", ecosystem="PyPI", package="flask", ids=("CVE-1",)),
        decide(scope="package", ecosystem="PyPI", package="other", ids=("CVE-1",)),
        decide(scope="package", ecosystem="PyPI", package="flask", ids=("CVE-1",)),
        *(decide(problems=(number,)) for number in Problem.objects.values_list("pk", flat=True)),
        *(
            decide(problems=(number,), version="1.0")
            for number in Problem.objects.values_list("pk", flat=True)
        ),
        decide(problems=tuple(Problem.objects.values_list("pk", flat=True)), version="2.0"),
    ]
    expected = {each.pk: slowly(each) for each in made}
    assert sum(map(bool, expected.values())) == 9
    assert replacing.all_of(made) == expected
    assert replacing.all_of([]) == {}


def test_however_many_there_are_the_database_is_asked_as_often():
    place = repository()
    scanned(place, [secret(str(number), path=f"a/{number}.py") for number in range(9)])
    numbers = list(Problem.objects.values_list("pk", flat=True))

    def asked():
        rows = list(Decision.objects.all())
        with CaptureQueriesContext(
            connection,
        ) as queries:
            replacing.all_of(rows)
        return len(queries)

    for number in numbers[:2]:
        decide(problems=(number,))
        decide(scope="repository", repository_id=place.pk, path="a")
    few = asked()
    for number in numbers[2:]:
        decide(problems=(number,))
        decide(scope="repository", repository_id=place.pk, path="a")
    assert asked() == few


def test_a_decision_that_comes_in_the_place_of_another_one_is_counted_wherever_it_holds():
    """The end of one about a finding lets one about its advisory learn of an alias, and hide more elsewhere."""
    one, two = repository(), repository()
    scanned(one, [vulnerable("flask", ["CVE-1"], lasting="x")])
    nearer = decide(problems=(Problem.objects.get().pk,))
    decide(scope="package", ecosystem="PyPI", package="flask", ids=("CVE-1",))
    scanned(two, [vulnerable("flask", ["GHSA-1"], lasting="y")])
    scanned(one, [vulnerable("flask", ["CVE-1", "GHSA-1"], lasting="x")])
    open_in_two = lambda: two.tallies.get().high  # noqa: E731
    assert open_in_two() == 1
    services.withdraw(boss(), nearer.pk)
    assert Problem.objects.filter(is_open=True).count() == 0
    assert open_in_two() == 0


def test_what_is_told_beside_a_finding_must_be_what_it_is_about():
    scanned(repository(), [vulnerable("flask", ["CVE-1", "GHSA-1"])])
    spec = DecisionSpec("false_positive", "Ours.", scope="package", problems=(Problem.objects.get().pk,))
    for field, told in (
        ("ecosystem", "npm"),
        ("package", "jinja2"),
        ("ids", ("CVE-2",)),
        ("ids", ("CVE-1", "CVE-2")),
    ):
        with pytest.raises(services.InvalidInput) as refused:
            services.preview(boss(), replace(spec, **{field: told}))
        assert refused.value.field == field
    agreeing = replace(spec, ecosystem="PyPI", package="flask", ids=("GHSA-1", ""))
    assert services.preview(boss(), agreeing).count == 1
