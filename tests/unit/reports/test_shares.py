"""Links to reports: what is frozen and nothing else, for whoever has the link, until it ends in whichever way."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from keyhole.accounts.services import local_caller
from keyhole.audit import revoked
from keyhole.audit.log import Draft, append
from keyhole.audit.models import Entry
from keyhole.core.actions import Role
from keyhole.core.errors import InvalidInput, NotFound, PermissionDenied
from keyhole.core.secret import Secret
from keyhole.reports import expiring, services, shares
from keyhole.reports.models import Share
from keyhole.scans import services as scans
from tests import canaries
from tests.unit.reports.kit import HOSTILE, browser_of, dataset, owner_browser
from tests.unit.scans.test_job import found, result

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "tide table 1893"


@pytest.fixture(autouse=True)
def _no_wrong_tries():
    cache.clear()


def share(report=None, **options):
    made = shares.create(local_caller(), report or dataset(), **options)
    canaries.watch("share link", made.token.reveal())
    return made


def stranger():
    return Client(HTTP_HOST="localhost")


def path_of(made):
    return f"/shared/{made.token.reveal()}"


def opened(browser, made):
    """The page that the link leads to."""
    first = browser.get(path_of(made))
    assert first.status_code == 302
    assert made.token.reveal() not in first["Location"]
    return browser.get(first["Location"])


def records():
    return [
        (entry.outcome, entry.subject.get("what") or entry.subject.get("why"))
        for entry in Entry.objects.filter(action="report:open").order_by("seq")
    ]


def test_a_link_shows_the_frozen_report_and_nothing_of_keyhole(ran):
    scan = ran(result(found("0")))
    made = share(services.of_scan(local_caller(), scan.pk), scan=scan.pk)
    scans.delete(local_caller(), scan.pk)
    page = opened(stranger(), made)
    assert page.status_code == 200
    text = page.content.decode()
    assert "deploy.env:3" in text
    assert "harbour/tide" in text
    for word in ("Sign", "/scans", "Settings", "csrf", "<script", "/static"):
        assert word not in text
    assert records() == [("allowed", "page")]


def test_it_is_kept_nowhere_told_to_nobody_and_found_by_no_search_engine():
    made = share()
    browser = stranger()
    answers = [browser.get(path_of(made)), opened(browser, made), browser.get("/shared/nothing")]
    answers.append(browser.get(f"/shared/report/{shares.handle(made.share)}/json"))
    for answer in answers:
        assert answer["Cache-Control"] == "private, no-store"
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["X-Robots-Tag"] == "noindex, nofollow, noarchive"
    assert answers[1]["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")


def test_every_format_can_be_taken_away_and_that_is_on_record():
    made = share()
    browser = stranger()
    text = opened(browser, made).content.decode()
    for form in ("json", "sarif", "csv", "cyclonedx", "html", "pdf"):
        address = f"/shared/report/{shares.handle(made.share)}/{form}"
        assert address in text
        answer = browser.get(address)
        assert answer.status_code == 200
        assert answer["Content-Disposition"].startswith('attachment; filename="keyhole-report.')
    assert [what for _, what in records()] == ["page", "json", "sarif", "csv", "cyclonedx", "html", "pdf"]
    made.share.refresh_from_db()
    assert made.share.opened == 7


def test_the_token_is_kept_nowhere():
    made = share(password=Secret(canaries.watch("share password", PASSWORD + " planted")))
    row = Share.objects.filter(pk=made.share.pk).values().get()
    assert made.token.reveal() not in str(row)
    assert PASSWORD not in str(row)
    assert len(made.token.reveal()) == 43
    assert made.token.reveal() not in repr(made)


def end_by_expiry(made):
    Share.objects.filter(pk=made.share.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def end_by_revoking(made):
    shares.revoke(local_caller(), made.share.pk)


def end_by_restoring(made):
    append(Draft("backup:restore", "allowed", local_caller().as_actor(), {}))


def end_by_revocations_from_outside(made):
    revoked.note(bytes(made.share.digest))


def nothing(made):
    """A link that never was."""
    Share.objects.filter(pk=made.share.pk).delete()


ENDS = [end_by_expiry, end_by_revoking, end_by_restoring, end_by_revocations_from_outside, nothing]


@pytest.mark.parametrize("end", ENDS)
def test_however_a_link_ended_it_is_as_if_it_never_was(end):
    made = share()
    browser = stranger()
    assert opened(browser, made).status_code == 200
    never = stranger().get("/shared/" + "A" * 43)
    end(made)
    handle = shares.handle(made.share)
    for answer in (
        browser.get(path_of(made)),
        browser.get(f"/shared/report/{handle}"),
        browser.get(f"/shared/report/{handle}/pdf"),
        browser.post(f"/shared/report/{handle}", {"password": "x"}),
        stranger().get(f"/shared/report/{handle}"),
    ):
        assert answer.status_code == never.status_code == 404
        assert answer.content == never.content
        assert dict(answer.headers) == dict(never.headers)


def test_what_was_revoked_is_forgotten_and_noted_outside_of_the_database():
    made = share()
    end_by_revoking(made)
    made.share.refresh_from_db()
    assert bytes(made.share.data) == b""
    assert bytes(made.share.digest) in revoked.noted()
    assert stranger().get(path_of(made)).status_code == 404
    assert records() == [("denied", "it was revoked")]


def test_a_restored_older_copy_of_a_link_does_not_live_again():
    made = share()
    before = Share.objects.filter(pk=made.share.pk).values("data", "revoked_at").get()
    end_by_revoking(made)
    Share.objects.filter(pk=made.share.pk).update(**before)
    assert stranger().get(path_of(made)).status_code == 404


def test_reports_behind_expired_links_are_forgotten():
    made, other = share(), share()
    end_by_expiry(made)
    expiring.run(made.share.pk)
    expiring.run(other.share.pk)
    made.share.refresh_from_db()
    assert bytes(made.share.data) == b""
    assert list(expiring._ended()) == []
    assert opened(stranger(), other).status_code == 200


def test_a_password_is_asked_for_and_opens_in_that_browser_alone():
    made = share(password=Secret(PASSWORD))
    browser = stranger()
    form = opened(browser, made)
    path = f"/shared/report/{shares.handle(made.share)}"
    assert "protected with a password" in form.content.decode()
    assert browser.get(f"{path}/json").status_code == 302
    wrong = browser.post(path, {"password": "tide table 1894"})
    assert wrong.status_code == 422
    assert browser.post(path, {"password": PASSWORD}).status_code == 302
    assert "harbour/tide-api" in browser.get(path).content.decode()
    assert browser.get(f"{path}/json").status_code == 200
    other = stranger()
    assert "protected with a password" in opened(other, made).content.decode()
    assert records() == [("denied", "the password was wrong"), ("allowed", "page"), ("allowed", "json")]


def test_nothing_of_the_report_shows_before_the_password():
    made = share(dataset(title="Very particular title"), password=Secret(PASSWORD))
    text = opened(stranger(), made).content.decode()
    assert "Very particular title" not in text
    assert "harbour" not in text


def test_the_proof_of_one_password_opens_no_other_report():
    one, other = share(password=Secret(PASSWORD)), share(password=Secret("another password"))
    browser = stranger()
    opened(browser, one)
    browser.post(f"/shared/report/{shares.handle(one.share)}", {"password": PASSWORD})
    proof = browser.cookies["keyhole-shared-open"].value
    forger = stranger()
    opened(forger, other)
    forger.cookies["keyhole-shared-open"] = proof
    page = forger.get(f"/shared/report/{shares.handle(other.share)}")
    assert "protected with a password" in page.content.decode()


def test_guessing_the_password_is_slowed_down_also_from_many_places():
    made = share(password=Secret(PASSWORD))
    browser = stranger()
    opened(browser, made)
    path = f"/shared/report/{shares.handle(made.share)}"
    tries = [browser.post(path, {"password": f"guess {number}"}) for number in range(6)]
    assert {answer.status_code for answer in tries} == {422}
    assert "Too many wrong tries" in browser.post(path, {"password": PASSWORD}).content.decode()
    for number in range(50):
        browser.post(path, {"password": "guess"}, REMOTE_ADDR=f"192.0.2.{number}")
    answer = browser.post(path, {"password": PASSWORD}, REMOTE_ADDR="198.51.100.7")
    assert "Too many wrong tries" in answer.content.decode()


def test_a_password_that_is_short_and_days_that_are_too_many_are_refused(settings):
    for options, field in (
        ({"days": 0}, "days"),
        ({"days": 91}, "days"),
        ({"password": Secret("seven77")}, "password"),
        ({"password": Secret("x" * 1025)}, "password"),
    ):
        with pytest.raises(InvalidInput) as caught:
            share(**options)
        assert caught.value.field == field
    settings.KEYHOLE_MAX_SHARE_DAYS = 0
    with pytest.raises(PermissionDenied, match="switched off"):
        share(days=1)


def test_links_live_no_longer_than_is_allowed_now(settings):
    made, young = share(days=60), share(days=3)
    Share.objects.filter(pk=made.share.pk).update(created_at=timezone.now() - timedelta(days=6, hours=23))
    settings.KEYHOLE_MAX_SHARE_DAYS = 7
    browser = stranger()
    assert opened(browser, made).status_code == 200
    ends = Share.objects.get(pk=made.share.pk).ends_at
    assert ends - timezone.now() < timedelta(hours=1)
    assert browser.cookies["keyhole-shared"]["max-age"] <= 3600
    assert f"{ends.isoformat(timespec='seconds')}" in owner_browser().get("/reports").content.decode()
    settings.KEYHOLE_MAX_SHARE_DAYS = 6
    assert browser.get(path_of(made)).status_code == 404
    assert opened(stranger(), young).status_code == 200
    settings.KEYHOLE_MAX_SHARE_DAYS = 0
    assert shares.find(young.token) is None
    assert not list(expiring._ended())
    settings.KEYHOLE_MAX_SHARE_DAYS = 90
    assert shares.find(made.token) is not None


def test_links_are_made_listed_and_taken_back_on_pages(ran):
    scan = ran(result(found("0")))
    browser = owner_browser()
    path = f"/scans/{scan.pk}/share"
    assert '<option value="14" selected>' in browser.get(path).content.decode()
    wrong = browser.post(path, {"days": "14", "password": PASSWORD, "again": "x"})
    assert wrong.status_code == 422
    assert browser.post(path, {"days": "9999"}).status_code == 422
    once = browser.post(path, {"days": "7", "password": PASSWORD, "again": PASSWORD})
    link = once.content.decode().partition("data-secret>")[2].partition("<")[0]
    canaries.watch("share link", link.rpartition("/")[2])
    assert "/shared/" in link
    made = Share.objects.get()
    assert made.expires_at - made.created_at == timedelta(days=7)
    listed = browser.get("/reports").content.decode()
    assert "with a password" in listed
    assert link not in listed
    assert browser.get(f"/reports/links/{made.pk}/revoke").status_code == 200
    assert browser.post(f"/reports/links/{made.pk}/revoke").status_code == 302
    assert "1 link that ended" in browser.get("/reports").content.decode()
    assert shares.find(Secret(link.rpartition("/")[2])) is None
    actions = list(Entry.objects.filter(action__startswith="report:").values_list("action", flat=True))
    assert actions == ["report:share", "report:unshare"]


def test_members_see_the_links_and_make_none(ran):
    scan = ran(result(found("0")))
    member = browser_of(Role.MEMBER)
    assert member.get("/reports").status_code == 200
    assert member.get(f"/scans/{scan.pk}/share").status_code == 403
    assert member.post(f"/scans/{scan.pk}/share", {"days": "7"}).status_code == 403
    assert "Share by link" not in member.get(f"/scans/{scan.pk}").content.decode()
    assert stranger().get("/reports").status_code == 302
    with pytest.raises(NotFound):
        shares.get(local_caller(), 1 << 63)


def test_hostile_names_do_nothing_on_the_shared_page():
    text = opened(stranger(), share(dataset(title=HOSTILE))).content.decode()
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_two_that_revoke_at_once_are_one_record():
    made = share()
    end_by_revoking(made)
    end_by_revoking(made)
    assert Entry.objects.filter(action="report:unshare").count() == 1


def test_who_opens_an_ended_link_again_and_again_does_not_fill_the_log():
    made = share()
    end_by_revoking(made)
    for _ in range(shares.MOST_REFUSALS + 5):
        shares.refused(made.token, "203.0.113.9")
    assert len(records()) == shares.MOST_REFUSALS
    shares.refused(made.token, "203.0.113.10")
    assert len(records()) == shares.MOST_REFUSALS + 1


@pytest.mark.parametrize(
    ("length", "words"), [(7, "at least 8 characters"), (1025, "at most 1,024 characters")]
)
def test_a_password_of_a_wrong_length_is_told_which_way(length, words):
    with pytest.raises(InvalidInput, match=words):
        share(password=Secret("x" * length))
