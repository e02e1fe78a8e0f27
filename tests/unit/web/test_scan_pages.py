import re
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from keyhole.accounts.services import local_caller, owner_for
from keyhole.core.actions import Role
from keyhole.core.finding import Finding as Found
from keyhole.core.finding import Location
from keyhole.core.request import OwnerKind
from keyhole.core.terms import Confidence, Kind, Severity
from keyhole.inventory.models import Library, Stock
from keyhole.repositories.models import Repository
from keyhole.scans.models import Finding, Scan, Stage, State

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def browser():
    client = Client(HTTP_HOST="localhost")
    client.force_login(get_user_model().objects.get(pk=local_caller().user_id))
    return client


@pytest.fixture
def make():
    owner = owner_for("harbour", OwnerKind.ORGANIZATION)
    repository = Repository.objects.create(
        owner=owner,
        name="tide-api",
        name_folded="tide-api",
        location="/srv/x.git",
        marker="x",
        connected_at=timezone.now(),
    )

    def scan(state, **fields):
        now = timezone.now()
        ended = {} if state in (State.READY, State.QUEUED, State.RUNNING) else {"finished_at": now}
        return Scan.objects.create(
            name="Nightly",
            repository=repository,
            state=state,
            created_at=now,
            started_at=now - timedelta(seconds=7),
            scanners=["secrets"],
            **ended,
            **fields,
        )

    return scan


def add(scan, number, severity=Severity.HIGH, path="deploy/old.env", occurrences=1):
    found = Found(
        id=f"{number:016x}",
        scanner="secrets",
        rule="cloud-key",
        title="Cloud access key",
        severity=severity,
        confidence=Confidence.HIGH,
        locations=(Location("a" * 40, "", path, 12, 1),),
        occurrences=occurrences,
        fingerprint=f"cloud-key:{number:032x}",
        last4="Q7XA",
        why="It opens the cloud.",
        fix="Rotate it.",
        references=(),
        kind=Kind.SECRET,
    )
    Finding.of(scan, found).save()


