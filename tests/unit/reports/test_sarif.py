"""SARIF 2.1.0 as its consumers read it: what must be there is, and an incomplete scan is not a success."""

from __future__ import annotations

import dataclasses
import hashlib
import json

import pytest

from keyhole.core.finding import Location
from keyhole.core.terms import Place, Severity, Status, finding_id
from keyhole.reports.dataset import Row
from keyhole.reports.renderers import as_sarif
from keyhole.reports.renderers.sarif import sarif
from keyhole.scanners.registry import all_scanners
from keyhole.scans.sarif_reading import read
from tests.unit.core.test_finding import FINDING, RESULT, WHERE
from tests.unit.reports.kit import VULNERABLE, dataset
from tests.unit.reports.schemas import check_sarif


def run_of(result):
    log = json.loads(json.dumps(sarif(result)))
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    return run


def test_what_the_standard_requires_is_there():
    run = run_of(RESULT)
    assert run["tool"]["driver"]["name"] == "Keyhole"
    for found in run["results"]:
        assert found["message"]["text"]
        assert found["level"] in {"error", "warning", "note", "none"}
        assert run["tool"]["driver"]["rules"][found["ruleIndex"]]["id"] == found["ruleId"]
        for location in found["locations"]:
            region = location["physicalLocation"]["region"]
            assert region["startLine"] >= 1
            assert region["startColumn"] >= 1
    for rule in run["tool"]["driver"]["rules"]:
        assert rule["shortDescription"]["text"]
        assert 0 < float(rule["properties"]["security-severity"]) <= 10


def test_a_finding_is_told_without_its_value():
    (found,) = run_of(RESULT)["results"]
    assert found["message"]["text"] == "GitHub token, ending in WXYZ, first in commit aaaaaaaaaaaa"
    assert found["partialFingerprints"] == {"keyholeFingerprint/v1": FINDING.fingerprint}
    assert found["locations"][0]["properties"]["commit"] == "a" * 40


def test_rules_are_listed_once_however_many_findings_they_have():
    other = dataclasses.replace(FINDING, id="f" * 16, fingerprint="github-personal-token:" + "1" * 32)
    run = run_of(dataclasses.replace(RESULT, findings=(FINDING, other)))
    assert len(run["results"]) == 2
    assert len(run["tool"]["driver"]["rules"]) == 1


def test_each_advisory_of_a_package_has_its_own_words():
    facts = VULNERABLE.package[0]
    other = dataclasses.replace(
        VULNERABLE,
        id="f" * 16,
        title="jinja2: another matter",
        package=(dataclasses.replace(facts, ids=("CVE-2026-1",)),),
    )
    run = run_of(dataclasses.replace(RESULT, findings=(VULNERABLE, other)))
    rules = run["tool"]["driver"]["rules"]
    assert [rules[found["ruleIndex"]]["shortDescription"]["text"] for found in run["results"]] == [
        VULNERABLE.title,
        other.title,
    ]
    assert rules[1]["id"] == f"vulnerable-package/{facts.name}/CVE-2026-1"


def test_an_incomplete_scan_is_no_success_and_says_why():
    result = dataclasses.replace(RESULT, status=Status.INCOMPLETE, reasons=("out of time",), findings=())
    (invocation,) = run_of(result)["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["toolExecutionNotifications"][0]["message"]["text"] == "incomplete: out of time"
    assert run_of(RESULT)["invocations"][0]["executionSuccessful"] is True


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a b/ü?#%.py", "a%20b/%C3%BC%3F%23%25.py"),
        (r"a\u000ab", "a%5Cu000ab"),
        ("https://x/", "https%3A//x/"),
    ],
)
def test_paths_become_addresses(path, uri):
    finding = dataclasses.replace(FINDING, locations=(dataclasses.replace(WHERE, path=path),))
    (found,) = run_of(dataclasses.replace(RESULT, findings=(finding,)))["results"]
    assert found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_the_region_is_where_the_latest_version_of_the_file_has_it():
    moved = dataclasses.replace(WHERE, latest=9)
    places = (WHERE, dataclasses.replace(moved, path="b.py"))
    finding = dataclasses.replace(FINDING, locations=places, occurrences=2)
    (found,) = run_of(dataclasses.replace(RESULT, findings=(finding,)))["results"]
    regions = [each["physicalLocation"]["region"] for each in found["locations"]]
    assert regions == [{"startLine": 3, "startColumn": 7}, {"startLine": 9}]
    assert [each["properties"]["line"] for each in found["locations"]] == [3, 3]


