"""What makes a result of a SARIF file the same finding in the next file, and what keeps two of one file apart."""

from __future__ import annotations

import json

import pytest

from keyhole.core.terms import Severity
from keyhole.scans.sarif_reading import read
from tests.unit.scans.test_imported import digest, log, only, result, told


def ids(*results, **run):
    return [finding.id for finding in told(log(*results, **run)).findings]


def known(rule, basis, turn=0):
    """The fingerprint that a result always had."""
    return f"{rule}:{digest(basis + b'%c%d' % (0, turn))}"


@pytest.mark.parametrize(
    ("more", "basis"),
    [
        ({}, b"acme-r1\0src/a.py\0m"),
        ({"partialFingerprints": {"h": "x"}}, b"acme-r1\0src/a.py\0h=x\0"),
        ({"fingerprints": {"h": "x"}, "partialFingerprints": {"i": "y"}}, b"acme-r1\0h=x\0"),
    ],
)
def test_findings_keep_the_fingerprints_that_they_always_had(more, basis):
    others = [result(uri="src/z.py", ruleId="other"), result(uri="src/y.py", ruleId="acme/R2")]
    rules = [{"id": "acme/R1"}, {"id": "acme"}, {"id": "other"}]
    found = {finding.fingerprint for finding in told(log(result(**more), *others, rules=rules)).findings}
    assert known("acme-r1", basis) in found


def test_without_fingerprints_their_turn_tells_equal_ones_apart_as_ever():
    found = [
        finding.fingerprint for finding in told(log(result(line=3), result(line=3), result(line=9))).findings
    ]
    assert found == [known("acme-r1", b"acme-r1\0src/a.py\0m", turn) for turn in range(3)]


@pytest.mark.parametrize("other", ["acme.r1", "Acme-R1", "acme r1"])
@pytest.mark.parametrize("more", [{}, {"partialFingerprints": {"h": "x"}}, {"fingerprints": {"h": "x"}}])
def test_rules_whose_names_become_the_same_stay_apart(other, more):
    both = told(log(result(**more), result(ruleId=other, **more))).findings
    assert {finding.rule for finding in both} == {"acme-r1"}
    assert len({finding.id for finding in both}) == 2
    # Which of them a file has makes no difference where the tool lists both.
    rules = [{"id": "acme/R1"}, {"id": other}]
    assert [only(log(result(**more), rules=rules)).id] == [both[0].id]
    assert [only(log(result(ruleId=other, **more), rules=rules)).id] == [both[1].id]


def test_rules_of_one_name_stay_apart_in_all_runs_of_a_tool():
    document = log(result(partialFingerprints={"h": "x"}))
    document["runs"] += log(result(ruleId="acme.r1", partialFingerprints={"h": "x"}))["runs"]
    assert len(told(document).findings) == 2


def test_rules_of_one_name_in_two_parts_of_the_tool_stay_apart():
    prints = {"partialFingerprints": {"h": "x"}}
    results = [result(**prints), result(rule={"toolComponent": {"index": 0}}, **prints)]
    tool = {"driver": {"name": "Acme", "rules": [{"id": "acme/R1"}]}}
    tool["extensions"] = [{"name": "Pack", "rules": [{"id": "acme/R1"}]}]
    both = ids(*results, tool=tool)
    assert len(set(both)) == 2
    assert [ids(each, tool=tool)[0] for each in results] == both


def test_a_fingerprint_in_two_files_of_one_import_is_one_of_each_file():
    same = {"fingerprints": {"contextHash/v1": "x"}}
    both = ids(result(uri="a.py", **same), result(uri="b.py", **same))
    assert len(set(both)) == 2
    # What is decided about one of them holds for it, whichever comes first and whatever else is there.
    assert (
        ids(result(uri="b.py", **same), result(uri="c.py", **same), result(uri="a.py", **same))[0] == both[1]
    )
    assert set(both) < set(ids(*(result(uri=f"{name}.py", **same) for name in "cba")))
    # Alone it is the same whatever its file is called, as the tool says.
    assert ids(result(uri="a.py", **same)) == ids(result(uri="moved.py", **same))


@pytest.mark.parametrize(
    "prints", [{"partialFingerprints": {"commitSha": "c"}}, {"fingerprints": {"h": "n/a"}}]
)
def test_a_fingerprint_at_several_places_of_a_file_is_one_of_each_place(prints):
    column = {"artifactLocation": {"uri": "src/a.py"}, "region": {"startLine": 3, "startColumn": 9}}
    offset = {"artifactLocation": {"uri": "src/a.py"}, "region": {"charOffset": 70}}
    results = [
        result(line=3, **prints),
        result(line=4, **prints),
        result(message={"text": "n"}, **prints),
        result(**prints, locations=[{"physicalLocation": column}]),
        result(**prints, locations=[{"physicalLocation": offset}]),
    ]
    found = ids(*results)
    assert len(set(found)) == 5
    assert found[0] == only(log(results[0])).id
    assert ids(*results, *results) == found


def test_what_two_runs_say_of_one_place_is_one_finding_and_of_two_places_two():
    document = log(result(line=3))
    document["runs"] += [log(result(line=line))["runs"][0] for line in (3, 90)]
    found = told(document).findings
    assert [[place.line for place in finding.locations] for finding in found] == [[3], [90]]
    assert found[0].id == only(log(result(line=3))).id


def test_what_is_told_twice_is_as_bad_as_the_worst_of_it():
    prints = {"fingerprints": {"h": "x"}}
    assert (
        only(log(result(level="note", **prints), result(level="error", **prints))).severity is Severity.HIGH
    )


def test_objects_are_fingerprints_too_and_null_is_none():
    first, second = ({"fingerprints": {"row": {"value": each}, "none": None}} for each in "xy")
    assert len(set(ids(result(**first), result(**second)))) == 2
    assert ids(result(line=1, **first)) == ids(result(line=2, **first))
    assert ids(result(partialFingerprints={"h": None})) == ids(result())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_files_of_windows_are_read_in_their_encoding(encoding):
    document = json.dumps(log(result(uri="ü.py")), ensure_ascii=False).encode(encoding)
    (finding,) = read(document, digest, "").findings
    assert finding.locations[0].path == "ü.py"