def shown(browser, scan, query=""):
    answer = browser.get(f"/scans/{scan.pk}{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def place(path):
    """Where a finding of `add` is: its line number is never broken in two."""
    return f'{path}<span class="nowrap">:12</span>'


def test_only_a_complete_scan_without_findings_is_clean(browser, make):
    assert "Nothing found" in shown(browser, make(State.COMPLETE))
    for state in State:
        if state is not State.COMPLETE:
            page = shown(browser, make(state))
            assert "Nothing found" not in page, state
            assert "Clean" not in page, state


def test_an_imported_file_without_findings_is_not_clean(browser, make):
    page = shown(browser, make(State.COMPLETE, evidence={"imported": True}))
    assert "No findings in the file" in page
    assert "Keyhole itself read nothing" in page
    for text in (page, browser.get("/scans").content.decode()):
        assert '<span class="badge">No findings</span>' in text
        assert not re.search("clean|read whole|nothing found", text, re.IGNORECASE)


def test_an_incomplete_scan_says_why_and_what_that_means(browser, make):
    reasons = ["2 objects could not be read", "the time limit was reached"]
    page = shown(browser, make(State.INCOMPLETE, reason="; ".join(reasons), evidence={"reasons": reasons}))
    assert "did not see everything" in page
    assert all(f"<li>{reason}</li>" in page for reason in reasons)


@pytest.mark.parametrize(
    ("state", "words", "buttons"),
    [
        (State.READY, "Not run yet", ("Run scan", "Delete")),
        (State.QUEUED, "Waiting for its turn", ("Stop",)),
        (State.RUNNING, "Waiting for its turn", ("Stop",)),
        (State.FAILED, "The scan failed", ("Run again", "Delete")),
        (State.STOPPED, "The scan was stopped", ("Run again", "Delete")),
    ],
)
def test_each_state_says_what_it_is_and_offers_what_can_be_done(browser, make, state, words, buttons):
    page = shown(browser, make(state))
    assert words in page
    offered = {name for name in ("Run scan", "Run again", "Stop", "Delete") if f">{name}<" in page}
    assert offered == set(buttons)


@pytest.mark.parametrize(
    ("role", "ended", "waiting"),
    [
        (Role.MAINTAINER, {"Run again", "Delete"}, {"Stop"}),
        (Role.MEMBER, {"Run again"}, set()),
        (Role.AUDITOR, set(), set()),
    ],
)
def test_what_a_role_may_not_do_is_not_offered(make, role, ended, waiting):
    user = get_user_model().objects.create(
        email=f"{role}@harbour.example", owner=owner_for(f"the-{role}", OwnerKind.USER), role_name=role
    )
    client = Client(HTTP_HOST="localhost")
    client.force_login(user)

    def offered(state):
        page = shown(client, make(state))
        return {name for name in ("Run again", "Stop", "Delete") if f">{name}<" in page}

    assert (offered(State.FAILED), offered(State.QUEUED)) == (ended, waiting)
    assert (">New code scan<" in client.get("/scans").content.decode()) is (role is not Role.AUDITOR)


def test_what_cannot_be_run_again_is_not_offered_to_be(browser, make):
    assert ">Run again<" not in shown(browser, make(State.COMPLETE, evidence={"imported": {"tool": "x"}}))
    scan = make(State.READY)
    Repository.objects.update(removed_at=timezone.now())
    page = shown(browser, scan)
    assert ">Run scan<" not in page
    assert "harbour/tide-api was disconnected" in page


def test_of_many_scans_the_newest_are_listed_and_the_history_has_the_others(browser, make):
    made = [make(State.COMPLETE).pk for _ in range(102)]
    page = browser.get("/scans").content.decode()
    assert f'"/scans/{made[2]}"' in page
    assert f'"/scans/{made[1]}"' not in page
    older = re.search(r'"(/scans/history\?before=\d+)"', page)[1]
    assert f'"/scans/{made[1]}"' in browser.get(older).content.decode()
    Scan.objects.filter(pk__lte=made[1]).delete()
    assert "before=" not in browser.get("/scans").content.decode()


def test_the_overview_counts_what_runs_however_old_it_is(browser, make):
    make(State.RUNNING)
    newest = [make(State.COMPLETE).pk for _ in range(7)][1:]
    page = browser.get("/").content.decode()
    assert "<b>1</b>scan running" in page
    assert [int(number) for number in re.findall(r'"/scans/(\d+)"', page)] == newest[::-1]


def test_progress_tells_the_stage_and_the_count_and_ends_by_itself(browser, make):
    scan = make(State.RUNNING, stage=Stage.READ, done=48310, total=112233)
    page = shown(browser, scan)
    assert "48,310 of 112,233 objects" in page
    assert '<noscript><meta http-equiv="refresh"' in page
    part = browser.get(f"/scans/{scan.pk}/progress")
    assert "Reading the history" in part.content.decode()
    assert "X-Keyhole-Finished" not in part
    Scan.objects.filter(pk=scan.pk).update(state=State.COMPLETE)
    assert "X-Keyhole-Finished" in browser.get(f"/scans/{scan.pk}/progress")
    assert "http-equiv" not in shown(browser, scan)


def parts(text):
    """The parts of a page that are followed, by name, without their markup."""
    found = re.findall(r'<(\w+)[^>]* data-part="(\w+)">(.*?)</\1>(?=\s*(?:<|$))', text, re.DOTALL)
    return {name: re.sub(r"<[^>]+>", "", inner).strip() for _, name, inner in found}


def test_all_that_changes_while_it_runs_is_followed(browser, make):
    scan = make(State.QUEUED)
    page = shown(browser, scan)
    assert parts(page)["state"] == "Queued"
    assert parts(page)["log"] == ""
    said = {"at": "2026-07-01T10:00:00+00:00", "text": "Reading every object once."}
    Scan.objects.filter(pk=scan.pk).update(state=State.RUNNING, stage=Stage.READ, commit="c" * 40, log=[said])
    followed = parts(browser.get(f"/scans/{scan.pk}/progress").content.decode())
    assert followed["state"] == "Running"
    assert "at cccccccccc" in followed["lead"]
    assert followed["stop"] == "Stop"
    assert "Reading the history" in followed["progress"]
    assert "Reading every object once." in followed["log"]
    assert followed.keys() == parts(shown(browser, scan)).keys()


def test_a_scan_that_was_asked_to_stop_says_so_and_is_not_asked_again(browser, make):
    scan = make(State.RUNNING, stage=Stage.READ, done=1, total=2, stop_requested=True)
    for address in (f"/scans/{scan.pk}", f"/scans/{scan.pk}/progress"):
        text = browser.get(address).content.decode()
        assert "Stopping</span>" in text
        assert "disabled>Stopping…" in text
        assert "<mark>Stopping</mark>" in text
        assert "Running" not in text


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        (Stage.READ, 'Reading the history</mark>: <span class="num">690 of 1,355 objects'),
        (Stage.FILES, 'Looking at the files as they are now</mark>: <span class="num">690 of 1,355 files'),
        (Stage.STORE, "Storing the findings</mark></p>"),
    ],
)
def test_progress_says_what_its_numbers_are_of(browser, make, stage, words):
    assert words in shown(browser, make(State.RUNNING, stage=stage, done=690, total=1355))


