"""A decision below a folder holds for what is there only: a finding that is in another place, too, stays open."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from keyhole.core.finding import Location
from keyhole.findings import letting_go, services
from keyhole.findings.deciding import DecisionSpec
from keyhole.findings.filtering import ProblemFilter
from keyhole.findings.models import Problem
from tests.unit.findings.making import boss, repository, scanned, secret, vulnerable

pytestmark = pytest.mark.django_db
BEFORE = [("findings", "0008_places")]


def also(found, *paths, more=0):
    """The finding in these places as well, and in so many that are not named."""
    places = (*found.locations, *(Location("b" * 40, "", path, 3, 1) for path in paths))
    return replace(found, locations=places, occurrences=len(places) + more)


def below(place, path):
    return DecisionSpec(
        "false_positive", "Only an example.", scope="repository", repository_id=place.pk, path=path
    )


def shown():
    return {row.title for row in services.list_problems(boss(), ProblemFilter())}


def test_what_is_outside_of_the_folder_too_stays_open():
    place = repository()
    lodash = vulnerable("lodash", ["CVE-1"], path="examples/package-lock.json", title="both")
    named = [secret(name, path=f"examples/{name}.py", title=name) for name in ("inside", "more")]
    found = [
        also(lodash, "services/api/package-lock.json"),
        also(named[0], "examples/deep/inside.py"),
        also(named[1], "examples/other.py", more=1),
    ]
    scanned(place, found)
    seen = services.preview(boss(), below(place, "examples"))
    assert (seen.count, [row.title for row in seen.hides]) == (1, ["inside"])
    decision = services.decide(boss(), below(place, "examples/"))
    assert (shown(), decision.problems.count()) == ({"both", "more"}, seen.count)
    assert services.preview(boss(), below(place, "examples/package-lock.json")).count == 0


def test_what_comes_to_another_place_later_is_open_again_and_covered_when_it_goes_from_there():
    place = repository()
    token = secret("v", path="tests/fixture.py", title="token")
    scanned(place, [token])
    decision = services.decide(boss(), below(place, "tests/fixture.py"))
    assert shown() == set()
    scan = scanned(place, [also(token, "src/prod.py")])
    assert shown() == {"token"}
    row = Problem.objects.get()
    assert (row.status, row.decision) == ("reopened", None)
    assert [event.what for event in row.events.filter(scan=scan)] == ["left"]
    scanned(place, [token])
    assert Problem.objects.get().decision == decision


def test_what_was_hidden_outside_of_the_folder_before_is_opened_without_a_scan():
    place = repository()
    scanned(place, [secret(name, path=f"a/{name}.py", title=name) for name in ("in", "out", "gone")])
    decision = services.decide(boss(), below(place, "a"))
    assert list(letting_go._due()) == []
    Problem.objects.filter(title="out").update(within="A/out.py")
    Problem.objects.filter(title="gone").update(within="", status="fixed")
    assert list(letting_go._due()) == [decision.pk]
    letting_go.let_go(decision.pk)
    assert (list(letting_go._due()), shown(), place.tallies.get().high) == ([], {"out"}, 1)
    row = Problem.objects.get(title="out")
    assert (row.status, row.events.last().what) == ("reopened", "left")
    letting_go.let_go(decision.pk)
    assert row.events.filter(what="left").count() == 1


@pytest.mark.django_db(transaction=True)
def test_rows_from_before_say_in_which_folder_they_are():
    one, two = secret("one", path="a/b/one.py"), secret("two", path="a/b/two.py")
    many = secret("many", path="a/many.py")
    scanned(repository(), [one, also(two, "a/c.py"), also(many, more=1), also(secret("all"), "a/all.py")])
    kept = dict(Problem.objects.values_list("path", "within"))
    assert kept == {"a/b/one.py": "a/b/one.py", "a/b/two.py": "a", "a/many.py": "", "app.py": ""}
    try:
        MigrationExecutor(connection).migrate(BEFORE)
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes("findings"))
    assert dict(Problem.objects.values_list("path", "within")) == kept
