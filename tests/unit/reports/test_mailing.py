"""Reports by mail: made when they are due with the rights of who asked, sent once each time, and never forgotten."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from django.utils import timezone

from keyhole.accounts.models import User
from keyhole.accounts.services import local_caller
from keyhole.audit.models import Entry
from keyhole.cli.mailing import command
from keyhole.core.actions import Role
from keyhole.core.caller import Caller, Via
from keyhole.core.errors import InvalidInput, PermissionDenied
from keyhole.core.secret import Secret
from keyhole.findings.filtering import ProblemFilter
from keyhole.jobs import engine
from keyhole.notifications import services as notifications
from keyhole.notifications.models import Channel, Delivery, Occurrence
from keyhole.reports import filters, mailing, sending, shares
from keyhole.reports.models import Mailing, Sending, Share
from keyhole.repositories import services as repositories
from tests import canaries
from tests.unit.notifications.test_channels import Mailbox, smtp  # noqa: F401 - a fixture
from tests.unit.reports.kit import browser_of, owner_browser
from tests.unit.scans.test_job import found, result

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.loopback]


@pytest.fixture(autouse=True)
def handed_over(monkeypatch):
    handed = []
    monkeypatch.setattr(engine, "enqueue", lambda kind, row: handed.append((kind, row)))
    return handed


@pytest.fixture
def mailbox(smtp):  # noqa: F811
    return smtp(Mailbox(), "none")


@pytest.fixture
def channel(mailbox):
    spec = notifications.ChannelSpec("mail", "Board", {"to": "board@harbour.example"})
    return notifications.create(local_caller(), spec).channel


@pytest.fixture
def bound(channel):
    """Makes a mailing."""

    def make(caller=None, **spec):
        wanted = {"name": "Weekly look", "channel": channel.pk, "cron": "weekly", **spec}
        return mailing.create(caller or local_caller(), mailing.MailingSpec(**wanted))

    return make


def due(made):
    """Lets its time come, and does it."""
    row = Sending.objects.get(mailing=made, done_at=None)
    Sending.objects.filter(pk=row.pk).update(due_at=timezone.now() - timedelta(seconds=1))
    assert row.pk in list(sending._due())
    sending.run(row.pk)
    row.refresh_from_db()
    return row


def test_the_newest_scan_of_a_repository_arrives_attached(ran, bound, mailbox):
    scan = ran(result(found("0")))
    made = bound(repository=scan.repository_id)
    row = due(made)
    assert (row.failed, "took it" in row.outcome) == (False, True)
    ((_, envelope, mail),) = mailbox.mails
    assert envelope.rcpt_tos == ["board@harbour.example"]
    assert mail["Subject"] == "[Keyhole] Warning: Weekly look: 1 open finding."
    assert f"/scans/{scan.pk}" in mail.get_body().get_content()
    (attached,) = mail.iter_attachments()
    assert (attached.get_filename(), attached.get_content_type()) == ("keyhole-report.pdf", "application/pdf")
    assert attached.get_content().startswith(b"%PDF")


def test_open_findings_arrive_in_the_format_that_was_chosen(ran, bound, mailbox):
    from keyhole.core.terms import Severity

    ran(result(found("0"), found("1", Severity.LOW)))
    due(bound(query=ProblemFilter(severity=("high", "critical")), form="csv"))
    ((_, _, mail),) = mailbox.mails
    (attached,) = mail.iter_attachments()
    assert "Weekly look: 1 open finding." in mail["Subject"]
    assert attached.get_content().count("\n") == 2
    body = mail.get_body(("plain",)).get_content()
    assert body.lower().count("open finding") == 3, "the title, the verdict, and what is reported"


def token_in(mailbox):
    return re.search(r"/shared/([\w-]{43})", mailbox.mails[0][2].get_body().get_content()).group(1)


def test_a_link_arrives_that_works_and_is_kept_nowhere(ran, bound, mailbox):
    scan = ran(result(found("0")))
    row = due(bound(repository=scan.repository_id, form="", link_days=7))
    token = canaries.watch("mailed link", token_in(mailbox))
    share = shares.find(Secret(token))
    assert share.scan_id == scan.pk
    assert share.expires_at - share.created_at == timedelta(days=7)
    for kept in (
        row.outcome,
        *Occurrence.objects.values_list("text", flat=True),
        str(list(Entry.objects.values())),
    ):
        assert token not in kept
    assert Delivery.objects.get().state == "sent"


def test_what_was_not_taken_is_tried_again_and_its_link_taken_back(ran, bound, mailbox):
    scan = ran(result(found("0")))
    mailbox.answer = "451 later"
    made = bound(repository=scan.repository_id, form="", link_days=7)
    row = due(made)
    assert row.done_at is None
    assert row.due_at > timezone.now()
    assert "451" in row.outcome
    assert Share.objects.get().revoked_at is not None
    mailbox.answer = "250 OK"
    assert due(made).failed is False
    assert len(mailbox.mails) == 1
    canaries.watch("mailed link", token_in(mailbox))


def test_after_five_attempts_it_waits_for_its_next_time(ran, bound, mailbox):
    other = notifications.create(
        local_caller(), notifications.ChannelSpec("mail", "Others", {"to": "others@harbour.example"})
    ).channel
    other.rules.create(kind="report.failed", least="info", when="immediately")
    mailbox.answer = "451 later"
    made = bound(repository=ran(result()).repository_id)
    for _ in range(5):
        assert not Occurrence.objects.filter(kind="report.failed").exists()
        row = due(made)
    assert row.failed
    told = Occurrence.objects.get(kind="report.failed")
    assert told.title == "The report Weekly look was not sent"
    assert told.url == f"/reports/mail/{made.pk}"
    assert "451" in told.text
    following = Sending.objects.get(mailing=made, done_at=None)
    assert following.attempts == 0
    assert following.due_at > timezone.now()


def test_one_that_every_worker_dies_of_waits_for_its_next_time(ran, bound, mailbox):
    made = bound(repository=ran(result()).repository_id)
    Sending.objects.update(attempts=sending.MOST_ATTEMPTS)
    row = due(made)
    assert (row.failed, row.outcome) == (True, sending.DIED)
    assert mailbox.mails == []
    assert Sending.objects.get(mailing=made, done_at=None).attempts == 0


def test_a_refusal_for_good_is_not_tried_again(ran, bound, mailbox):
    mailbox.answer = "554 never"
    row = due(bound(repository=ran(result()).repository_id))
    assert row.failed
    assert row.attempts == 1


def test_the_time_is_counted_in_its_zone(bound, monkeypatch):
    at = datetime(2026, 6, 3, 12, 0, tzinfo=UTC)
    monkeypatch.setattr(mailing.timezone, "now", lambda: at)
    made = bound(cron="daily", zone="Asia/Tokyo")
    assert Sending.objects.get(mailing=made).due_at == datetime(2026, 6, 3, 22, 0, tzinfo=UTC)


def test_a_time_that_passed_comes_once(ran, bound, mailbox):
    made = bound(repository=ran(result()).repository_id, cron="daily")
    Sending.objects.update(due_at=timezone.now() - timedelta(days=30))
    (row,) = list(sending._due())
    sending.run(row)
    assert list(sending._due()) == []
    assert len(mailbox.mails) == 1
    sending.run(row)
    assert len(mailbox.mails) == 1, "what has ended is left alone"
    assert Sending.objects.filter(mailing=made, done_at=None).count() == 1


def test_a_worker_that_dies_in_the_middle_leaves_it_to_be_made_again(ran, bound, mailbox, monkeypatch):
    made = bound(repository=ran(result()).repository_id)

    def dying(*_):
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(sending, "_attempt", dying)
        with pytest.raises(SystemExit):
            due(made)
    assert list(sending._due()) == [], "not while the attempt may be going on"
    assert due(made).failed is False
    assert len(mailbox.mails) == 1


def test_who_lost_the_right_has_nothing_sent_any_more(ran, bound, mailbox):
    browser_of(Role.MAINTAINER)
    person = User.objects.get(email="maintainer@harbour.example")
    scan = ran(result(found("0")))
    made = bound(
        Caller(person.pk, person.email, Via.CLI), repository=scan.repository_id, form="", link_days=3
    )
    User.objects.filter(pk=person.pk).update(role_name="member")
    row = due(made)
    assert row.failed
    assert "paused" in row.outcome
    made.refresh_from_db()
    assert made.paused_at is not None
    assert mailbox.mails == []
    User.objects.filter(pk=person.pk).update(is_active=False)


@pytest.mark.parametrize("sent", [{"form": "pdf"}, {"form": "", "link_days": 3}])
@pytest.mark.parametrize("role", ["member", "auditor"])
def test_who_may_not_mail_reports_any_more_has_none_sent_in_any_form(ran, bound, mailbox, sent, role):
    browser_of(Role.MAINTAINER)
    person = User.objects.get(email="maintainer@harbour.example")
    scan = ran(result(found("0")))
    made = bound(Caller(person.pk, person.email, Via.CLI), repository=scan.repository_id, **sent)
    User.objects.filter(pk=person.pk).update(role_name=role)
    row = due(made)
    made.refresh_from_db()
    assert (row.failed, made.paused_at is None, mailbox.mails) == (True, False, [])
    assert not Share.objects.exists()


def test_a_repository_without_a_result_and_a_channel_that_rests_are_said(repository, bound, mailbox, channel):
    assert "No scan of harbour/tide" in due(bound(repository=repository.pk)).outcome
    Channel.objects.filter(pk=channel.pk).update(paused_at=timezone.now())
    assert "is paused or removed" in due(bound(name="Other")).outcome


def test_of_a_repository_that_is_not_connected_any_more_nothing_is_sent(ran, repository, bound, mailbox):
    ran(result(found("0")))
    made = bound(repository=repository.pk)
    repositories.disconnect(local_caller(), repository.pk)
    assert "harbour/tide is not connected any more. Connect it again" in due(made).outcome
    assert mailbox.mails == []


def test_a_report_that_is_too_large_for_mail_says_what_to_do(ran, bound, monkeypatch):
    monkeypatch.setattr(sending, "LARGEST", 10)
    assert "Have a link sent instead" in due(bound(repository=ran(result()).repository_id)).outcome


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"name": " "}, "name"),
        ({"channel": 99}, "channel"),
        ({"cron": "nonsense"}, "cron"),
        ({"zone": "Atlantis/Capital"}, "zone"),
        ({"form": "exe"}, "form"),
        ({"form": "", "link_days": 0}, "days"),
        ({"form": "", "link_days": 999}, "days"),
        ({"ref": "main"}, "ref"),
    ],
)
def test_what_makes_no_sense_is_refused(bound, spec, field):
    with pytest.raises(InvalidInput) as caught:
        bound(**spec)
    assert caught.value.field == field
    assert not Mailing.objects.exists()


def test_times_too_close_together_are_no_reason_to_talk_of_pushes(bound):
    with pytest.raises(InvalidInput, match="less than 5 minutes") as caught:
        bound(cron="* * * * *")
    assert "push" not in caught.value.hint


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--link", "0"), "A link works for 1 to 90 days."),
        (("--ref", "main"), "--ref is of a repository: give --repo, too."),
        (("--link", "7", "--format", "csv"), "choose one"),
        (("--link", "7", "--format", "pdf"), "choose one"),
    ],
)
def test_the_command_ignores_nothing_in_silence(channel, monkeypatch, given, said):
    monkeypatch.setattr("keyhole.cli.mailing.open_keyhole", local_caller)
    done = CliRunner().invoke(command, ["new", "Board", "--channel", "Board", *given])
    assert done.exit_code != 0
    assert said in done.output + str(done.exception)
    assert not Mailing.objects.exists()


def test_the_command_attaches_a_pdf_or_sends_a_link(channel, monkeypatch):
    monkeypatch.setattr("keyhole.cli.mailing.open_keyhole", local_caller)
    for given in ((), ("--format", "csv"), ("--link", "7")):
        done = CliRunner().invoke(command, ["new", "Board", "--channel", "Board", *given])
        assert done.exit_code == 0, done.output
        assert "Board is sent at 07:00 on Monday (UTC)." in done.output
    made = list(Mailing.objects.order_by("pk").values_list("form", "link_days"))
    assert made == [("pdf", 0), ("csv", 0), ("", 7)]


def test_it_rests_goes_on_and_ends(bound):
    made = bound()
    mailing.set_paused(local_caller(), made.pk, True)
    assert mailing.is_sent(mailing.get(local_caller(), made.pk)) == "paused"
    assert not Sending.objects.filter(done_at=None).exists()
    mailing.set_paused(local_caller(), made.pk, False)
    assert Sending.objects.filter(done_at=None).count() == 1
    mailing.remove(local_caller(), made.pk)
    assert not Sending.objects.filter(done_at=None).exists()
    assert list(mailing.list_mailings(local_caller())) == []
    assert Entry.objects.filter(action="report:mail").count() == 4


def test_members_see_it_and_change_nothing(bound):
    made = bound()
    member = browser_of(Role.MEMBER)
    assert member.get(f"/reports/mail/{made.pk}").status_code == 200
    assert member.get("/reports/mail/new").status_code == 403
    assert member.post(f"/reports/mail/{made.pk}/change", {"do": "remove"}).status_code == 403
    person = User.objects.get(email="member@harbour.example")
    with pytest.raises(PermissionDenied):
        mailing.set_paused(Caller(person.pk, person.email, Via.WEB), made.pk, True)


def test_it_is_made_and_changed_on_pages(channel, repository, handed_over):
    browser = owner_browser()
    form = {
        "name": "Board", "what": "scan", "repository": str(repository.pk), "every": "custom", "cron": "0 6 * * 1-5",
        "zone": "Europe/Berlin", "channel": str(channel.pk), "how": "attach", "form": "html",
    }  # fmt: skip
    assert browser.get("/reports/mail/new").status_code == 200
    for wrong in (
        {"zone": "Nowhere"},
        {"cron": "x"},
        {"channel": ""},
        {"what": ""},
        {"how": ""},
        {"repository": ""},
        {"name": "x" * 101},
        {"worst": "bogus"},
    ):
        answer = browser.post("/reports/mail/new", {**form, **wrong})
        assert (answer.status_code, 'class="error"' in answer.content.decode()) == (422, True), wrong
    answer = browser.post("/reports/mail/new", form)
    made = Mailing.objects.get()
    assert answer["Location"] == f"/reports/mail/{made.pk}"
    page = browser.get(answer["Location"]).content.decode()
    assert "The newest scan of harbour/tide" in page
    assert "Europe/Berlin" in page
    assert "Board" in browser.get("/reports").content.decode()
    for what in ("pause", "resume", "send", "remove"):
        assert browser.post(f"/reports/mail/{made.pk}/change", {"do": what}).status_code == 302
    assert handed_over[-1][0] == mailing.KIND
    assert browser.post(f"/reports/mail/{made.pk}/change", {"do": "explode"}).status_code == 422
    assert browser.get(f"/reports/mail/{made.pk}").status_code == 404


def test_a_name_that_is_too_long_is_not_cut(bound):
    with pytest.raises(InvalidInput) as refused:
        bound(name="x" * 101)
    assert (refused.value.field, "101 characters" in refused.value.message) == ("name", True)
    assert bound(name="x" * 100).name == "x" * 100


def test_a_filter_survives_being_stored_and_says_itself_in_words(repository):
    wanted = ProblemFilter(
        severity=("critical", "high"), repository=(repository.pk,), kev=True, epss=0.1, text="token",
        since=datetime(2026, 1, 2, tzinfo=UTC), package="flask",
    )  # fmt: skip
    assert filters.loaded(filters.stored(wanted)) == wanted
    assert filters.stored(ProblemFilter()) == {}
    assert filters.sentence(wanted) == (
        "Open findings, critical or high, in harbour/tide, package flask, with the words token, "
        "known to be exploited, exploited with 10 % or more, first seen since 2026-01-02"
    )
    with pytest.raises(InvalidInput):
        filters.loaded({"colour": "red"})
    with pytest.raises(InvalidInput):
        filters.loaded({"show": "nonsense"})
