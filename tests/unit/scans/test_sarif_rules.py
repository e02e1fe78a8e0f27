"""Which rule a result in a SARIF file is about, and how bad that makes it."""

from __future__ import annotations

import pytest

from keyhole.core.terms import Severity
from keyhole.scans.sarif_nodes import Malformed
from tests.unit.scans.test_imported import log, only, result, told


def tool(*results, driver=(), extensions=(), **run):
    """A log of a tool of several parts; each part is its rules."""
    document = log(*results, rules=driver, **run)
    document["runs"][0]["tool"]["extensions"] = [
        {"name": f"Pack {number}", "guid": f"0000000{number}", "rules": list(rules)}
        for number, rules in enumerate(extensions)
    ]
    return document


def rule(title, level="error", name="R1", **more):
    return {
        "id": name,
        "shortDescription": {"text": title},
        "defaultConfiguration": {"level": level},
    } | more


def of(**more):
    return {"ruleId": "R1", "message": {"text": "m"}} | more


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ({}, "Drivers"),
        ({"rule": {"toolComponent": {}}}, "Drivers"),
        ({"rule": {"toolComponent": {"name": "Acme Scan"}}}, "Drivers"),
        ({"rule": {"toolComponent": {"index": 0}}}, "First"),
        ({"rule": {"toolComponent": {"index": 1}}}, "Second"),
        ({"rule": {"toolComponent": {"guid": "00000001"}}}, "Second"),
        ({"rule": {"toolComponent": {"name": "Pack 0"}}}, "First"),
        ({"rule": {"guid": "ABC"}}, "Second"),
        ({"ruleIndex": 1}, "Drivers other"),
        ({"rule": {"index": 1}}, "Drivers other"),
        ({"ruleIndex": 9}, "Drivers"),
        ({"ruleIndex": 2}, "Drivers"),
    ],
)
def test_a_rule_that_several_parts_have_is_the_drivers_unless_the_result_says_whose(said, title):
    driver = [rule("Drivers other"), rule("Drivers other"), rule("None such", name="R2"), rule("Drivers")]
    extensions = [[rule("First")], [rule("Second", guid="abc")]]
    assert only(tool(of(**said), driver=driver, extensions=extensions)).title == title


def test_a_rule_that_only_an_extension_has_is_found_there():
    document = tool(of(ruleId="R9/part"), driver=[rule("Drivers")], extensions=[[rule("Far", name="R9")]])
    assert only(document).title == "Far"


def test_a_result_that_is_told_by_numbers_alone_is_of_the_rule_there():
    numbers = {"ruleIndex": 0, "rule": {"index": 0, "toolComponent": {"index": 0}}, "message": {"text": "m"}}
    assert only(tool(numbers, driver=[rule("Drivers")], extensions=[[rule("Far", name="R9")]])).rule == "r9"
    with pytest.raises(Malformed) as problem:
        told(tool(numbers | {"ruleIndex": 1}, extensions=[[rule("Far", name="R9")]]))
    assert "runs[0].results[0].ruleIndex is no entry of the tool's rules" in problem.value.message


@pytest.mark.parametrize("reference", [{"index": 7}, {"guid": "none"}, {"name": "None"}])
def test_a_part_that_the_file_does_not_have_is_told_of(reference):
    found = told(tool(of(rule={"toolComponent": reference}), driver=[rule("Drivers")]))
    assert found.findings[0].title == "Drivers"
    assert "1 result of a part of the tool that the file does not have." in found.notes
    assert not any("part of the tool" in note for note in told(tool(of())).notes)


def override(level, **descriptor):
    return {"descriptor": descriptor, "configuration": {"level": level} if level else {"enabled": False}}


def invoked(*overrides):
    return {"executionSuccessful": True, "ruleConfigurationOverrides": list(overrides)}


