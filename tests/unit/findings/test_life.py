"""What a finding is after any history of scans: checked against a slow oracle that reads like the rule."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from keyhole.environments import services as environments
from keyhole.environments.models import Environment
from keyhole.findings import arriving, inserting, rounds
from keyhole.findings.life import settle_findings
from keyhole.findings.models import AdvisoryId, Event, Problem, Sighting, Status, Tally
from keyhole.scans import services as scans
from tests.unit.findings.making import boss, repository, scan_of, scanned, secret, settle, vulnerable
from tests.unit.scanners.conftest import History

UNIVERSE = [
    secret("a"),
    secret("b", path="b.py"),
    vulnerable("flask", ["CVE-1"]),
    vulnerable("jinja2", ["CVE-2"]),
]
SCANNERS = ("secrets", "dependencies")
REFS = ("", "refs/heads/main", "refs/heads/dev")

step = st.fixed_dictionaries(
    {
        "ref": st.sampled_from(REFS),
        "scanners": st.sampled_from([("secrets",), ("dependencies",), SCANNERS]),
        "complete": st.booleans(),
        "found": st.sets(st.sampled_from(range(len(UNIVERSE)))),
        "twice": st.booleans(),
        "deleted": st.booleans(),
    }
)


class Oracle:
    """One finding, told of one scan after the other."""

    def __init__(self, found):
        self.id, self.scanner = found.id, found.scanner
        self.there: dict[str, bool] = {}
        self.status = None

    def hear(self, ref, scanners, complete, keys):
        if self.scanner not in scanners:
            return
        if self.id in keys:
            self.there[ref] = True
            self.status = {
                None: "new",
                "new": "open",
                "open": "open",
                "reopened": "reopened",
                "fixed": "reopened",
            }[self.status]
        elif complete and self.status:
            for each in self.there:
                # Secrets are looked for in the history of every branch when no branch is named.
                if each == ref or (ref == "" and self.scanner == "secrets"):
                    self.there[each] = False
            if not any(self.there.values()):
                self.status = "fixed"


class AnyHistory(TestCase):
    @settings(max_examples=30)
    @given(st.lists(step, max_size=7))
    def test_ends_as_the_oracle_says(self, steps):
        place = repository()
        oracles = [Oracle(found) for found in UNIVERSE]
        for each in steps:
            found = [UNIVERSE[n] for n in each["found"] if UNIVERSE[n].scanner in each["scanners"]]
            reasons = () if each["complete"] else ("time ran out",)
            scan = scan_of(place, found, ref=each["ref"], scanners=each["scanners"], reasons=reasons)
            if each["twice"]:
                settle_findings(scan)
            settle(scan)
            if each["deleted"]:
                scans.delete(boss(), scan.pk)
            for oracle in oracles:
                oracle.hear(each["ref"], each["scanners"], each["complete"], {one.id for one in found})
        rows = dict(Problem.objects.filter(repository=place).values_list("key", "status"))
        assert rows == {oracle.id: oracle.status for oracle in oracles if oracle.status}
        seen = Sighting.objects.filter(problem__repository=place)
        assert {(one.problem.key, one.ref): one.present for one in seen.select_related("problem")} == {
            (oracle.id, ref): there for oracle in oracles for ref, there in oracle.there.items()
        }


pytestmark = pytest.mark.django_db


def test_a_scan_that_is_overtaken_says_nothing():
    place = repository()
    older = scan_of(place, [secret("a"), secret("b")])
    scanned(place, [secret("b")])
    settle(older)
    assert [row.status for row in Problem.objects.all()] == [Status.NEW]


def test_a_scan_that_is_overtaken_in_part_says_nothing_of_that_part():
    place = repository()
    flaw, later = vulnerable("flask", ["CVE-1"], line=7), vulnerable("jinja2", ["CVE-2"])
    scanned(place, [flaw, later])
    older = scan_of(place, [flaw, later, vulnerable("click", ["CVE-3"]), secret("a")])
    scanned(place, [vulnerable("jinja2", ["CVE-2"], line=9)], scanners=("dependencies",))
    settle(older)
    rows = Problem.objects.values_list("package", "status", "line")
    assert set(rows) == {("flask", "fixed", 7), ("jinja2", "open", 9), ("", "new", 1)}


def test_an_incomplete_scan_overtakes_nothing():
    place = repository()
    older = scan_of(place, [vulnerable("flask", ["CVE-1"])])
    scanned(place, [], scanners=("dependencies",), reasons=("time ran out",))
    settle(older)
    assert Problem.objects.get().status == Status.NEW


@pytest.mark.parametrize(("older", "newer"), [("refs/heads/main", ""), ("", "refs/heads/main")])
def test_what_head_names_is_overtaken_under_either_name(tmp_path, older, newer):
    history = History(tmp_path / "a.git")
    place = repository(location=str(history.path))
    history.commit({"a": b"1"})
    flaw = vulnerable("flask", ["CVE-1"])
    scanned(place, [flaw], ref=newer)
    late = scan_of(place, [flaw, secret("a")], ref=older)
    scanned(place, [], ref=newer)
    assert Problem.objects.get().status == Status.FIXED
    settle(late)
    # One branch says nothing of the history of all.
    secrets = {} if newer == "" else {"secrets": Status.NEW}
    assert dict(Problem.objects.values_list("scanner", "status")) == {"dependencies": Status.FIXED, **secrets}


def test_a_scan_of_another_branch_is_overtaken_in_its_history_only(tmp_path):
    history = History(tmp_path / "a.git")
    place = repository(location=str(history.path))
    history.commit({"a": b"1"})
    history.git("branch", "dev")
    late = scan_of(place, [vulnerable("flask", ["CVE-1"]), secret("a")], ref="refs/heads/dev")
    scanned(place, [])
    settle(late)
    assert [row.scanner for row in Problem.objects.all()] == ["dependencies"]


def test_a_finding_follows_what_the_last_scan_says_of_it():
    place = repository()
    scanned(place, [vulnerable("flask", ["CVE-1"], lasting="x")])
    row = Problem.objects.get()
    scanned(place, [vulnerable("flask", ["CVE-1", "GHSA-1"], lasting="x", line=9, kev=True, epss=0.5)])
    row.refresh_from_db()
    assert (row.line, row.kev, row.epss, row.status) == (9, True, 0.5, "open")
    assert sorted(row.advisory_ids.values_list("text", flat=True)) == ["CVE-1", "GHSA-1"]
    assert row.as_core().locations[0].line == 9


def test_what_comes_back_is_dated_anew_and_its_history_tells():
    place = repository()
    production = Environment.objects.create(
        name="production", due_days={"high": 7}, created_at="2026-01-01T00:00:00Z"
    )
    scanned(place, [secret("a")], environment=production)
    row = Problem.objects.get()
    assert row.due_at - row.opened_at == timedelta(days=7)
    scanned(place, [], environment=production)
    scanned(place, [secret("a")], environment=production)
    again = Problem.objects.get()
    assert again.opened_at > row.opened_at
    assert again.due_at - again.opened_at == timedelta(days=7)
    assert again.first_seen_at == row.first_seen_at
    assert list(Event.objects.values_list("what", flat=True)) == ["fixed", "reopened"]
    tally = Tally.objects.get()
    assert (tally.high, tally.new, tally.fixed) == (1, 2, 1)


def test_the_earliest_of_two_environments_counts_and_a_date_that_is_taken_back_goes():
    place = repository()
    near = Environment.objects.create(name="near", due_days={"high": 3}, created_at="2026-01-01T00:00:00Z")
    far = Environment.objects.create(
        name="far", due_days={"high": 30, "low": "x"}, created_at="2026-01-01T00:00:00Z"
    )
    for environment in (far, near, far):
        scanned(place, [secret("a")], environment=environment)
    row = Problem.objects.get()
    assert (row.due_at - row.opened_at, row.measured_by) == (timedelta(days=3), near)
    near.due_days = {}
    near.save()
    scanned(place, [secret("a")], environment=near)
    assert Problem.objects.get().due_at is None


def test_an_environment_that_was_removed_holds_nobody_to_its_date():
    place = repository()
    made = "2026-01-01T00:00:00Z"
    near = Environment.objects.create(name="near", due_days={"high": 3}, created_at=made)
    far = Environment.objects.create(name="far", due_days={"high": 30}, created_at=made)
    scanned(place, [secret("a")], environment=near)
    near.removed_at = made
    near.save()
    for environment in (far, near):  # a scan may have waited until its environment was removed
        scanned(place, [secret("a")], environment=environment)
        row = Problem.objects.get()
        assert (row.due_at - row.opened_at, row.measured_by) == (timedelta(days=30), far)
    far.removed_at = made
    far.save()
    scanned(place, [secret("a")])
    row = Problem.objects.get()
    assert (row.due_at, row.measured_by) == (None, None)


def test_due_dates_go_with_the_environment_that_gave_them():
    place, caller = repository(), boss()
    live, trial = (
        environments.create(caller, environments.EnvironmentSpec(name, due_days={"high": days}))
        for name, days in (("Live", 3), ("Trial", 5))
    )
    scanned(place, [secret("a")], environment=live)
    scanned(place, [secret("b")], environment=trial)
    environments.remove(caller, live.pk)
    rows = Problem.objects.select_related("measured_by")
    assert {(row.measured_by and row.measured_by.name, row.due_at is None) for row in rows} == {
        (None, True),
        ("Trial", False),
    }


def test_more_findings_than_one_statement_takes_live_as_few_do(monkeypatch):
    for module in (arriving, inserting, rounds):
        monkeypatch.setattr(module, "_BATCH", 2)
    place = repository()
    production = Environment.objects.create(
        name="production", due_days={"high": 7}, created_at="2026-01-01T00:00:00Z"
    )
    found = [vulnerable(f"lib{n}", [f"CVE-{n}", f"GHSA-{n}"]) for n in range(5)]
    first = scanned(place, found, environment=production)
    assert set(Problem.objects.values_list("status", "first_scan", "is_open")) == {("new", first.pk, True)}
    assert Problem.objects.exclude(due_at=None).count() == 5
    scanned(place, found[:2], environment=production)
    last = scanned(place, found[1:], environment=production)
    states = Problem.objects.order_by("package").values_list("status", flat=True)
    assert list(states) == ["fixed", "open", "reopened", "reopened", "reopened"]
    assert Event.objects.filter(what="reopened", scan=last).count() == 3
    assert [row.as_core() for row in Problem.objects.order_by("package")] == found
    assert AdvisoryId.objects.count() == 10


@pytest.mark.django_db
def test_a_scan_of_no_branch_tells_of_the_one_that_head_names(tmp_path):
    history = History(tmp_path / "a.git")
    place = repository(location=str(history.path))
    history.commit({"a": b"1"})
    history.git("branch", "dev")
    flaw = vulnerable("flask", ["CVE-1"])
    for ref in ("", "refs/heads/main"):
        scanned(place, [flaw, secret("a")], ref=ref)
    scanned(place, [])
    assert set(Problem.objects.values_list("status", flat=True)) == {Status.FIXED}
    scanned(place, [flaw, secret("a")])
    scanned(place, [], ref="refs/heads/main")
    # What is looked for in history may be in that of others.
    assert dict(Problem.objects.values_list("scanner", "status")) == {
        "dependencies": Status.FIXED,
        "secrets": Status.REOPENED,
    }
    scanned(place, [flaw], ref="refs/heads/dev")
    scanned(place, [])
    assert Problem.objects.get(scanner="dependencies").status == Status.REOPENED


def test_what_a_branch_had_is_not_fixed_by_looking_at_another_one(tmp_path):
    history = History(tmp_path / "a.git")
    place = repository(location=str(history.path))
    history.commit({"a": b"1"})
    history.git("branch", "dev")
    flaw = vulnerable("flask", ["CVE-1"])
    scanned(place, [flaw, secret("a")])
    history.git("symbolic-ref", "HEAD", "refs/heads/dev")
    scanned(place, [])
    row = Problem.objects.get(scanner="dependencies")
    assert [(one.ref, one.present) for one in row.sightings.all()] == [("refs/heads/main", True)]
    assert (row.status, Problem.objects.get(scanner="secrets").status) == (Status.NEW, Status.FIXED)
    scanned(place, [], ref="refs/heads/main")
    row.refresh_from_db()
    assert row.status == Status.FIXED


def test_the_branch_is_the_one_that_head_named_when_the_scan_began(tmp_path):
    history = History(tmp_path / "a.git")
    place = repository(location=str(history.path))
    history.commit({"a": b"1"})
    scan = scan_of(place, [vulnerable("flask", ["CVE-1"])])
    scan.evidence["branch"] = "refs/heads/then"
    settle(scan)
    assert [one.ref for one in Sighting.objects.all()] == ["refs/heads/then"]
