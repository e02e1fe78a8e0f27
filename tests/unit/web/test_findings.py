"""The pages about findings: what they show, to whom, and what may be done with them."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from keyhole.accounts.services import local_caller
from keyhole.core.finding import Location
from keyhole.core.terms import Place, Severity
from keyhole.findings import services
from keyhole.findings.deciding import DecisionSpec
from keyhole.findings.models import Decision, Problem, SavedView
from keyhole.web.pages import decisions
from tests.unit.findings.making import person, repository, scanned, secret, vulnerable

pytestmark = pytest.mark.django_db(transaction=True)


def browser(user_id):
    client = Client(HTTP_HOST="localhost")
    client.force_login(get_user_model().objects.get(pk=user_id))
    return client


@pytest.fixture
def owner():
    return browser(local_caller().user_id)


@pytest.fixture
def found():
    place = repository("tide-api")
    scanned(
        place,
        [
            secret("a", title="Cloud key", severity=Severity.CRITICAL, path="deploy/old.env"),
            vulnerable("flask", ["CVE-1", "GHSA-1"], title="flask: cookies", epss=0.4),
            *[
                vulnerable(f"p{n}", [f"CVE-2-{n}"], title=f"p{n} is bad", severity=Severity.LOW)
                for n in range(60)
            ],
        ],
    )
    return place


def text(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def the(title):
    return Problem.objects.get(title=title)


def test_a_message_is_said_to_be_one_wherever_a_finding_is_shown(owner):
    place, head = repository("moor-api"), "5" * 40
    told = {
        "Commit key": (Location(head, "", "commit message", 3, 1, Place.COMMIT_MESSAGE), "commit 5555555555"),
        "Tag key": (Location("", "", "v1<0", 3, 1, Place.TAG_MESSAGE), "tag v1&lt;0"),
    }
    rows = [
        replace(secret(title, title=title), locations=(location,)) for title, (location, _) in told.items()
    ]
    whole = scanned(place, [*rows, secret("c", title="File key", path="commit message", line=3)])
    whole.save()
    for address in ("/findings", "/findings/secrets", f"/scans/{whole.pk}"):
        shown = text(owner.get(address))
        assert "commit message :3" in shown.replace("commit message:3", "commit message :3")
        for _, words in told.values():
            assert f"line 3 of the message of {words}" in shown
    for title, (_, words) in told.items():
        row = the(title)
        shown = text(owner.get(f"/findings/{row.pk}"))
        assert f"harbour/moor-api, line 3 of the message of {words}" in shown
        listed = text(owner.get(f"/findings/decide?problems={row.pk}&scope=finding&kind=accepted"))
        assert f"line 3 of the message of {words}" in listed


PATHS = ("/findings", "/findings/secrets", "/decisions", "/findings/{}")


@pytest.mark.parametrize("role", ["maintainer", "auditor", "member"])
def test_everybody_reads_and_nobody_else(found, role):
    client = browser(person(role, "ann").user_id)
    for path in PATHS:
        assert client.get(path.format(the("Cloud key").pk)).status_code == 200
        assert Client(HTTP_HOST="localhost").get(path.format(1)).status_code == 302
    offered = "Accept..." in client.get("/findings").content.decode()
    assert offered is (role == "maintainer")
    answer = client.post("/findings/decide", {"problems": the("Cloud key").pk, "kind": "accepted"})
    assert answer.status_code == (200 if role == "maintainer" else 403)


def test_nothing_yet_says_what_to_do(owner):
    assert "Nothing is open" in text(owner.get("/findings"))
    assert "No secret is open" in text(owner.get("/findings/secrets"))
    assert "No decision is in force" in text(owner.get("/decisions"))
    assert owner.get("/findings/1").status_code == 404
    assert owner.get("/decisions/1").status_code == 404


def test_the_list_counts_filters_and_goes_on(owner, found):
    page = owner.get("/findings")
    assert "Open 62" in text(page)
    assert "Critical 1 " in text(page)
    assert "Vulnerable packages 61" in text(page)
    further = re.search(r'href="\?(after=\d+)">Further', page.content.decode()).group(1)
    rest = owner.get(f"/findings?{further}")
    assert rest.content.decode().count("is bad</b>") == 12
    assert "First page" in text(rest)
    narrow = owner.get("/findings?severity=critical&severity=high&q=cookies")
    assert "1 finding" in text(narrow)
    assert "Remove filter: “cookies”" in narrow.content.decode()
    assert "No open findings match" in text(owner.get("/findings?package=nothing"))


@pytest.mark.parametrize(
    "query",
    ["severity=worst", "kind=x", "since=yesterday", "epss=2", "repository=x", "show=y", "due=z", "order=-1"],
)
def test_a_filter_that_makes_no_sense_is_said_and_nothing_is_shown_for_it(owner, found, query):
    answer = owner.get(f"/findings?{query}")
    assert answer.status_code == 422
    assert "Nothing was looked for" in text(answer)


def test_a_finding_tells_all_that_is_known_of_it(owner, found):
    page = text(owner.get(f"/findings/{the('flask: cookies').pk}"))
    for words in (
        "CVE-1",
        "GHSA-1",
        "40% within 30 days",
        "It is bad.",
        "Mend it.",
        "First seen",
        "This advisory",
    ):
        assert words in page
    secret_page = text(owner.get(f"/findings/{the('Cloud key').pk}"))
    assert "This advisory" not in secret_page
    assert "Make it worthless" in text(owner.get("/findings/secrets"))


def decide(client, step="", **fields):
    return client.post("/findings/decide", {"kind": "accepted", "step": step, **fields})


def test_a_decision_is_previewed_made_and_taken_back(owner, found):
    chosen = [the("Cloud key").pk, the("flask: cookies").pk]
    seen = decide(owner, problems=chosen)
    assert "Accept 2 findings?" in text(seen)
    assert "Cloud key" in text(seen)
    refused = decide(owner, "decide", problems=chosen, reason="", until="2020-01-01")
    assert refused.status_code == 422
    assert not Decision.objects.exists()
    wrong = decide(owner, "decide", problems=chosen, reason="Why.", until="soon")
    assert "It is a day" in text(wrong)
    far = decide(owner, "decide", problems=chosen, reason="Why.", until="9999-12-31")
    assert far.status_code == 422
    assert "more than 5 years away" in text(far)
    made = decide(owner, "decide", problems=chosen, reason="A test.", until="2027-06-30")
    page = owner.get(made["Location"])
    assert "Accepted: 2 findings" in text(page)
    assert "Open 60" in text(owner.get("/findings"))
    assert "until 30 June 2027" in text(owner.get("/findings?show=accepted"))
    assert "A test." in text(owner.get("/decisions"))
    owner.post(f"{made['Location']}/withdraw")
    assert "Open 62" in text(owner.get("/findings"))
    assert "Taken back by" in text(owner.get(made["Location"]))


def test_all_that_match_can_be_decided_about_at_once(owner, found):
    fields = {"all": "1", "query": "severity=low", "problems": the("Cloud key").pk, "kind": "false_positive"}
    assert "Call 60 findings false positives?" in text(owner.post("/findings/decide", fields))
    owner.post("/findings/decide", {**fields, "step": "decide", "reason": "Made up."})
    assert "Open 2" in text(owner.get("/findings"))


def test_deciding_again_says_what_it_replaces_and_the_first_one_by_what_it_was_replaced(owner, found):
    chosen = {"problems": the("Cloud key").pk, "until": "2027-06-30"}
    seen = re.search(r'name="seen" value="([^"]*)"', decide(owner, **chosen).content.decode()).group(1)
    first = decide(owner, "decide", **chosen, reason="A test.", seen=seen)["Location"]
    # Another tab, which was opened before that: it is told first.
    again = decide(owner, "decide", **chosen, reason="The same.", seen=seen)
    assert "Not decided yet" in text(again)
    assert "Accept 1 finding?" in text(again)
    assert "replaces an earlier decision: Accepted until 30 June 2027" in text(again)
    assert "Leave it as it is" in text(again)
    seen = re.search(r'name="seen" value="([^"]*)"', again.content.decode()).group(1)
    second = decide(owner, "decide", **chosen, reason="The same.", seen=seen)["Location"]
    assert "Accepted: 1 finding" in text(owner.get(second))
    number = second.rpartition("/")[2]
    page = text(owner.get(first))
    assert "Accepted, then decided again" in page
    assert f"Replaced by decision {number}" in page
    assert f"Replaced by decision {number}" in text(owner.get("/decisions"))
    owner.post(f"{second}/withdraw")
    assert "Accepted: 1 finding" in text(owner.get(first))
    assert "Replaced by" not in text(owner.get("/decisions"))


def test_the_page_of_decisions_asks_the_database_as_often_for_many_as_for_few(owner, found):
    def asked():
        with CaptureQueriesContext(connection) as queries:
            assert owner.get("/decisions").status_code == 200
        return len(queries)

    def again(numbers):
        for number in (*numbers, *numbers):  # the second one of each comes in the place of the first
            services.decide(local_caller(), DecisionSpec("false_positive", "A test.", problems=(number,)))

    numbers = list(Problem.objects.order_by("pk").values_list("pk", flat=True)[:12])
    again(numbers[:2])
    asked()
    few = asked()
    again(numbers[2:])
    assert asked() == few
    assert text(owner.get("/decisions")).count("Replaced by") == 12


def test_what_somebody_else_decides_at_the_same_moment_is_shown_and_not_replaced(owner, found, monkeypatch):
    mia = browser(person("maintainer", "mia").user_id)
    chosen = {"problems": the("Cloud key").pk, "until": "2027-06-30"}
    look = decisions._sight

    def look_slowly(form, seen):
        monkeypatch.setattr(decisions, "_sight", look)
        decide(mia, "decide", **chosen, reason="Mia was first.")
        return look(form, seen)

    monkeypatch.setattr(decisions, "_sight", look_slowly)
    answer = decide(owner, "decide", **chosen, reason="Mine.")
    assert "Not decided yet" in text(answer)
    assert "Mia was first." in text(answer)
    assert [each.reason for each in Decision.objects.all()] == ["Mia was first."]
    seen = re.search(r'name="seen" value="([^"]*)"', answer.content.decode()).group(1)
    assert decide(owner, "decide", **chosen, reason="Mine.", seen=seen).status_code == 302


def test_a_decision_hides_nothing_else_than_its_preview_showed_however_many_it_is(owner, found):
    shown = decide(owner, problems=the("Cloud key").pk)
    seen = re.search(r'name="seen" value="([^"]*)"', shown.content.decode()).group(1)
    other = {"problems": the("p1 is bad").pk, "reason": "A test.", "until": "2027-06-30"}
    assert "Not decided yet" in text(decide(owner, "decide", **other, seen=seen))


def test_a_single_finding_is_named_where_decisions_are_listed(owner, found):
    one = the("Cloud key")
    made = decide(owner, "decide", problems=one.pk, reason="A test.", until="2027-06-30")["Location"]
    for address in ("/decisions", made):
        page = owner.get(address)
        assert f'<a href="/findings/{one.pk}">Cloud key</a> in' in page.content.decode()
        assert "Single findings" not in text(page)
    decide(owner, "decide", problems=[one.pk, the("p1 is bad").pk], reason="Both.", until="2027-06-30")
    assert "Single findings" in text(owner.get("/decisions"))


def test_a_preview_has_an_address_of_its_own_at_which_nothing_is_decided(owner, found):
    for page in ("/findings", f"/findings/{the('Cloud key').pk}"):
        assert '<form method="get" action="/findings/decide">' in owner.get(page).content.decode()
    fields = {"problems": the("Cloud key").pk, "kind": "accepted", "reason": "Why.", "step": "decide"}
    assert "Accept 1 finding?" in text(owner.get("/findings/decide", fields))
    assert not Decision.objects.exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"scope": "package"}, "Everything about flask and CVE-1, GHSA-1"),
        ({"scope": "repository"}, "of the rule vulnerable-package"),
        ({"scope": "repository", "rule": "any", "path": "poetry.lock"}, "below poetry.lock"),
    ],
)
def test_wider_decisions_say_how_wide_they_are(owner, found, fields, words):
    assert words in text(decide(owner, problems=the("flask: cookies").pk, **fields))


def test_what_is_decided_is_what_was_looked_at(owner, found):
    fields = {
        "problems": the("flask: cookies").pk,
        "scope": "repository",
        "reason": "Why.",
        "until": "2027-06-30",
    }
    seen = re.search(r'name="seen" value="([^"]*)"', decide(owner, **fields).content.decode()).group(1)
    again = decide(owner, "decide", **fields, seen=seen, path="elsewhere")
    assert "Not decided yet" in text(again)
    assert not Decision.objects.exists()
    assert decide(owner, "decide", **fields, seen=seen).status_code == 302


def test_nothing_chosen_is_said(owner, found):
    for scope in ("finding", "repository", "package"):
        assert decide(owner, scope=scope).status_code == 422


def test_merged_ones_are_shown_with_the_reason_and_can_be_parted(owner):
    scanned(
        repository(),
        [secret("a", title="sure"), secret("a", rule="other", title="unsure", severity=Severity.LOW)],
    )
    assert "same secret: secrets other and secrets github-token" in text(
        owner.get(f"/findings/{the('sure').pk}")
    )
    assert "Open 1 " in text(owner.get("/findings"))
    number = the("unsure").pk
    assert "says the same" in text(owner.get(f"/findings/{number}"))
    owner.post(f"/findings/{number}/unmerge")
    assert "Open 2 " in text(owner.get("/findings"))
    owner.post(f"/findings/{number}/merge")
    assert "Open 1 " in text(owner.get("/findings"))


@pytest.mark.parametrize("query", ["show=nothing", "severity=worst", "since=soon", "scanner=no-such"])
def test_a_filter_that_does_not_exist_is_neither_kept_nor_decided_about(owner, found, query):
    assert owner.post("/findings/views", {"name": "Odd", "query": query}).status_code == 422
    assert not SavedView.objects.exists()
    fields = {"all": "1", "query": f"{query}&kind=secret", "kind": "false_positive", "reason": "Odd."}
    owner.post("/findings/decide", {**fields, "step": "decide"})
    assert not any(row.decided for row in Problem.objects.all())


def test_past_the_end_of_the_list_it_is_not_said_that_nothing_matches(owner, found):
    last = Problem.objects.order_by("-rank", "pk").first().pk
    page = text(owner.get(f"/findings?after={last}&severity=low"))
    assert "No further findings" in page
    assert "the end of the 60 that match" in page
    page = text(owner.get(f"/findings/secrets?after={the('Cloud key').pk}"))
    assert "No further secrets" in page
    assert "No secret is open" not in page


def test_views_are_kept_opened_and_removed(owner, found):
    query = "severity=low&nonsense=1&after=3"
    answer = owner.post("/findings/views", {"name": "Low ones", "query": query, "shared": "1"})
    assert answer["Location"] == "/findings?severity=low"
    view = SavedView.objects.get()
    assert owner.post("/findings/views", {"name": "low ONES", "query": query}).status_code == 409
    other = browser(person("member", "mia").user_id)
    assert "Low ones" in text(other.get("/findings"))
    assert other.post(f"/findings/views/{view.pk}/remove").status_code == 404
    owner.post(f"/findings/views/{view.pk}/remove")
    assert "Low ones" not in text(other.get("/findings"))
