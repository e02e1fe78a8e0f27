"""A report counts what there is to do, never calls clean what was not all seen, and survives JSON exactly."""

from __future__ import annotations

import dataclasses
import json

import pytest

from keyhole.core.finding import ScanResult
from keyhole.core.terms import Severity
from keyhole.reports.dataset import Dataset, Row, of_result
from keyhole.reports.outline import groups, remarks
from keyhole.reports.renderers.as_text import text
from tests.unit.core.test_finding import RESULT
from tests.unit.reports.kit import NASTY, SECRET, VULNERABLE, dataset, incomplete


def test_a_report_survives_json_and_refuses_what_is_not_one():
    report = dataset()
    plain = json.loads(json.dumps(report.to_json()))
    assert Dataset.from_json(plain) == report
    with pytest.raises(ValueError, match="rows"):
        Dataset.from_json({**plain, "rows": "none"})


def test_only_what_is_neither_fixed_nor_decided_about_counts():
    report = dataset()
    assert report.by_severity == {"critical": 1, "high": 1, "medium": 1, "low": 0}
    assert report.by_kind == {"secret": 2, "vulnerability": 1}
    assert len(report.put_aside) == 1
    assert report.verdict == "3 open findings, and 1 fixed or decided about."
    assert not Row(SECRET, "a/b", "fixed").open


def test_nothing_open_is_clean_only_if_everything_was_read():
    assert dataset().verdict != "Nothing open, and everything was read."
    assert dataset(rows=()).verdict == "Nothing open, and everything was read."
    assert incomplete("a file is damaged").verdict.startswith("Not everything could be read.")
    nothing = dataset(rows=(), sources=())
    assert (nothing.complete, nothing.verdict) == (False, "No scan has ended, so nothing is known.")
    assert not nothing.as_result().clean


def test_a_report_of_a_result_is_that_result_again():
    assert of_result(RESULT, name="tide", finished="2026-11-25T10:00:00Z").as_result() == RESULT
    assert isinstance(dataset().as_result(), ScanResult)


def test_a_folder_has_what_says_the_same_once_and_the_reason():
    again = dataclasses.replace(SECRET, id="9" * 16, rule="generic-token", title="Some token", severity=Severity.LOW,
                                fingerprint=f"generic-token:{SECRET.fingerprint.rpartition(':')[2]}")  # fmt: skip
    result = dataclasses.replace(RESULT, findings=(SECRET, again))
    report = of_result(result, name="tide", finished="2026-11-25T10:00:00Z")
    assert report.as_result() == result
    assert [row.finding for row in report.open] == [SECRET]
    assert report.verdict.endswith("1 open finding, and 1 shown with another one.")
    shown = text(report)
    assert "Some token" not in shown
    reason = (
        f"same secret: secrets generic-token and secrets {SECRET.rule}. It stands there as {SECRET.title}."
    )
    assert f"1 finding shown with another one: {reason}\n" in shown


@pytest.mark.parametrize("place", ["title", "about"])
def test_text_that_hides_something_is_refused(place):
    with pytest.raises(ValueError, match="unescaped"):
        dataset(**{place: "evil\u202etxt.exe"})
    with pytest.raises(ValueError, match="unescaped"):
        dataset(rows=(Row(SECRET, "a/b\x1b[31m"),))


def test_reasons_name_their_repository_where_there_are_several():
    report = incomplete("out of time")
    other = dataclasses.replace(report.sources[0], repository="harbour/ledger")
    assert report.reasons == ("out of time",)
    both = dataclasses.replace(report, sources=(*report.sources, other))
    assert both.reasons == ("harbour/tide-api: out of time", "harbour/ledger: out of time")


def test_one_matter_is_told_once_with_all_its_places():
    other = dataclasses.replace(SECRET, id="9" * 16, fingerprint="github-personal-token:" + "9" * 32)
    told = groups((Row(SECRET, "a/b"), Row(VULNERABLE, "a/b"), Row(other, "a/b")))
    assert [len(group.rows) for group in told] == [2, 1]


def test_remarks_say_what_the_columns_do_not():
    assert remarks(Row(NASTY, "a/b")) == ["ends in …WXYZ", "2 more places"]
    (row,) = dataset().put_aside
    assert remarks(row)[-1] == "accepted until 2027-01-01 by mara: -1+1 only <b>used</b> in tests"
    assert "known to be exploited" in remarks(row)