def test_findings_are_worst_first_and_can_be_filtered(browser, make):
    scan = make(State.COMPLETE)
    add(scan, 1, Severity.LOW, "low.txt")
    add(scan, 2, Severity.CRITICAL, "critical.txt", occurrences=3)
    page = shown(browser, scan)
    assert page.index(place("critical.txt")) < page.index(place("low.txt"))
    assert "and 2 more places" in page
    assert "…Q7XA" in page
    only = shown(browser, scan, "?severity=low")
    assert place("low.txt") in only
    assert place("critical.txt") not in only
    assert "None of this severity" in shown(browser, scan, "?severity=<b>")


def test_what_says_the_same_as_another_finding_is_shown_with_it_and_not_counted(browser, make):
    scan = make(State.COMPLETE, counters={"findings": 1})
    add(scan, 1)
    add(scan, 2, Severity.LOW)
    scan.findings.filter(key=f"{2:016x}").update(shown_as=f"{1:016x}", merge_reason="same line: a and b")
    page = shown(browser, scan)
    assert "<b>1</b>finding<" in page
    assert "All 1<" in page
    assert "Low 1" not in page
    assert (
        'With it: Cloud access key, <code>deploy/old.env<span class="nowrap">:12</span></code> (same' in page
    )
    assert "1 finding that says the same as another one is shown with it." in page
    assert "<b>1 finding</b> is deleted" in browser.get(f"/scans/{scan.pk}/delete").content.decode()


def test_a_path_out_of_a_repository_is_shown_and_never_run(browser, make):
    scan = make(State.COMPLETE)
    add(scan, 1, path="<img src=x onerror=alert(1)>.env")
    page = shown(browser, scan)
    assert "&lt;img src=x" in page
    assert "<img" not in page


def test_thousands_of_findings_make_no_endless_page(browser, make):
    scan = make(State.COMPLETE)
    for number in range(510):
        add(scan, number)
    page = shown(browser, scan)
    assert page.count("<tr>") == 501
    assert "And 10 more" in page


def test_a_report_is_a_download_of_a_known_kind(browser, make):
    assert browser.get(f"/scans/{make(State.RUNNING).pk}/report.json").status_code == 409
    assert browser.get(f"/scans/{make(State.COMPLETE).pk}/report.exe").status_code == 404


def test_deleting_asks_first(browser, make):
    scan = make(State.COMPLETE)
    add(scan, 1)
    assert "1 finding" in browser.get(f"/scans/{scan.pk}/delete").content.decode()
    assert Scan.objects.filter(pk=scan.pk).exists()
    assert browser.post(f"/scans/{scan.pk}/delete").status_code == 302
    assert not Scan.objects.filter(pk=scan.pk).exists()


@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING])
def test_nobody_is_asked_about_deleting_what_cannot_be_deleted(browser, make, state):
    scan = make(state)
    for answer in (browser.get(f"/scans/{scan.pk}/delete"), browser.post(f"/scans/{scan.pk}/delete")):
        assert answer.status_code == 409
        assert "This scan is running." in answer.content.decode()
        assert "Stop it first." in answer.content.decode()
    assert Scan.objects.filter(pk=scan.pk).exists()


def test_a_defect_becomes_a_page_that_tells_nothing(browser, make, monkeypatch):
    def broken(*_):
        raise RuntimeError("khp_secret in an error message")

    monkeypatch.setattr("keyhole.web.pages.scans.scans.list_scans", broken)
    browser.raise_request_exception = False
    answer = browser.get("/scans")
    assert answer.status_code == 500
    assert b"This is a defect" in answer.content
    assert b"khp_secret" not in answer.content


def test_the_name_of_a_branch_hides_nothing(browser, make):
    scan = make(State.COMPLETE, ref="refs/heads/main\u200b\u202egnp")
    stock = Stock.objects.create(
        repository=scan.repository, ref=scan.ref, scan=scan, at=timezone.now(), complete=True
    )
    Library.objects.create(stock=stock, ecosystem="npm", key="qs", name="qs", path="x", line=1, dev=False)
    for address in (
        "/scans",
        f"/scans/{scan.pk}",
        "/scans/history",
        "/libraries",
        "/libraries/one?ecosystem=npm&name=qs",
    ):
        page = browser.get(address).content.decode()
        assert "main\\u200b\\u202egnp" in page, address
        assert "\u202e" not in page, address


def test_a_page_past_the_end_of_a_list_does_not_say_that_there_is_nothing(browser, make):
    scan = make(State.COMPLETE)
    stock = Stock.objects.create(repository=scan.repository, scan=scan, at=timezone.now(), complete=True)
    Library.objects.create(stock=stock, ecosystem="npm", key="qs", name="qs", path="a", line=1, dev=False)
    page = browser.get("/libraries?page=7").content.decode()
    assert "No further libraries" in page
    assert "No such libraries" not in page
    assert "No such libraries" in browser.get("/libraries?q=nothing&page=7").content.decode()
    page = browser.get(f"/scans/history?before={scan.pk}").content.decode()
    assert "No older runs" in page
    assert "No such runs" not in page
