"""Two runs beside each other: what is new, what is gone and whether that is known, and what else could be why."""

from __future__ import annotations

import dataclasses
import json

import pytest

from keyhole.accounts.services import local_caller
from keyhole.core.actions import Role
from keyhole.core.errors import Conflict, InvalidInput, NotFound
from keyhole.core.finding import AdvisoriesOf
from keyhole.core.library import Library
from keyhole.core.terms import Severity, Status
from keyhole.reports import history
from keyhole.reports.comparison import compare
from keyhole.reports.dataset import MERGED, Decided, Row
from keyhole.reports.history import RunFilter
from keyhole.scans import refs
from keyhole.scans.models import Scan, State
from tests.unit.reports.kit import NASTY, SECRET, VULNERABLE, browser_of, dataset, owner_browser
from tests.unit.scans.test_job import found, result

NAME = "harbour/tide-api"


def one(*findings, libraries=(), **source):
    report = dataset(*(Row(each, NAME) for each in findings)) if findings else dataset(rows=())
    return dataclasses.replace(
        report, sources=(dataclasses.replace(report.sources[0], **source),), libraries=libraries
    )


def test_each_finding_is_new_gone_the_same_or_of_another_severity():
    worse = dataclasses.replace(NASTY, severity=Severity.CRITICAL)
    seen = compare(one(SECRET, NASTY), one(VULNERABLE, worse))
    assert [each.id for each in seen.new] == [VULNERABLE.id]
    assert [each.id for each in seen.gone] == [SECRET.id]
    assert seen.same == ()
    (changed,) = seen.changed
    assert (changed.before.severity, changed.after.severity) == (Severity.MEDIUM, Severity.CRITICAL)
    assert seen.sentence == "1 new, 1 fixed, 0 the same, 1 of another severity."
    json.dumps(seen.to_json())


def test_what_is_shown_with_another_one_is_neither_listed_nor_news_when_it_is_alone():
    merged = Row(NASTY, NAME, decided=(Decided(MERGED, "the same", "", ""),))
    both = dataclasses.replace(one(SECRET, NASTY), rows=(Row(SECRET, NAME), merged))
    seen = compare(one(SECRET), both)
    assert (seen.new, seen.gone, [each.id for each in seen.same]) == ((), (), [SECRET.id])
    seen = compare(both, one(NASTY))
    assert ([each.id for each in seen.new], [each.id for each in seen.gone]) == ([], [SECRET.id])
    seen = compare(both, one(VULNERABLE))
    assert [each.id for each in seen.gone] == [SECRET.id]


def test_a_run_whose_process_ended_says_nothing_of_libraries_and_advisories():
    libraries = (library("flask", "1.0"),)
    whole = one(libraries=libraries, scanners=("dependencies",), advisories_at="2026-01-01T00:00:00Z")
    cut = one(
        scanners=("dependencies",),
        status=Status.INCOMPLETE,
        reasons=("killed",),
        objects=0,
        isolation=(),
        advisories_at="",
    )
    for seen in (compare(whole, cut), compare(cut, whole)):
        assert seen.libraries == ()
        assert [each.label for each in seen.differences] == ["Seen"]


def test_a_run_with_itself_differs_in_nothing():
    seen = compare(one(SECRET, NASTY), one(SECRET, NASTY))
    assert (seen.new, seen.gone, seen.changed, seen.libraries, seen.differences) == ((), (), (), (), ())
    assert len(seen.same) == 2


@pytest.mark.parametrize(
    "after",
    [
        {"status": Status.INCOMPLETE, "reasons": ("out of time",)},
        {"repository": "harbour/ledger"},
        {"ref": "other"},
        {"scanners": ("dependencies",)},
    ],
)
def test_what_is_gone_is_fixed_only_if_it_was_looked_for(after):
    seen = compare(one(SECRET), one(**after))
    assert not seen.fixed_is_known
    assert "1 not seen" in seen.sentence
    assert compare(one(SECRET), one()).fixed_is_known


