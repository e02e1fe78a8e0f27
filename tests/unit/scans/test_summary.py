"""What a page says first about a scan, and that only a complete one can be clean."""

from datetime import UTC, datetime, timedelta

import pytest

from keyhole.core.terms import Kind, Severity
from keyhole.scans.models import Scan, State
from keyhole.scans.summary import before, counted, summarize
from tests.unit.findings.making import finding, hash_of, repository, scan_of, secret, settle

BEGAN = datetime(2026, 8, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("state", State)
def test_only_a_complete_scan_without_findings_is_clean(state):
    assert summarize(Scan(state=state)).clean is (state is State.COMPLETE)
    assert not summarize(Scan(state=state, counters={"findings": 1})).clean


@pytest.mark.parametrize(("state", "findings", "said"), [
    (State.COMPLETE, 0, "Nothing found, and everything was read."),
    (State.COMPLETE, 1, "1 finding."),
    (State.COMPLETE, 1204, "1,204 findings."),
    (State.INCOMPLETE, 0, "Not everything could be read. 0 findings in what was."),
    (State.FAILED, 0, "The scan failed: it says nothing about the repository."),
    (State.STOPPED, 0, "The scan was stopped: it says nothing about the repository."),
    (State.READY, 0, "The scan has not ended yet."),
    (State.RUNNING, 0, "The scan has not ended yet."),
])  # fmt: skip
def test_one_sentence_says_it(state, findings, said):
    assert summarize(Scan(state=state, counters={"findings": findings})).verdict == said


def test_an_imported_file_without_findings_is_not_clean():
    shown = summarize(Scan(state=State.COMPLETE, evidence={"imported": True}))
    assert not shown.clean
    assert shown.verdict == "No findings in the imported file. Keyhole itself read nothing for it."
    some = Scan(state=State.COMPLETE, evidence={"imported": True}, counters={"findings": 2})
    assert summarize(some).verdict == "2 findings."


def test_numbers_come_from_the_row_and_what_cannot_be_compared_is_not_zero():
    scan = Scan(
        state=State.COMPLETE,
        started_at=BEGAN,
        finished_at=BEGAN + timedelta(seconds=6),
        counters={"critical": 2, "low": 1, "findings": 3, "objects": 48_522, "bytes": 9},
    )
    shown = summarize(scan)
    assert shown.by_severity == {"critical": 2, "high": 0, "medium": 0, "low": 1}
    assert (shown.findings, shown.objects, shown.bytes_read) == (3, 48_522, 9)
    assert (shown.new, shown.fixed) == (None, None)
    assert shown.duration == timedelta(seconds=6)


def test_refs_are_shown_as_people_write_them():
    assert [Scan(ref=ref).ref_name for ref in ("", "refs/heads/a/b", "refs/tags/v1")] == ["", "a/b", "v1"]


A, B, C = secret("a"), secret("b"), secret("c")


def ended(place, found, state=State.COMPLETE, **more):
    scan = scan_of(place, found, reasons=() if state == State.COMPLETE else ("cut",), **more)
    Scan.objects.filter(pk=scan.pk).update(state=state)
    return scan


def new_and_fixed(scan):
    numbers = counted(scan, before(scan))
    return numbers.get("new"), numbers.get("fixed")


@pytest.mark.django_db
def test_what_an_incomplete_scan_found_is_not_new_in_the_next():
    place = repository()
    assert new_and_fixed(ended(place, [A, B], State.INCOMPLETE)) == (None, None)
    assert new_and_fixed(ended(place, [A, B], State.INCOMPLETE)) == (0, None)
    assert new_and_fixed(ended(place, [B, C])) == (1, None)
    assert new_and_fixed(ended(place, [B])) == (0, 1)


@pytest.mark.django_db
def test_what_another_branch_or_other_scanners_found_is_not_new():
    place = repository()
    ended(place, [A, B])
    assert new_and_fixed(ended(place, [A, C], ref="refs/heads/main")) == (1, None)
    assert new_and_fixed(ended(place, [B], scanners=("secrets",))) == (0, None)
    assert new_and_fixed(ended(repository(), [A])) == (None, None)


@pytest.mark.django_db
def test_what_was_fixed_everywhere_is_new_when_it_comes_back():
    place = repository()
    ended(place, [A])
    ended(place, [A], ref="refs/heads/side")
    ended(place, [])
    assert new_and_fixed(ended(place, [A])) == (0, 0)  # the branch has it still
    ended(place, [])
    ended(place, [], ref="refs/heads/side")
    assert new_and_fixed(ended(place, [A])) == (1, 0)


@pytest.mark.django_db
def test_what_is_shown_as_another_one_is_not_counted_and_no_news_when_it_is_alone():
    place = repository()
    same = code_literal()
    first = settle(scan_of(place, [secret("s", line=3), same], scanners=("secrets", "bandit")))
    numbers = counted(first, before(first))
    assert (numbers["findings"], numbers["merged"], numbers["high"], numbers["medium"]) == (1, 1, 1, 0)
    row = first.findings.get(scanner="bandit")
    assert row.shown_as == first.findings.get(scanner="secrets").key
    assert row.merge_reason == "same line, a secret in the code: bandit B105 and secrets github-token"
    alone = settle(scan_of(place, [same], scanners=("secrets", "bandit")))
    numbers = counted(alone, before(alone))
    assert (numbers["findings"], numbers["merged"], numbers["new"], numbers["fixed"]) == (1, 0, 0, 1)


@pytest.mark.django_db
def test_how_bad_what_is_new_is_goes_by_what_is_new():
    place = repository()
    ended(place, [secret("old", severity=Severity.CRITICAL)])
    scan = ended(place, [secret("old", severity=Severity.CRITICAL), secret("new", severity=Severity.LOW)])
    numbers = counted(scan, before(scan))
    assert (numbers["critical"], numbers["new"]) == (1, 1)
    assert numbers["new_by_severity"] == {"critical": 0, "high": 0, "medium": 0, "low": 1}


def code_literal():
    return finding("bandit", "b105", hash_of("b105"), "app.py", 3, severity=Severity.MEDIUM, kind=Kind.CODE)
