"""SARIF that Keyhole wrote comes back: the same findings, not a second one of each."""

from __future__ import annotations

import dataclasses
import json

import pytest

from keyhole.accounts.services import local_caller
from keyhole.core.finding import ScanResult
from keyhole.core.terms import Kind, Severity, Status, finding_id
from keyhole.findings.models import Problem, Sighting
from keyhole.jobs import engine
from keyhole.reports.renderers.sarif import sarif
from keyhole.scans import job
from keyhole.scans.imported import import_sarif
from keyhole.scans.sarif_reading import read
from tests.unit.findings.making import (
    finding,
    hash_of,
    repository,
    scan_of,
    scanned,
    secret,
    settle,
    vulnerable,
)

pytestmark = pytest.mark.django_db(transaction=True)
FOUND = [secret("a"), secret("b", path="b.py"), vulnerable("flask", ["CVE-1"])]


@pytest.fixture(autouse=True)
def _by_hand(monkeypatch):
    monkeypatch.setattr(engine, "enqueue", lambda kind, row: None)


def imported(place, document):
    scan = import_sarif(local_caller(), place.pk, json.dumps(document).encode())
    job.run(scan.pk)
    scan.refresh_from_db()
    assert scan.state == "complete", scan.reason
    return scan


def written(place, found):
    """What Keyhole writes of a scan that found these."""
    scanned(place, found)
    return sarif(result(found))


def result(found, scanners=("secrets", "dependencies")):
    return ScanResult(
        status=Status.COMPLETE,
        reasons=(),
        notes=(),
        commit="a" * 40,
        scanners=scanners,
        objects=1,
        bytes_read=1,
        findings=tuple(found),
        rules_version="1",
        duration=0.1,
        isolation=(),
    )


def code(path):
    """What stands between the same lines, whatever the file is called."""
    line = {"line": 3, "severity": Severity.MEDIUM, "kind": Kind.CODE}
    found = finding("bandit", "b602", hash_of(path), path, **line)
    return dataclasses.replace(found, surroundings=hash_of("around"))


def stored(place, found):
    """A scan that the job stored, so that what has moved is known."""
    scan = scan_of(place, [], scanners=["bandit"])
    job.store(scan, result(found, ("bandit",)))
    scan.refresh_from_db()
    return [row.as_core() for row in settle(scan).findings.order_by("path")]


def test_what_is_known_is_the_same_finding():
    place = repository()
    log = written(place, FOUND)
    before = list(
        Problem.objects.order_by("pk").values("pk", "key", "digest", "scanner", "severity", "version")
    )
    scan = imported(place, log)
    assert list(Problem.objects.order_by("pk").values(*before[0])) == before
    assert {row.as_core() for row in scan.findings.all()} == set(FOUND)
    assert "3 results that Keyhole wrote itself" in json.dumps(scan.evidence)
    assert Sighting.objects.filter(present=True).count() == 3


def test_what_the_file_leaves_out_is_not_fixed_and_what_was_fixed_is_back():
    place = repository()
    log = written(place, FOUND)
    scanned(place, FOUND[1:])
    assert Problem.objects.get(status="fixed").key == FOUND[0].id
    log["runs"][0]["results"] = [
        each
        for each in log["runs"][0]["results"]
        if FOUND[0].fingerprint in each["partialFingerprints"].values()
    ]
    imported(place, log)
    states = dict(Problem.objects.values_list("key", "status"))
    assert states == {FOUND[0].id: "reopened", FOUND[1].id: "open", FOUND[2].id: "open"}


def test_what_is_not_known_stands_for_itself_until_a_scan_finds_the_same_secret():
    place, other = repository(), repository()
    log = written(other, FOUND[:1])
    scan = imported(place, log)
    (row,) = scan.findings.all()
    assert (row.scanner, row.as_core().fingerprint) == ("sarif-keyhole", FOUND[0].fingerprint)
    assert row.as_core().kind is Kind.SECRET
    scanned(place, FOUND[:1])
    shown = Problem.objects.filter(repository=place, merged_into=None)
    assert shown.count() == 1


@pytest.mark.parametrize("value", [5, "x", "rule:zz", "UPPER:" + "0" * 32, "r" * 500 + ":" + "0" * 32])
def test_a_fingerprint_that_is_none_of_ours_is_like_any_other_tools(value):
    place = repository()
    log = written(place, FOUND[:1])
    log["runs"][0]["results"][0]["partialFingerprints"]["keyholeFingerprint/v1"] = str(value)
    scan = imported(place, log)
    assert [row.scanner for row in scan.findings.all()] == ["sarif-keyhole"]


def test_another_tool_that_writes_our_fingerprint_is_another_tool():
    place = repository()
    log = written(place, FOUND[:1])
    log["runs"][0]["tool"]["driver"]["name"] = "Acme"
    assert [row.scanner for row in imported(place, log).findings.all()] == ["sarif-acme"]


def test_what_has_moved_is_the_same_finding_too():
    place = repository()
    (first,) = stored(place, [code("a.py")])
    (moved,) = stored(place, [code("b.py")])
    assert (moved.id, moved.fingerprint) == (first.id, code("b.py").fingerprint)
    scan = imported(place, sarif(result([moved])))
    assert [row.as_core() for row in scan.findings.all()] == [moved]
    assert Problem.objects.count() == 1
    both = stored(place, [code("a.py"), code("b.py")])
    assert len({each.id for each in both}) == 2
    scan = imported(place, sarif(result(both)))
    assert {row.as_core() for row in scan.findings.all()} == set(both)


def test_what_a_file_says_takes_no_place_of_what_was_seen():
    place, other = repository(), repository()
    log = written(other, FOUND[:1])
    rule = log["runs"][0]["tool"]["driver"]["rules"][0]
    rule["properties"]["security-severity"] = "9.9"
    rule["shortDescription"]["text"] = "Nothing to see here"
    imported(place, log)
    scanned(place, FOUND[:1])
    theirs = Problem.objects.get(repository=place, scanner="sarif-keyhole")
    assert (theirs.title, theirs.severity) == ("Nothing to see here", "critical")
    assert theirs.merged_into == Problem.objects.get(repository=place, scanner="secrets")


def test_only_names_of_scanners_are_looked_up():
    log = written(repository(), FOUND[:1])
    properties = log["runs"][0]["tool"]["driver"]["rules"][0]["properties"]
    properties["tags"] = [
        "security",
        "x" * 64,
        "secret",
        5,
        "secrets",
        "secrets",
        *map("sarif-{}".format, range(9)),
    ]
    asked = []
    read(json.dumps(log).encode(), hash_of, "", known=lambda ids: asked.append(set(ids)) or {})
    expected = {finding_id(name, FOUND[0].fingerprint) for name in ("secrets", "sarif-0")}
    assert asked == [expected]
