"""What a report says of findings beyond the scan: status, dates, decisions; and reports over findings of all scans."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from keyhole.accounts.services import local_caller
from keyhole.cli.reporting import FORMATS
from keyhole.core.actions import Role
from keyhole.core.errors import Conflict
from keyhole.core.gate_kinds import FindingsGate
from keyhole.core.gates import Policy
from keyhole.core.terms import Severity, Status
from keyhole.environments import policies
from keyhole.environments import services as environments
from keyhole.findings.deciding import DecisionSpec
from keyhole.findings.filtering import ProblemFilter
from keyhole.findings.models import Decision, Problem
from keyhole.findings.services import decide
from keyhole.reports import gather, services
from keyhole.reports.evidence.pack import contents
from keyhole.reports.github.words import told_of
from keyhole.reports.models import Mailing, Share
from keyhole.scans.imported import import_sarif
from keyhole.scans.job import run
from keyhole.scans.models import Scan
from tests import canaries
from tests.unit.reports.kit import browser_of, owner_browser
from tests.unit.scans.test_job import found, result
from tests.unit.scans.test_services import git

pytestmark = pytest.mark.django_db(transaction=True)


def accept(key, reason="Only a test key"):
    problem = Problem.objects.get(key=key)
    return decide(local_caller(), DecisionSpec("false_positive", reason, problems=(problem.pk,)))


def test_a_report_says_what_became_of_each_finding_since(ran):
    first = ran(result(found("0"), found("1"), found("2")))
    accept(found("1").id, reason="Kept <b>for</b> tests")
    ran(result(found("0"), found("1")))
    report = services.of_scan(local_caller(), first.pk)
    told = {row.finding.id: row for row in report.rows}
    assert told[found("0").id].open
    assert told[found("1").id].decided[0].word == "false_positive"
    assert told[found("1").id].decided[0].reason == "Kept <b>for</b> tests"
    assert told[found("2").id].status == "fixed"
    assert report.verdict == "1 open finding, and 2 fixed or decided about."


def test_evidence_and_comparisons_are_of_the_scan_as_it_ended(ran):
    scan = ran(result(found("0"), found("1")))
    before = gather.as_it_ended(scan)
    accept(found("0").id)
    assert gather.as_it_ended(scan) == before
    assert all(row.open for row in before.rows)


def test_a_report_over_findings_names_the_newest_scan_of_each_repository(ran):
    ran(result(found("0")))
    newest = ran(result(found("0"), found("1", Severity.CRITICAL)))
    report = services.of_filter(local_caller(), ProblemFilter())
    assert [row.finding.severity for row in report.rows] == [Severity.CRITICAL, Severity.HIGH]
    assert [source.number for source in report.sources] == [newest.pk]
    assert report.about == "Open findings."
    only = services.of_filter(local_caller(), ProblemFilter(severity=("critical",)))
    assert only.by_severity == {"critical": 1, "high": 0, "medium": 0, "low": 0}
    nothing = services.of_filter(local_caller(), ProblemFilter(severity=("low",)))
    assert (nothing.rows, nothing.clean, nothing.verdict) == ((), False, "No open finding matches.")
    assert "Clean" not in services.document(nothing, "text", "x").body.decode()


def test_a_scan_of_a_branch_beside_says_nothing_of_the_repository(repository, ran):
    git("branch", "feature", at=repository.git_dir)
    beside = ran(result(found("0"), found("1")), ref="feature")

    def told(ref=""):
        report = services.of_filter(local_caller(), ProblemFilter())
        newest = gather.newest_scan(repository.pk, ref)
        return newest.pk, [source.number for source in report.sources]

    assert told() == (beside.pk, [beside.pk])  # there is no other
    for asked in ({"ref": "main"}, {}):
        main = ran(result(found("0")), **asked)
        again = ran(result(found("0"), found("1")), ref="feature")
        assert told() == (main.pk, [main.pk])
        assert told("feature")[0] == again.pk


def test_a_report_over_findings_is_never_clean_where_a_scan_saw_not_everything(ran):
    scan = ran(result(found("0"), reasons=("one file is damaged",)))
    nothing = services.of_filter(local_caller(), ProblemFilter(severity=("low",)))
    assert nothing.verdict.startswith("Not everything could be read.")
    other = services.of_filter(local_caller(), ProblemFilter(repository=(scan.repository_id + 1,)))
    assert other.verdict == "No scan has ended, so nothing is known."


def test_what_one_scanner_did_not_see_no_scan_by_another_one_makes_seen(ran):
    first = ran(result(found("0"), reasons=("one file is damaged",)))
    other = ran(result(), scanners=("dependencies",))
    report = services.of_filter(local_caller(), ProblemFilter(severity=("low",)))
    assert [source.number for source in report.sources] == [other.pk, first.pk]
    assert report.verdict.startswith("Not everything could be read.")
    lines = list(csv.DictReader(io.StringIO(services.document(report, "csv", "x").body.decode())))
    assert [(line["title"], line["scan"]) for line in lines] == [("Not everything was seen", "incomplete")]
    both = ran(result(found("0")), scanners=("dependencies", "secrets"))
    report = services.of_filter(local_caller(), ProblemFilter(severity=("low",)))
    assert [source.number for source in report.sources] == [both.pk]
    assert report.complete


def test_a_branch_makes_up_for_no_scan_of_everything_that_was_cut_short(ran):
    def told():
        report = services.of_filter(local_caller(), ProblemFilter(severity=("low",)))
        return report.complete, [source.number for source in report.sources]

    both = ("dependencies", "secrets")
    main = ran(result(found("0")), ref="main", scanners=both)
    assert told() == (True, [main.pk])
    cut = ran(result(found("0"), reasons=("a pack of the branch dev is damaged",)), scanners=both)
    assert told() == (False, [cut.pk])
    ran(result(found("0")), ref="main", scanners=both)
    main = ran(result(found("0")), ref="main", scanners=both)
    assert told() == (False, [main.pk, cut.pk])
    whole = ran(result(found("0")))
    main = ran(result(found("0")), ref="main", scanners=both)
    assert told() == (True, [main.pk]), f"scan {whole.pk} saw everything"


def test_of_what_looks_at_one_commit_a_branch_tells_as_well_as_everything(ran):
    ran(result(reasons=("one file is damaged",)), scanners=("dependencies",))
    main = ran(result(), ref="main", scanners=("dependencies",))
    report = services.of_filter(local_caller(), ProblemFilter(severity=("low",)))
    assert (report.complete, [source.number for source in report.sources]) == (True, [main.pk])


def test_a_scanner_that_was_left_long_ago_keeps_no_report_incomplete(ran):
    def numbers():
        report = services.of_filter(local_caller(), ProblemFilter())
        assert report.complete == all(source.status is Status.COMPLETE for source in report.sources)
        return [source.number for source in report.sources]

    first = ran(result(found("0")))
    cut = ran(result(found("0"), reasons=("one file is damaged",)))
    other = ran(result(), scanners=("dependencies",))
    for days, told in ((99, cut), (101, first)):
        Scan.objects.filter(pk=cut.pk).update(finished_at=other.finished_at - timedelta(days))
        Scan.objects.filter(pk=first.pk).update(finished_at=other.finished_at - timedelta(days + 1))
        assert numbers() == [other.pk, told.pk]
    first.delete()
    assert numbers() == [other.pk]
    other.delete()
    assert numbers() == [cut.pk], "what nothing came after is the newest that is known"


def test_what_was_imported_is_the_newest_scan_only_where_there_is_no_other(ran, repository):
    log = {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "Other"}}, "results": []}]}

    def imported():
        scan = import_sarif(local_caller(), repository.pk, json.dumps(log).encode(), "main")
        run(scan.pk)
        return scan.pk

    def told(ref=""):
        return gather.newest_scan(repository.pk, ref).pk

    alone = imported()
    assert (told(), told("main")) == (alone, alone)
    own = ran(result(found("0")), ref="main")
    later = imported()
    assert (told(), told("main")) == (own.pk, own.pk)
    sources = services.of_filter(local_caller(), ProblemFilter()).sources
    assert [source.number for source in sources] == [later, own.pk]


def test_an_imported_file_without_findings_is_clean_in_no_format(repository):
    log = {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "Other"}}, "results": []}]}
    scan = import_sarif(local_caller(), repository.pk, json.dumps(log).encode())
    run(scan.pk)
    report = services.of_scan(local_caller(), scan.pk)
    said = "No open finding in what was imported. Keyhole itself read nothing for it."
    assert (report.clean, report.verdict) == (False, said)
    assert report.about == f"Code scan {scan.pk} of harbour/tide, imported from a file."
    for form in FORMATS:
        body = services.document(report, form, "x").body.decode("utf-8", "replace").lower()
        assert not re.search("clean|everything was read|whole history|0 objects", body), form
    for form in ("text", "html", "json", "sarif", "cyclonedx"):
        assert said in services.document(report, form, "x").body.decode(), form
    assert json.loads(services.document(report, "json", "x").body)["report"]["scans"][0]["imported"] is True
    assert told_of(Scan.objects.get(pk=scan.pk)).sentence == "No findings in the imported file"


def test_beside_what_was_read_an_imported_file_is_told_of(repository, ran):
    log = {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "Other"}}, "results": []}]}
    run(import_sarif(local_caller(), repository.pk, json.dumps(log).encode()).pk)
    alone = services.of_filter(local_caller(), ProblemFilter())
    assert (
        "0 findings, nothing read, as it came in a file."
        in services.document(alone, "text", "x").body.decode()
    )
    ran(result())
    both = services.of_filter(local_caller(), ProblemFilter())
    assert len(both.sources) == 2
    assert not both.imported
    whole = dataclasses.replace(both, filtered=False)
    assert whole.verdict == "Nothing open, and everything was read but for what imported files are about."


def test_too_many_findings_are_refused_with_what_to_do(ran, monkeypatch):
    ran(result(found("0"), found("1")))
    monkeypatch.setattr(services, "MOST_FINDINGS", 1)
    with pytest.raises(Conflict, match="More than 1"):
        services.of_filter(local_caller(), ProblemFilter())


def test_the_view_of_the_findings_page_can_be_taken_away(ran):
    ran(result(found("0"), found("1", Severity.CRITICAL)))
    browser = owner_browser()
    page = browser.get("/findings?severity=critical").content.decode()
    assert "/findings/report.csv?severity=critical" in page
    answer = browser.get("/findings/report.csv?severity=critical")
    assert answer["Content-Disposition"] == 'attachment; filename="keyhole-findings.csv"'
    assert len(list(csv.reader(io.StringIO(answer.content.decode(), newline="")))) == 2
    data = json.loads(browser.get("/findings/report.json").content)
    assert len(data["findings"]) == 2
    assert browser.get("/findings/report.exe").status_code == 404
    assert browser.get("/findings/report.csv?severity=purple").status_code == 422
    assert browser_of(Role.MEMBER).get("/findings/report.csv").status_code == 200


def test_the_view_of_the_findings_page_can_be_shared_and_mailed(ran):
    ran(result(found("0"), found("1", Severity.CRITICAL)))
    browser = owner_browser()
    for address in ("/findings/share?severity=critical", "/findings/report.html?severity=critical"):
        page = re.sub(r"<title>.*?</title>", "", browser.get(address).content.decode())
        assert page.count("Open findings, critical") == 1, (
            "a title that says what it is about says it for both"
        )
    once = browser.post("/findings/share?severity=critical", {"days": "7"}).content.decode()
    canaries.watch("share link", once.partition("/shared/")[2].partition("<")[0])
    share = Share.objects.get()
    assert [row.finding.id for row in share.report().rows] == [found("1").id]
    assert share.scan is None
    form = browser.get("/reports/mail/new?severity=critical").content.decode()
    assert "No channel sends mail yet" in form
    assert not Mailing.objects.exists()
    assert browser_of(Role.MEMBER).post("/findings/share", {"days": "7"}).status_code == 403


def test_who_may_not_see_findings_sees_the_scan_as_it_ended(ran):
    scan = ran(result(found("0")))
    accept(found("0").id)
    narrow = dataclasses.replace(local_caller(), actions=frozenset({"scan:read"}))
    assert not services.of_scan(local_caller(), scan.pk).rows[0].open
    report = services.of_scan(narrow, scan.pk)
    assert report.rows[0].open
    assert report.about.endswith("As it ended, without what was decided since.")


def test_what_was_shown_with_another_finding_when_a_scan_ended_stays_so_in_its_report(ran):
    scan = ran(result(found("0"), found("1")))
    assert [row.merged for row in gather.as_it_ended(scan).rows] == [False, False]
    scan.findings.filter(key=found("1").id).update(shown_as=found("0").id, merge_reason="same line")
    one, other = gather.as_it_ended(scan).rows
    assert one.open
    assert [each.reason for each in other.decided] == [f"same line. It stands there as {found('0').title}."]


def test_the_verdict_of_a_policy_is_part_of_the_report_and_of_the_evidence(ran):
    policy = policies.create(local_caller(), Policy("Strict", (FindingsGate(),)))
    live = environments.create(local_caller(), environments.EnvironmentSpec("Live", policy_id=policy.pk))
    scan = ran(result(found("0")), environment_id=live.pk)
    (source,) = gather.as_it_ended(scan).sources
    assert source.policy.startswith("Breached Strict: ")
    assert source.policy in services.document(gather.of_scan(scan), "html", "x").body.decode()
    assert json.loads(contents(scan)["scan.json"])["verdict"]["passed"] is False


def test_a_decision_that_has_expired_hides_nothing_even_while_no_worker_ends_it(ran):
    scan = ran(result(found("0")))
    accept(found("0").id)
    assert not services.of_scan(local_caller(), scan.pk).rows[0].open
    Decision.objects.update(expires_at=timezone.now())
    assert services.of_scan(local_caller(), scan.pk).rows[0].open
