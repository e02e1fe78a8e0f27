"""The pages of schedules: who may, what the form says is wrong, and what is shown only once."""

from __future__ import annotations

import html
import re
from datetime import datetime

import pytest

from keyhole.core.actions import Role
from keyhole.jobs import engine
from keyhole.repositories.models import Repository
from keyhole.repositories.services import connect_folder, list_repositories
from keyhole.scans.models import Scan
from keyhole.schedules.models import Schedule
from tests import canaries
from tests.unit.accounts.kit import browser, caller, person
from tests.unit.scans.test_services import git

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def olga(tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "enqueue", lambda kind, row: None)
    user = person("olga", Role.OWNER)
    for name in ("tide", "moor"):
        place = tmp_path / "harbour" / name
        place.mkdir(parents=True)
        git("init", "-q", "-b", "main", at=place)
        git("commit", "-q", "--allow-empty", "-m", "first", at=place)
    connect_folder(caller(user), tmp_path)
    return user


def form(user, **changes):
    first = list_repositories(caller(user))[0].pk
    given = {
        "name": "Nightly",
        "repositories": [first],
        "scanners": ["secrets"],
        "when": "times",
        "preset": "nightly",
        "zone": "Europe/Berlin",
    }
    return {name: value for name, value in {**given, **changes}.items() if value is not None}


def test_one_is_made_looked_at_changed_paused_run_and_removed(olga):
    page = browser(olga)
    assert b"No schedules yet" in page.get("/schedules").content
    assert page.get("/schedules/new").status_code == 200
    made = page.post("/schedules/new", form(olga))
    schedule = Schedule.objects.get()
    assert (made.status_code, made["Location"]) == (302, f"/schedules/{schedule.pk}")
    shown = page.get(f"/schedules/{schedule.pk}").content.decode()
    assert "At 02:00" in shown
    assert len(re.findall(r"<li>\w{3} \d+ \w+ \d{4}, 02:00 CES?T</li>", shown)) == 5
    assert b"Nightly" in page.get("/schedules").content
    changed = form(olga, preset="other", cron="0 6 * * 1", name="Weekly")
    assert page.post(f"/schedules/{schedule.pk}/change", changed).status_code == 302
    schedule.refresh_from_db()
    assert (schedule.name, schedule.cron) == ("Weekly", "0 6 * * 1")
    assert 'value="0 6 * * 1"' in page.get(f"/schedules/{schedule.pk}/change").content.decode()
    page.post(f"/schedules/{schedule.pk}/pause", {"paused": "yes"})
    assert b"Paused" in page.get("/schedules").content
    page.post(f"/schedules/{schedule.pk}/pause", {"paused": "no"})
    assert page.post(f"/schedules/{schedule.pk}/run").status_code == 302
    assert b"Remove Weekly?" in page.get(f"/schedules/{schedule.pk}/remove").content
    page.post(f"/schedules/{schedule.pk}/remove")
    assert page.get(f"/schedules/{schedule.pk}").status_code == 404


def test_a_branch_that_is_not_there_is_told_when_it_is_saved(olga):
    told = browser(olga).post("/schedules/new", form(olga, ref="<rel>-x"), follow=True).content.decode()
    assert "no branch or tag called &#x27;&lt;rel&gt;-x&#x27;" in told
    assert Schedule.objects.get().ref == "<rel>-x"


def test_the_form_of_a_change_offers_what_a_new_one_does_for_what_was_not_said(olga):
    page = browser(olga)
    page.post("/schedules/new", form(olga))
    number = Schedule.objects.get().pk
    assert (
        'name="poll_minutes" type="text" value="5"'
        in page.get(f"/schedules/{number}/change").content.decode()
    )
    page.post(f"/schedules/{number}/change", form(olga, when="push", poll_minutes="0"))
    shown = page.get(f"/schedules/{number}/change").content.decode()
    assert 'name="poll_minutes" type="text" value="0"' in shown
    assert '<option value="nightly" selected>' in shown