def test_what_the_older_of_two_runs_does_not_have_is_not_fixed_in_it():
    seen = compare(one(SECRET, number=15), one(number=12))
    assert (seen.backwards, seen.fixed_is_known, seen.sentence) == (
        True,
        False,
        "0 new, 1 not seen, 0 the same.",
    )


def test_what_differs_in_how_they_were_done_is_said_with_what_may_come_of_it():
    before = one(rules_version="1", advisories_at="2026-11-01T00:00:00Z", commit="a" * 40)
    after = one(
        rules_version="2", advisories_at="", commit="b" * 40, status=Status.INCOMPLETE, reasons=("x",)
    )
    told = {each.label: (each.before, each.after) for each in compare(before, after).differences}
    assert told["Rules"] == ("1", "2")
    assert told["Advisories of"] == ("2026-11-01T00:00:00Z", "none")
    assert told["Seen"] == ("everything", "not everything: x")
    assert told["Commit"] == ("a" * 40, "b" * 40)
    assert all(each.why for each in compare(before, after).differences)


def test_advisories_differ_by_ecosystem_and_only_where_both_used_them():
    def of(**at):
        held = tuple(AdvisoriesOf(name, f"2026-11-{day:02}T00:00:00Z") for name, day in at.items())
        return one(advisories=held, advisories_at=min((each.at for each in held), default=""))

    def told(before, after):
        return [(each.label, each.before, each.after) for each in compare(before, after).differences]

    before = of(PyPI=1, npm=2)
    assert told(before, of(PyPI=1, npm=9)) == [
        ("Advisories of", "npm 2026-11-02T00:00:00Z", "npm 2026-11-09T00:00:00Z")
    ]
    assert told(before, of(PyPI=1, npm=2)) == told(before, of(npm=2)) == told(of(Go=1), of(npm=2)) == []
    earlier = one(advisories_at="2026-11-01T00:00:00Z")
    assert told(earlier, before) == []
    assert told(earlier, of(npm=2))[0][1:] == ("2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z")


def library(name, version, path="x.lock"):
    return Library(f"pkg:npm/{name}@{version}", "npm", name, version, path, 1)


def test_libraries_are_added_removed_and_changed_and_their_files_do_not_matter():
    before = (library("a", "1"), library("b", "1"), library("c", "1"), library("c", "2"))
    after = (library("a", "2"), library("d", "1"), library("c", "1", "y.lock"), library("c", "2"))
    looked = {"scanners": ("secrets", "dependencies")}
    seen = compare(one(libraries=before, **looked), one(libraries=after, **looked))
    assert compare(one(libraries=before, **looked), one()).libraries == ()  # nobody looked for them again
    assert [(each.name, each.before, each.after) for each in seen.libraries] == [
        ("a", ("1",), ("2",)),
        ("b", ("1",), ()),
        ("d", (), ("1",)),
    ]


@pytest.fixture
def two(ran):
    return ran(result(found("0"), found("1"))), ran(result(found("1"), found("2", Severity.CRITICAL)))