def test_a_message_has_an_address_of_its_own():
    where = Location("b" * 40, "", "commit message", 1, 1, Place.COMMIT_MESSAGE)
    finding = dataclasses.replace(FINDING, locations=(where,), severity=Severity.LOW, title="odd [title](x)")
    (found,) = run_of(dataclasses.replace(RESULT, findings=(finding,)))["results"]
    assert found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == ".git/commit%20message"
    assert found["level"] == "note"
    assert "\\[title\\]" in found["message"]["text"]


def of_scan(*findings, scanners=("secrets", "dependencies"), ref="main", **more):
    """The log of a report of one scan."""
    whole = dataset(*(Row(each, "harbour/tide-api") for each in findings))
    source = dataclasses.replace(whole.sources[0], scanners=scanners, ref=ref)
    log = as_sarif.document(dataclasses.replace(whole, sources=(source,), **more))
    check_sarif(log)
    return {run["automationDetails"]["id"]: run for run in log["runs"]}


def fingerprints(run):
    return [each["partialFingerprints"]["keyholeFingerprint/v1"] for each in run["results"]]


def test_each_scanner_is_a_category_of_its_own():
    runs = of_scan(FINDING, VULNERABLE)
    assert {name: fingerprints(run) for name, run in runs.items()} == {
        "secrets/": [FINDING.fingerprint],
        "dependencies/": [VULNERABLE.fingerprint],
    }
    assert [run["properties"]["scanners"] for run in runs.values()] == [["secrets"], ["dependencies"]]
    assert [rule["id"] for rule in runs["secrets/"]["tool"]["driver"]["rules"]] == [FINDING.rule]
    narrower = of_scan(FINDING, scanners=("secrets",))
    assert narrower == {"secrets/": runs["secrets/"]}


def test_a_scanner_that_found_nothing_says_so():
    runs = of_scan(FINDING)
    assert runs["dependencies/"]["results"] == []


def test_the_whole_history_is_another_category_than_a_branch():
    assert set(of_scan(FINDING, ref="")) == {"secrets/history/", "dependencies/history/"}


def test_a_report_over_findings_stands_for_no_scan():
    (category,) = of_scan(FINDING, VULNERABLE, filtered=True)
    assert category == "filtered/harbour/tide-api/"


def test_what_an_imported_file_brought_back_is_in_the_category_of_the_file():
    runs = of_scan(FINDING, scanners=("sarif-keyhole",))
    assert {name: fingerprints(run) for name, run in runs.items()} == {
        "sarif-keyhole/": [FINDING.fingerprint]
    }


def test_every_scanner_there_is_fits_into_one_file():
    assert len(all_scanners()) <= 20, "GitHub takes no more runs"


def test_what_is_written_is_read_back_as_what_it_was():
    findings = {each.id: each for each in (FINDING, VULNERABLE)}
    source = dataclasses.replace(dataset().sources[0], scanners=("secrets", "dependencies"))
    report = dataset(*(Row(each, "harbour/tide-api") for each in findings.values()), sources=(source,))
    raw = as_sarif.RENDERER.render(report)
    known = {finding_id(each.scanner, each.fingerprint): each for each in findings.values()}
    result = read(raw, lambda identity: hashlib.sha256(identity).hexdigest()[:32], "", known=lambda _: known)
    assert set(result.findings) == set(findings.values())
    assert result.status is Status.COMPLETE
    assert result.scanners == ("sarif-keyhole-secrets", "sarif-keyhole-dependencies")
