"""A finding of code stays the same finding when its file is renamed, with what was decided about it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from keyhole.core.finding import ScanResult
from keyhole.core.terms import Confidence, Kind, Severity, Status
from keyhole.findings import services
from keyhole.findings.filtering import ProblemFilter
from keyhole.findings.models import Problem
from keyhole.findings.services import DecisionSpec
from keyhole.scanners.assessed import issues_as_findings
from keyhole.scanners.programs.located import Program
from keyhole.scanners.programs.ran import Ran
from keyhole.scanners.programs.scanner import Answer, ProgramExaminer, ProgramScanner, Remark
from keyhole.scans import job
from keyhole.scans.models import Moved, Scan, State
from keyhole.scans.summary import before
from tests.unit.findings.making import boss, repository, scan_of, settle

pytestmark = pytest.mark.django_db(transaction=True)
BODY = b"zero\none\ntwo\n  bad  call\nthree\nfour\nfive\n"


class Tide(ProgramScanner):
    """Finds the lines with `bad`."""

    id = "tide"
    title = "Tides"
    kind = Kind.CODE
    program = Program("tide", "tide", "")
    what = "tide file"

    def wants(self, path: bytes) -> bool:
        return True

    def arguments(self, folder: Path) -> list[str]:
        return []

    def read(self, ran, files) -> Answer:
        return Answer(
            [
                Remark(name, number, "bad-line", "Bad", Severity.HIGH, Confidence.HIGH, "why", "fix")
                for name, file in files.items()
                for number, line in enumerate(file.content.split(b"\n"), 1)
                if b"bad" in line
            ]
        )


class Programs:
    def run(self, scanner, files, seconds):
        return Ran(0, "", b"", b"")


def digest(value):
    return hashlib.sha256(value).hexdigest()[:32]


def scanned(place, files, ref="", reasons=()):
    """A scan of these files, as the job stores it."""
    given = [(path.encode(), content) for path, content in sorted(files.items())]
    issues = ProgramExaminer(Tide(), Programs()).assess(given).issues
    found = tuple(issues_as_findings("tide", issues, "a" * 40, digest))
    scan = scan_of(place, [], ref=ref, scanners=["tide"], reasons=reasons)
    status = Status.INCOMPLETE if reasons else Status.COMPLETE
    result = ScanResult(status, reasons, (), "b" * 40, ("tide",), 1, 1, found, "v", 0.1, ())
    job.store(scan, result)
    scan.refresh_from_db()
    return settle(scan)


def places(scan):
    return dict(scan.findings.values_list("path", "key"))


def statuses():
    return dict(Problem.objects.values_list("path", "status"))


def test_a_renamed_file_makes_no_new_finding_and_the_decision_holds():
    place = repository()
    first = scanned(place, {"a.py": BODY})
    (problem,) = services.list_problems(boss(), ProblemFilter())
    services.decide(boss(), DecisionSpec("false_positive", "A test.", problems=(problem.pk,)))
    second = scanned(place, {"deep/down/b.py": b"# New above\n\n" + BODY.replace(b"two\n", b"two\n\n\n")})
    assert places(second) == {"deep/down/b.py": places(first)["a.py"]}
    assert before(second).last == set(places(second).values())
    assert Problem.objects.get().decided == "false_positive"
    assert Problem.objects.get().path == "deep/down/b.py"
    third = scanned(place, {"deep/down/b.py": BODY})
    fourth = scanned(place, {"c.py": BODY})
    again = scanned(place, {"a.py": BODY})
    assert {places(each).popitem()[1] for each in (third, fourth, again)} == {places(first)["a.py"]}
    assert Problem.objects.count() == 1


def test_a_decision_about_a_folder_holds_in_that_folder_only():
    place = repository()
    scanned(place, {"tests/a.py": BODY})
    tests = DecisionSpec(
        "false_positive", "A test.", scope="repository", repository_id=place.pk, path="tests"
    )
    decision = services.decide(boss(), tests)
    scanned(place, {"tests/deep/a.py": BODY})
    assert Problem.objects.get().decision == decision
    for path in ("src/app.py", "tests2/app.py"):
        scan = scanned(place, {path: BODY})
        row = Problem.objects.get()
        assert (row.path, row.decided, row.decision, row.status) == (path, "", None, "reopened")
        (event,) = row.events.filter(scan=scan)
        assert (event.what, event.decision) == ("left", decision)
        scanned(place, {"tests/a.py": BODY})
        assert Problem.objects.get().decision == decision
    everywhere = DecisionSpec("false_positive", "Ours.", scope="repository", repository_id=place.pk)
    wider = services.decide(boss(), everywhere)
    services.decide(boss(), tests)
    scanned(place, {"src/app.py": BODY})
    assert Problem.objects.get().decision == wider


def test_an_incomplete_scan_says_of_nothing_that_it_has_moved():
    place = repository()
    first = places(scanned(place, {"a.py": BODY}))
    accept = DecisionSpec("false_positive", "A test.", problems=(Problem.objects.get().pk,))
    services.decide(boss(), accept)
    part = places(scanned(place, {"b.py": BODY}, reasons=("out of time",)))
    assert part["b.py"] != first["a.py"]
    assert not Moved.objects.exists()
    assert Problem.objects.get(key=part["b.py"]).decided == ""
    assert statuses() == {"a.py": "new", "b.py": "new"}
    scanned(place, {"b.py": BODY, "c.py": BODY})
    known = places(scanned(place, {"b.py": BODY, "d.py": BODY}))
    assert places(scanned(place, {"d.py": BODY}, reasons=("out of time",)))["d.py"] == known["d.py"]


def test_a_scan_between_that_saw_nothing_is_no_measure_of_what_has_moved():
    place = repository()
    first = places(scanned(place, {"a.py": BODY}))
    scanned(place, {}, reasons=("the scanning process ended with exit code 1",))
    scanned(place, {"c.py": BODY.replace(b"zero", b"none").replace(b"two", b"2")}, reasons=("out of time",))
    assert places(scanned(place, {"b.py": BODY}))["b.py"] == first["a.py"]


def test_a_branch_without_the_new_name_has_the_same_finding():
    place = repository()
    first = scanned(place, {"a.py": BODY}, ref="refs/heads/main")
    assert places(scanned(place, {"a.py": BODY}, ref="refs/heads/topic")) == places(first)
    renamed = scanned(place, {"b.py": BODY}, ref="refs/heads/topic")
    assert places(scanned(place, {"a.py": BODY}, ref="refs/heads/main")) == places(first)
    merged = scanned(place, {"b.py": BODY}, ref="refs/heads/main")
    assert places(merged) == places(renamed) == {"b.py": places(first)["a.py"]}
    assert Problem.objects.count() == 1


def test_two_equal_places_are_told_apart():
    place = repository()
    first = places(scanned(place, {"a.py": BODY, "b.py": BODY}))
    assert len(set(first.values())) == 2
    second = places(scanned(place, {"a.py": BODY, "c.py": BODY}))
    assert second == {"a.py": first["a.py"], "c.py": first["b.py"]}
    third = places(scanned(place, {"x/a.py": BODY, "x/c.py": BODY}))
    assert third == {"x/a.py": first["a.py"], "x/c.py": first["b.py"]}
    assert places(scanned(place, {"x/a.py": BODY, "x/c.py": BODY})) == third
    twice = places(scanned(place, {"x/a.py": BODY, "x/c.py": BODY, "y.py": BODY}))
    assert {path: key for path, key in twice.items() if path != "y.py"} == third
    assert twice["y.py"] not in third.values()
    assert Problem.objects.count() == 3


def test_a_copy_is_a_finding_of_its_own_also_at_a_place_that_one_came_from():
    place = repository()
    first = places(scanned(place, {"a.py": BODY}))
    copied = places(scanned(place, {"a.py": BODY, "b.py": BODY}))
    assert copied["a.py"] == first["a.py"] != copied["b.py"]
    scanned(place, {"b.py": BODY})
    assert statuses() == {"a.py": "fixed", "b.py": "open"}
    scanned(place, {"c.py": BODY})
    both = places(scanned(place, {"b.py": BODY, "c.py": BODY}))
    assert len(set(both.values())) == 2


@pytest.mark.parametrize(
    "changed", [BODY.replace(b"two", b"2"), BODY.replace(b"three", b"3"), BODY.replace(b"bad", b"bad bad")]
)
def test_what_stands_elsewhere_in_other_lines_is_new(changed):
    place = repository()
    first = scanned(place, {"a.py": BODY})
    second = scanned(place, {"b.py": changed})
    assert places(second)["b.py"] != places(first)["a.py"]
    assert statuses() == {"a.py": "fixed", "b.py": "new"}
    assert not Moved.objects.exists()


def test_an_edit_around_a_finding_whose_file_stays_makes_nothing_new():
    place = repository()
    first = scanned(place, {"a.py": BODY})
    assert places(scanned(place, {"a.py": BODY.replace(b"two", b"2")})) == places(first)


def test_two_in_one_file_keep_their_order():
    place = repository()
    body = BODY + b"\n" * 9 + BODY
    first = scanned(place, {"a.py": body})
    keys = list(first.findings.order_by("line").values_list("key", flat=True))
    second = scanned(place, {"b.py": body})
    assert list(second.findings.order_by("line").values_list("key", flat=True)) == keys
    assert Scan.objects.filter(state=State.COMPLETE).count() == 2