@pytest.mark.django_db(transaction=True)
class TestKept:
    def test_two_runs_are_compared_as_they_ended(self, two):
        seen = history.compare(local_caller(), two[0].pk, two[1].pk)
        assert [each.id for each in seen.new] == [found("2").id]
        assert [each.id for each in seen.gone] == [found("0").id]
        assert seen.fixed_is_known

    def test_a_run_whose_process_ended_was_of_the_commit_that_it_was_to_read(self, ran, repository):
        head = refs.head(repository.git_dir)
        whole = ran(dataclasses.replace(result(found("0")), commit=head))
        ended = dataclasses.replace(
            result(reasons=("the scanning process ended with exit code 1",)),
            commit="",
            objects=0,
            isolation=(),
        )
        cut = ran(ended)
        seen = history.compare(local_caller(), whole.pk, cut.pk)
        assert (seen.after.commit, [each.label for each in seen.differences]) == (head, ["Seen"])

    def test_what_cannot_be_compared_is_refused(self, two):
        with pytest.raises(InvalidInput, match="same run"):
            history.compare(local_caller(), two[0].pk, two[0].pk)
        with pytest.raises(NotFound):
            history.compare(local_caller(), two[0].pk, 1 << 70)
        Scan.objects.filter(pk=two[1].pk).update(state=State.FAILED)
        with pytest.raises(Conflict):
            history.compare(local_caller(), two[0].pk, two[1].pk)

    def test_runs_are_found_by_everything_that_the_page_asks(self, two):
        def numbers(**wanted):
            return [scan.pk for scan in history.runs(local_caller(), RunFilter(**wanted))]

        first, second = two
        Scan.objects.filter(pk=first.pk).update(trigger="schedule", batch="b" * 32, name="Nightly look")
        assert numbers() == [second.pk, first.pk]
        assert numbers(text="NIGHTLY") == [first.pk]
        assert numbers(text="harbour nightly") == [first.pk]
        assert numbers(trigger="schedule") == [first.pk]
        assert numbers(batch="b" * 32) == [first.pk]
        assert numbers(state="failed") == []
        assert numbers(repository=first.repository_id) == [second.pk, first.pk]
        assert numbers(since=second.created_at) == [second.pk]
        assert numbers(until=second.created_at) == [first.pk]
        assert history.previous(second).pk == first.pk
        assert history.previous(first) is None

    def test_the_history_shows_runs_and_leads_to_comparing_two(self, two):
        browser = owner_browser()
        page = browser.get("/scans/history").content.decode()
        assert f"#{two[0].pk}" in page
        assert "1 new, 1 fixed" in page
        assert 'title="1 critical"' in page
        chosen = browser.get(f"/scans/compare?run={two[1].pk}&run={two[0].pk}")
        assert chosen["Location"] == f"/scans/compare?a={two[0].pk}&b={two[1].pk}"
        page = browser.get(chosen["Location"]).content.decode()
        assert "1 new, 1 fixed, 1 the same." in page
        assert "the same commit, scanners, rules and advisories" in page

    @pytest.mark.parametrize("query", ["", "?run=1", "?run=1&run=2&run=3", "?a=1", "?a=x&b=y"])
    def test_other_than_two_runs_are_refused_with_words(self, two, query):
        assert owner_browser().get(f"/scans/compare{query}").status_code in (404, 422)

    @pytest.mark.parametrize(
        ("query", "status"),
        [
            ("q=%00", 400),
            ("state=perhaps", 422),
            ("from=yesterday", 422),
            ("repository=x", 422),
            ("repository=-1", 422),
            ("repository=99", 200),
            ("to=9999-12-31", 200),
            ("before=x", 200),
        ],
    )
    def test_nonsense_in_the_address_breaks_nothing(self, two, query, status):
        assert owner_browser().get(f"/scans/history?{query}").status_code == status

    def test_runs_come_in_pages_of_fifty(self, ran):
        scan = ran(result())
        Scan.objects.bulk_create(
            [
                Scan(
                    name=f"n{number}",
                    repository=scan.repository,
                    state=State.STOPPED,
                    created_at=scan.created_at,
                )
                for number in range(60)
            ]
        )
        browser = owner_browser()
        first = browser.get("/scans/history").content.decode()
        assert first.count("<tr>") == 51
        before = first.partition("before=")[2].partition('"')[0]
        rest = browser.get(f"/scans/history?before={before}").content.decode()
        assert rest.count("<tr>") == 12
        assert "Newest runs" in rest

    def test_members_look_and_strangers_sign_in(self, two):
        assert browser_of(Role.MEMBER).get("/scans/history").status_code == 200
        from django.test import Client

        assert Client(HTTP_HOST="localhost").get("/scans/history").status_code == 302