@pytest.mark.parametrize(
    ("changes", "beside"),
    [
        ({"name": ""}, "name"),
        ({"repositories": []}, "repositories"),
        ({"repositories": ["x", "9" * 30]}, "repositories"),
        ({"scanners": []}, "scanners"),
        ({"when": ""}, "when"),
        ({"preset": "other", "cron": "soon"}, "cron"),
        ({"zone": "Mars"}, "zone"),
        ({"when": "once", "at": "tomorrow"}, "at"),
        ({"when": "once", "at": "9999-12-31T23:59", "zone": "America/New_York"}, "at"),
        ({"when": "once", "at": "9999-12-31T23:59", "zone": "Asia/Tokyo"}, "at"),
        ({"when": "once", "at": "0001-01-01T00:00", "zone": "Asia/Tokyo"}, "at"),
        ({"when": "push", "poll_minutes": "-1"}, "poll_minutes"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(olga, changes, beside):
    answer = browser(olga).post("/schedules/new", form(olga, description="of the harbour", **changes))
    assert answer.status_code == 422
    text = answer.content.decode()
    assert f'id="{beside}-error"' in text
    assert "of the harbour" in text
    assert not Schedule.objects.exists()


def test_the_next_times_are_shown_before_anything_is_saved(olga):
    page = browser(olga)
    shown = page.post("/schedules/summary", form(olga)).content.decode()
    assert "At 02:00" in shown
    assert shown.count("<li>") == 5
    without_scripts = page.post("/schedules/new", form(olga, preview="1")).content.decode()
    assert without_scripts.count(":00 CE") == 5
    assert (
        "No times yet"
        in page.post("/schedules/summary", form(olga, preset="other", cron="x")).content.decode()
    )
    assert not Schedule.objects.exists()


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("2020-01-01T00:00", "missing or has passed"),
        ("", "Say the day and the time."),
        ("bogus", "Say the day and the time."),
        ("9999-12-31T23:59", "too far away"),
    ],
)
def test_a_time_that_saving_would_refuse_is_not_shown_as_one_that_comes(olga, at, words):
    page = browser(olga)
    sent = form(olga, when="once", at=at, zone="America/New_York")
    for address, more in (("/schedules/summary", {}), ("/schedules/new", {"preview": "1"})):
        shown = page.post(address, {**sent, **more})
        assert shown.status_code == 200
        text = shown.content.decode()
        assert "No times yet" in text
        assert words in text
        assert "Once, at" not in text
    assert words in page.post("/schedules/new", sent).content.decode()


@pytest.mark.parametrize(
    "at", ["2189-10-25T02:30:00+02:00", "2189-10-25T02:30:00+01:00", "2189-01-01T06:00:30+01:00"]
)
def test_a_form_that_is_saved_as_it_was_opened_changes_no_time(olga, at):
    page = browser(olga)
    page.post("/schedules/new", form(olga, when="once", at=at, zone="Europe/Berlin"))
    row = Schedule.objects.get()
    assert row.at == datetime.fromisoformat(at)
    opened = page.get(f"/schedules/{row.pk}/change").content.decode()
    shown = re.search(r'id="at" name="at" type="([^"]+)" value="([^"]+)"', opened)
    assert shown[1] == ("text" if at.endswith("02:30:00+01:00") else "datetime-local")
    sent = form(olga, when="once", at=html.unescape(shown[2]), zone="Europe/Berlin")
    assert page.post(f"/schedules/{row.pk}/change", sent).status_code == 302
    assert Schedule.objects.get().at == row.at


def test_a_time_that_comes_is_shown(olga):
    sent = form(olga, when="once", at="2190-01-01T06:00")
    assert "Once, at 2190-01-01T06:00" in browser(olga).post("/schedules/summary", sent).content.decode()


def test_the_secret_of_a_webhook_is_shown_once(olga):
    page = browser(olga)
    page.post("/schedules/new", form(olga, when="push", poll_minutes="0"))
    number = Schedule.objects.get().pk
    shown = page.post(f"/schedules/{number}/webhook").content.decode()
    secret = re.search(r'<output id="secret" data-secret>([^<]+)</output>', shown)[1]
    canaries.watch("webhook secret", secret)
    assert secret not in page.get(f"/schedules/{number}").content.decode()
    assert f"/hooks/{Schedule.objects.get().hook}" in page.get(f"/schedules/{number}").content.decode()


def test_a_webhook_says_how_those_use_it_for_whom_it_is(olga):
    page = browser(olga)
    here = list_repositories(caller(olga))[0]
    page.post("/schedules/new", form(olga, when="push", poll_minutes="0"))
    number = Schedule.objects.get().pk
    assert (
        "With a webhook, a repository’s own hook can tell it"
        in page.get(f"/schedules/{number}").content.decode()
    )
    shown = page.post(f"/schedules/{number}/webhook").content.decode()
    canaries.watch("webhook secret", re.search(r"data-secret>([^<]+)</output>", shown)[1])
    assert "In GitHub" not in shown
    assert f'"full_name": "{here.full_name}"' in html.unescape(shown)
    Repository.objects.filter(pk=here.pk).update(provider="github")
    assert "<li>GitHub can tell it, at" in page.get(f"/schedules/{number}").content.decode()
    shown = page.post(f"/schedules/{number}/webhook").content.decode()
    canaries.watch("webhook secret", re.search(r"data-secret>([^<]+)</output>", shown)[1])
    assert "In GitHub" in shown
    assert "post-receive" not in shown


def test_roles(olga):
    browser(olga).post("/schedules/new", form(olga))
    number = Schedule.objects.get().pk
    expected = {"maintainer": (200, 200), "auditor": (200, 403), "member": (200, 403), None: (302, 302)}
    for role, (reads, changes) in expected.items():
        page = browser(person(role, Role(role)) if role else None)
        assert page.get(f"/schedules/{number}").status_code == reads, role
        assert page.get("/schedules").status_code == reads, role
        assert page.post(f"/schedules/{number}/pause", {"paused": "yes"}).status_code in (changes, 302), role
        Schedule.objects.update(paused_at=None)
        for form_of in ("change", "remove"):
            assert page.get(f"/schedules/{number}/{form_of}").status_code == changes, (role, form_of)
    assert browser(person("someone", Role.MEMBER)).post("/schedules/new", form(olga)).status_code == 302


def test_a_code_scan_of_several_repositories_is_one_scan_each(olga):
    first, second = (str(each.pk) for each in list_repositories(caller(olga)))
    page = browser(olga)
    sent = page.post(
        "/scans/new", {"repository": first, "more": [first, second], "scanners": ["secrets"], "run_now": "1"}
    )
    assert (sent.status_code, sent["Location"]) == (302, "/scans")
    scans = Scan.objects.all()
    assert {str(scan.repository_id) for scan in scans} == {first, second}
    assert len({scan.batch for scan in scans} - {""}) == 1


def test_of_several_repositories_the_one_without_the_branch_is_named(olga):
    first, second = list_repositories(caller(olga))
    git("branch", "topic", at=first.git_dir)
    wanted = {"repository": first.pk, "more": [second.pk], "ref": "topic", "scanners": ["secrets"]}
    refused = browser(olga).post("/scans/new", wanted)
    assert refused.status_code == 422
    assert f"{second.full_name} has no branch or tag called" in refused.content.decode()
    assert not Scan.objects.exists()


@pytest.mark.parametrize("strange", ["999999", "x", "-1", ""])
def test_a_further_repository_that_is_not_there_is_refused(olga, strange):
    first, second = (str(each.pk) for each in list_repositories(caller(olga)))
    sent = {"repository": first, "more": [second, strange], "scanners": ["secrets"]}
    refused = browser(olga).post("/scans/new", sent)
    assert refused.status_code == 422
    assert 'id="more-error"' in refused.content.decode()
    assert not Scan.objects.exists()