@pytest.mark.parametrize(
    ("said", "overrides", "severity"),
    [
        ({}, [], Severity.LOW),
        ({}, [override("error", id="R1")], Severity.HIGH),
        ({}, [override("error", index=0)], Severity.HIGH),
        ({}, [override("error", guid="abc")], Severity.HIGH),
        ({}, [override(None, id="R1")], Severity.LOW),
        ({}, [override("error", id="R2")], Severity.LOW),
        ({}, [{"configuration": {"level": "error"}}], Severity.LOW),
        ({}, [override("error", id="R1", toolComponent={"index": 0})], Severity.LOW),
        ({"level": "warning"}, [override("error", id="R1")], Severity.MEDIUM),
        ({"ruleId": "R1/a"}, [override("error", id="R1")], Severity.HIGH),
        ({"ruleId": "R1/a"}, [override("error", id="R1/b")], Severity.LOW),
        ({"ruleId": "R1/a"}, [override("error", id="R1"), override("warning", id="R1/a")], Severity.MEDIUM),
        ({"ruleId": "R7"}, [], Severity.MEDIUM),
        ({"ruleId": "R7"}, [override("error", id="R7")], Severity.HIGH),
        ({"kind": "review"}, [override("error", id="R1")], Severity.LOW),
        ({"kind": "open", "ruleId": "R7"}, [], Severity.LOW),
    ],
)
def test_the_level_is_the_results_own_the_invocations_the_rules_or_warning(said, overrides, severity):
    driver, extensions = [rule("Drivers", "note", guid="ABC")], [[rule("Far", "note")]]
    document = tool(of(**said), driver=driver, extensions=extensions, invocations=[invoked(*overrides)])
    assert only(document).severity is severity


@pytest.mark.parametrize(
    ("said", "severity"),
    [
        ({}, Severity.LOW),
        ({"provenance": {"invocationIndex": -1}}, Severity.LOW),
        ({"provenance": {"invocationIndex": 0}}, Severity.HIGH),
        ({"provenance": {"invocationIndex": 1}}, Severity.MEDIUM),
        ({"provenance": {"invocationIndex": 2}}, Severity.LOW),
    ],
)
def test_of_several_invocations_the_one_that_found_it_counts(said, severity):
    invocations = [invoked(override("error", id="R1")), invoked(override("warning", id="R1")), invoked()]
    document = tool(of(**said), driver=[rule("Drivers", "note")], invocations=invocations)
    assert only(document).severity is severity


def test_a_wrong_invocation_is_refused_where_it_matters():
    document = tool(of(provenance={"invocationIndex": 4}), invocations=[invoked(override("error", id="R1"))])
    with pytest.raises(Malformed) as problem:
        told(document)
    assert (
        "results[0].provenance.invocationIndex is no entry of the run's invocations" in problem.value.message
    )
    document["runs"][0]["results"][0]["level"] = "note"
    assert only(document).severity is Severity.LOW


def test_a_wrong_level_is_named_where_it_is():
    with pytest.raises(Malformed) as problem:
        told(tool(of(), invocations=[invoked(override("bad", id="R1"))]))
    assert (
        "invocations[0].ruleConfigurationOverrides[0].configuration.level is none of" in problem.value.message
    )


@pytest.mark.parametrize(
    ("given", "severity"),
    [
        ("CRITICAL", Severity.CRITICAL),
        ("High", Severity.HIGH),
        ("moderate", Severity.MEDIUM),
        ("low", Severity.LOW),
        ("", Severity.HIGH),
        (None, Severity.HIGH),
    ],
)
def test_words_are_taken_where_the_number_of_the_severity_belongs(given, severity):
    assert only(log(result(level="error", properties={"security-severity": given}))).severity is severity


@pytest.mark.parametrize(
    ("suppressions", "counted"),
    [
        ([{"kind": "inSource"}], True),
        ([{"kind": "external", "status": "accepted"}], True),
        ([{"kind": "inSource"}, {"kind": "external", "status": "rejected"}], False),
        ([{"kind": "external", "status": "underReview"}], False),
        ([], False),
        (None, False),
    ],
)
def test_a_result_is_suppressed_unless_somebody_has_refused_that(suppressions, counted):
    found = told(log(result(suppressions=suppressions)))
    assert any("suppressed" in note for note in found.notes) is counted
    assert len(found.findings) == 1


def test_results_in_other_files_are_not_taken_for_none():
    document = log(result(), externalPropertyFileReferences={"results": [{"location": {"uri": "r.sarif"}}]})
    found = told(document)
    assert found.reasons == ("Acme Scan has results in other files, which were not read",)
