"""Findings refuse to be vague, results refuse to look cleaner than they are; both survive JSON exactly."""

from __future__ import annotations

import dataclasses
import json

import pytest

from keyhole.core.finding import Finding, Location, ScanResult
from keyhole.core.library import PackageFacts, Relation
from keyhole.core.terms import MAX_LOCATIONS, Confidence, Kind, Place, Severity, Status, finding_id

WHERE = Location(commit="a" * 40, author_date="2026-01-02T03:04:05Z", path="src/a.py", line=3, column=7)
FINDING = Finding(
    id="0123456789abcdef",
    scanner="secrets",
    rule="github-personal-token",
    title="GitHub token",
    severity=Severity.CRITICAL,
    confidence=Confidence.HIGH,
    locations=(WHERE,),
    occurrences=1,
    fingerprint="github-personal-token:" + "0" * 32,
    last4="WXYZ",
    why="because",
    fix="revoke it",
    references=("https://docs.github.com/",),
    kind=Kind.SECRET,
)
FACTS = PackageFacts(
    purl="pkg:pypi/jinja2@2.4.1",
    ecosystem="PyPI",
    name="jinja2",
    version="2.4.1",
    relation=Relation.TRANSITIVE,
    dev=False,
    via=("flask",),
    ids=("CVE-2014-0012", "GHSA-fqh9-2qgg-h84h"),
    fixed="2.7.2",
)
RESULT = ScanResult(
    status=Status.COMPLETE,
    reasons=(),
    commit="b" * 40,
    scanners=("secrets",),
    objects=10,
    bytes_read=1000,
    findings=(FINDING,),
    rules_version="abc",
    duration=1.5,
    notes=(),
    isolation=("network namespace",),
)


def changed(thing, **fields):
    return dataclasses.replace(thing, **fields)


def test_a_finding_survives_json_exactly():
    message = changed(WHERE, path="message of tag v1", place=Place.TAG_MESSAGE, commit="")
    finding = changed(FINDING, locations=(WHERE, message), occurrences=80)
    assert Finding.from_json(json.loads(json.dumps(finding.to_json()))) == finding


def test_a_result_survives_json_exactly():
    assert ScanResult.from_json(json.loads(json.dumps(RESULT.to_json()))) == RESULT


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("locations", ()),
        ("locations", (WHERE,) * (MAX_LOCATIONS + 1)),
        ("occurrences", 0),
        ("last4", "abc"),
        ("last4", "ab\x1bc"),
        ("last4", "äöüß"),
        ("title", "red\x1b[31m"),
        ("why", "two\nlines"),
        ("references", ("https://x\u202e/",)),
        ("rule", "Not A Rule"),
        ("scanner", ""),
        ("fingerprint", "just-words"),
    ],
)
def test_a_finding_refuses(name, value):
    with pytest.raises(ValueError, match=r".+"):
        changed(FINDING, **{name: value})


def test_a_finding_is_about_one_package_at_most():
    with pytest.raises(ValueError, match="one package"):
        changed(FINDING, package=(FACTS, FACTS))


def test_what_was_written_before_there_were_packages_is_read():
    data = FINDING.to_json()
    del data["package"]
    assert Finding.from_json(data) == FINDING
    result = RESULT.to_json()
    del result["libraries"], result["advisories_at"], result["kev_at"]
    assert ScanResult.from_json(result) == RESULT


def test_severity_and_confidence_have_no_default():
    for required in ("severity", "confidence", "locations", "kind"):
        fields = {field.name: getattr(FINDING, field.name) for field in dataclasses.fields(FINDING)}
        del fields[required]
        with pytest.raises(TypeError, match=required):
            Finding(**fields)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("line", 0),
        ("column", 0),
        ("path", "a\nb"),
        ("path", "\x1b]0;title\x07"),
        ("commit", "HEAD"),
        ("commit", "A" * 40),
        ("author_date", "\n"),
    ],
)
def test_a_location_refuses(name, value):
    with pytest.raises(ValueError, match=r".+"):
        changed(WHERE, **{name: value})


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data.pop("severity"),
        lambda data: data.update(secret="surprise"),
        lambda data: data.update(severity="catastrophic"),
        lambda data: data.update(occurrences="1"),
        lambda data: data.update(occurrences=True),
        lambda data: data.update(locations=[]),
        lambda data: data.update(locations={}),
        lambda data: data["locations"][0].update(line=1.0),
        lambda data: data["locations"][0].pop("author_date"),
        lambda data: data.update(references=[1]),
        lambda data: data.update(title=None),
    ],
)
def test_json_that_is_not_exactly_ours_is_refused(spoil):
    data = FINDING.to_json()
    spoil(data)
    with pytest.raises(ValueError, match=r".+"):
        Finding.from_json(data)


@pytest.mark.parametrize("data", [None, [], "text", 1, {}])
def test_json_that_is_no_finding_at_all_is_refused(data):
    with pytest.raises(ValueError, match="Finding"):
        Finding.from_json(data)


def test_an_incomplete_scan_is_never_clean():
    incomplete = changed(RESULT, status=Status.INCOMPLETE, reasons=("out of time",), findings=())
    assert not incomplete.clean
    assert incomplete.verdict == "incomplete (out of time)"
    assert changed(RESULT, findings=()).clean
    assert changed(RESULT, findings=()).verdict == "clean"


def test_the_verdict_tells_findings_and_incompleteness_together():
    assert RESULT.verdict == "1 finding"
    both = changed(RESULT, status=Status.INCOMPLETE, reasons=("out of time", "one object unreadable"))
    assert both.verdict == "1 finding, incomplete (out of time; one object unreadable)"
    assert not both.clean


@pytest.mark.parametrize(("status", "reasons"), [(Status.COMPLETE, ("x",)), (Status.INCOMPLETE, ())])
def test_a_result_is_incomplete_exactly_if_it_says_why(status, reasons):
    with pytest.raises(ValueError, match="reason"):
        changed(RESULT, status=status, reasons=reasons)


def test_ids_depend_on_scanner_and_fingerprint():
    assert finding_id("secrets", "a:b") == finding_id("secrets", "a:b")
    assert finding_id("secrets", "a:b") != finding_id("other", "a:b")


@pytest.mark.parametrize(
    ("place", "path", "commit", "words"),
    [
        (Place.FILE, "a/b.py", "5" * 40, "a/b.py:3"),
        (Place.FILE, "commit message", "5" * 40, "commit message:3"),
        (Place.COMMIT_MESSAGE, "commit message", "5" * 40, "line 3 of the message of commit 5555555555"),
        (Place.TAG_MESSAGE, "v1.0", "", "line 3 of the message of tag v1.0"),
        (Place.TAG_MESSAGE, "", "", "line 3 of the message of a tag"),
    ],
)
def test_where_it_is_in_words(place, path, commit, words):
    assert Location(commit, "", path, 3, 1, place).where == words
