"""Pages of environments and scan policies: owner, auditor, member and stranger; the form, the text, and the trial."""

from __future__ import annotations

import dataclasses
import re

import pytest
from django.contrib.auth import get_user_model
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from keyhole.accounts.services import local_caller, owner_for
from keyhole.core.gate_kinds import CompleteGate, FindingsGate, LicencesGate, ScannersGate
from keyhole.core.gates import Policy
from keyhole.core.policy_text import from_json, to_toml
from keyhole.core.request import OwnerKind
from keyhole.environments import examples, policies, services
from keyhole.environments.models import Environment
from keyhole.environments.models import Policy as Row
from keyhole.environments.services import EnvironmentSpec
from keyhole.findings.judging import judge_scan
from keyhole.findings.models import Telling
from keyhole.notifications.models import Channel
from keyhole.scans.models import Scan
from keyhole.schedules import services as schedules
from keyhole.schedules.services import ScheduleSpec
from keyhole.web.forms.gates import GateForm
from tests.unit.findings.making import repository, scan_of, secret, settle

pytestmark = pytest.mark.django_db
ENVIRONMENTS, POLICIES = "/settings/environments", "/settings/scan-policies"
STRICT = Policy("Strict", (FindingsGate(),))


def signed_in(role):
    user = get_user_model().objects.create(
        email=f"{role}@example.invalid", owner=owner_for(f"a-{role}", OwnerKind.USER), role_name=role
    )
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def owner():
    return signed_in("owner")


@pytest.fixture
def live():
    row = policies.create(local_caller(), STRICT)
    return services.create(local_caller(), EnvironmentSpec("Live", policy_id=row.pk))


def ended(environment, found=(), **more):
    scan = scan_of(repository(), list(found), environment=environment, **more)
    settle(scan)
    judge_scan(scan)
    Scan.objects.filter(pk=scan.pk).update(finished_at=timezone.now())
    return scan


def fields(policy, do="save"):
    """What a browser sends of the form that shows this policy."""
    form = GateForm.of(policy)
    sent = {"name": form.name, "description": form.description, "rows": str(len(form.rows)), "do": do}
    sent |= {"required": list(form.required), "max_age_days": form.max_age_days, "unknown": form.unknown}
    sent |= {"allowed": form.allowed, "denied": form.denied}
    sent |= {f"because:{name}": text for name, text in form.because.items()}
    sent |= {flag: "1" for flag in ("complete", "licences_no_dev") if getattr(form, flag)}
    for row in form.rows:
        for name in ("severity", "confidence", "scanners", "most", "epss", "because"):
            sent[f"{name}:{row.number}"] = getattr(row, name)
        sent[f"kinds:{row.number}"] = list(row.kinds)
        sent |= {
            f"{flag}:{row.number}": "1" for flag in ("new", "fixable", "kev", "no_dev") if getattr(row, flag)
        }
    return sent


def test_each_page_for_owner_auditor_member_and_stranger(live):
    scan = ended(live)
    number, policy = live.pk, live.policy_id
    everybody = (ENVIRONMENTS, POLICIES, f"{POLICIES}/{policy}", f"/scans/{scan.pk}")
    changing = (
        f"{ENVIRONMENTS}/new", f"{ENVIRONMENTS}/{number}", f"{ENVIRONMENTS}/{number}/remove", f"{POLICIES}/new",
        f"{POLICIES}/{policy}/change", f"{POLICIES}/{policy}/remove",
    )  # fmt: skip
    for role, reads, changes in (
        ("owner", 200, 200), ("maintainer", 200, 200), ("auditor", 200, 403), ("member", 200, 403), ("", 302, 302),
    ):  # fmt: skip
        client = signed_in(role) if role else Client()
        for path in everybody:
            assert client.get(path).status_code == reads, (role, path)
        for path in changing:
            assert client.get(path).status_code == changes, (role, path)
        told = client.post(f"{ENVIRONMENTS}/examples").status_code
        assert told == (302 if changes != 403 else 403), role


def test_what_is_not_there_is_not_found(owner):
    for path in (
        f"{ENVIRONMENTS}/99",
        f"{POLICIES}/99",
        f"{POLICIES}/99/change",
        f"{ENVIRONMENTS}/99/remove",
    ):
        assert owner.get(path).status_code == 404, path


def test_the_examples_are_taken_once(owner):
    assert b"Use the examples" in owner.get(ENVIRONMENTS).content
    for _ in range(2):
        owner.post(f"{ENVIRONMENTS}/examples")
    assert [row.name for row in Environment.objects.all()] == ["Production", "Staging", "Development"]
    assert Row.objects.count() == 3


@pytest.mark.parametrize("name", list(examples.examples()))
def test_the_form_loses_nothing_of_a_policy(owner, name):
    policy = examples.examples()[name]
    sent = QueryDict(mutable=True)
    for key, value in fields(policy).items():
        sent.setlist(key, value if isinstance(value, list) else [value])
    read = from_json(GateForm.posted(sent).data())
    assert sorted(map(str, read.gates)) == sorted(map(str, policy.gates))
    made = owner.post(f"{POLICIES}/new", fields(policy))
    assert made.status_code == 302
    assert Row.objects.get().latest.as_core() == read


def test_what_the_form_cannot_show_is_edited_as_text(owner):
    twice = Policy("Twice", (LicencesGate("deny"), LicencesGate("deny", dev=False), CompleteGate()))
    row = policies.create(local_caller(), twice)
    shown = owner.get(f"{POLICIES}/{row.pk}/change")
    assert b'name="text"' in shown.content
    changed = to_toml(twice).replace('unknown = "deny"', 'unknown = "allow"\ndenied = ["AGPL-*"]', 1)
    owner.post(f"{POLICIES}/{row.pk}/change", {"text": changed.replace("\n", "\r\n"), "do": "save"})
    assert row.latest.number == 2
    assert row.latest.as_core().gates[0] == LicencesGate("allow", denied=("AGPL-*",))
    old = owner.get(f"{POLICIES}/{row.pk}?version=1").content.decode()
    assert "This is what version 1 said" in old


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "name is needed."),
        ({"epss:0": "2"}, "Gate 1: “EPSS from” is from 0 to 1."),
        ({"epss:0": "nan"}, "Gate 1: “EPSS from” is from 0 to 1."),
        ({"most:0": "many"}, "Gate 1: “At most” is a whole number."),
        ({"severity:0": "worst"}, "Gate 1: “Severity” is one of"),
        ({"severity:0": ""}, "gates is a list of at least one gate."),
        (
            {"unknown": "allow", "denied": "AGPL3"},
            "Licences of packages: “None of these” names licences as SPDX does",
        ),
        ({"unknown": "allow"}, "Licences of packages would let every licence pass"),
        ({"max_age_days": "old"}, "The scan itself: “Advisories are at most this many days old” is a whole"),
        ({"rows": "9" * 30}, ""),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(owner, change, words):
    shown = owner.post(f"{POLICIES}/new", {**fields(STRICT), "name": "Mine", **change})
    if words:
        assert shown.status_code == 422
        assert words in shown.content.decode()
        assert "Mine" in shown.content.decode() or change == {"name": ""}
        assert not Row.objects.exists()


def test_what_is_wrong_with_a_gate_is_said_once_and_called_as_in_the_form(owner):
    """The second row is the fourth gate of the policy, behind two that stand elsewhere in the form."""
    two = Policy("Two", (CompleteGate(), LicencesGate("deny"), FindingsGate(), FindingsGate(most=7)))
    shown = owner.post(f"{POLICIES}/new", {**fields(two), "most:1": "many"}).content.decode()
    assert shown.count("is a whole number") == 1
    assert "Gate 2: “At most” is a whole number." in shown
    assert "gates[" not in shown


SEVERITY = "“Severity” is needed. Or empty the rest of this gate: then there is no such gate."
UNKNOWN = "“Packages whose licence is unknown” is needed. Or empty the fields below"


@pytest.mark.parametrize(
    ("change", "words", "kept"),
    [
        ({"denied": "AGPL-*"}, f"Licences of packages: {UNKNOWN}", "AGPL-*"),
        ({"allowed": "MIT\nISC"}, f"Licences of packages: {UNKNOWN}", "MIT\nISC"),
        (
            {"licences_no_dev": "1"},
            f"Licences of packages: {UNKNOWN}",
            'name="licences_no_dev" value="1" checked',
        ),
        ({"kinds:1": "malicious", "kev:1": "1"}, f"Gate 2: {SEVERITY}", 'name="kev:1" value="1" checked'),
        ({"kinds:1": "secret"}, f"Gate 2: {SEVERITY}", 'name="kinds:1" value="secret" checked'),
        ({"most:1": "3"}, f"Gate 2: {SEVERITY}", 'name="most:1" value="3"'),
        ({"epss:1": "0.5"}, f"Gate 2: {SEVERITY}", 'name="epss:1" value="0.5"'),
        ({"because:1": "Promised."}, f"Gate 2: {SEVERITY}", "Promised."),
        ({"confidence:1": "high"}, f"Gate 2: {SEVERITY}", '<option value="high" selected>High only'),
    ],
)
@pytest.mark.parametrize("do", ["save", "try"])
def test_a_gate_that_was_filled_in_and_not_switched_on_is_no_gate_that_is_dropped(
    owner, change, words, kept, do
):
    answer = owner.post(f"{POLICIES}/new", {**fields(STRICT, do), **change})
    shown = answer.content.decode()
    assert (answer.status_code, shown.count(words)) == (422, 1)
    beside = shown[shown.index(words) - 60 : shown.index(words)]
    assert 'id="unknown-error">' in beside or 'id="severity-1-error">' in beside
    assert kept in shown
    assert not Row.objects.exists()


def test_as_many_gates_as_a_policy_has_pass_through_the_form(owner):
    many = Policy("Many", tuple(FindingsGate(most=number) for number in range(50)))
    row = policies.create(local_caller(), many)
    owner.post(f"{POLICIES}/{row.pk}/change", {**fields(many), "name": "More"})
    assert row.latest.as_core() == Policy("More", many.gates)


def test_a_required_scanner_that_is_imported_is_offered_too(owner):
    row = policies.create(local_caller(), Policy("Odd", (ScannersGate(("secrets", "sarif-codeql")),)))
    shown = owner.get(f"{POLICIES}/{row.pk}/change").content.decode()
    assert 'name="required" value="sarif-codeql" checked' in shown
    assert 'name="required" value="secrets" checked' in shown


def test_what_is_wrong_with_the_whole_is_said_once_above(owner):
    shown = owner.post(f"{POLICIES}/new", {**fields(STRICT), "severity:0": ""}).content.decode()
    assert shown.count("gates is a list of at least one gate.") == 1


def test_a_policy_says_without_which_scanners_nothing_passes(owner):
    row = policies.create(local_caller(), examples.examples()["development"])
    shown = owner.get(f"{POLICIES}/{row.pk}").content.decode()
    assert "not made with <b>dependencies and secrets</b>" in shown


@pytest.mark.parametrize("version", ["99", "0", "-1", "x", "9" * 40])
def test_a_version_that_there_is_not_is_not_found(owner, version):
    row = policies.create(local_caller(), STRICT)
    shown = owner.get(f"{POLICIES}/{row.pk}", {"version": version})
    assert shown.status_code == 404
    assert "has no version" in shown.content.decode()
    assert owner.get(f"{POLICIES}/{row.pk}?version=1").status_code == 200


def test_text_that_is_no_policy_is_shown_again(owner):
    shown = owner.post(f"{POLICIES}/new", {"text": "name = 'x'\n<b>", "do": "save"})
    assert shown.status_code == 422
    assert "neither TOML nor JSON" in shown.content.decode()
    assert "&lt;b&gt;" in shown.content.decode()


@pytest.mark.parametrize("do", ["try", "save"])
def test_a_scanner_that_there_is_not_is_refused_beside_its_gate(owner, do):
    odd = Policy("Odd", (FindingsGate(scanners=("secret",)),))
    shown = owner.post(f"{POLICIES}/new", fields(odd, do))
    assert shown.status_code == 422
    assert "Did you mean secrets?" in shown.content.decode()
    assert not Row.objects.exists()


def test_results_that_are_imported_are_noted(owner):
    odd = Policy("Odd", (FindingsGate(scanners=("sarif-codeql",)),))
    shown = owner.post(f"{POLICIES}/new", fields(odd), follow=True).content.decode()
    assert "sarif-codeql is no scanner of Keyhole" in shown
    assert "and no other scan passes." in shown


def test_one_more_row_keeps_what_was_typed(owner):
    shown = owner.post(
        f"{POLICIES}/new", {**fields(STRICT, "more"), "name": "Half a policy"}
    ).content.decode()
    assert "Half a policy" in shown
    assert 'name="severity:2"' in shown
    assert not Row.objects.exists()


def test_a_draft_is_tried_and_not_kept(owner, live):
    ended(live, [secret("a")])
    lax = Policy("Lax", (FindingsGate(most=9),))
    shown = owner.post(f"{POLICIES}/new", fields(lax, "try")).content.decode()
    assert "would pass" in shown
    assert "1</b> does not pass now and would." in shown
    assert Row.objects.count() == 1
    wrong = owner.post(f"{POLICIES}/new", {**fields(lax, "try"), "last": "0"})
    assert "From 1 to 20 scans" in wrong.content.decode()


def test_a_policy_that_judges_is_not_removed_from_its_page(owner, live):
    page = owner.get(f"{POLICIES}/{live.policy_id}/remove").content.decode()
    assert "select another policy" in page
    assert owner.post(f"{POLICIES}/{live.policy_id}/remove").status_code == 409
    owner.post(f"{ENVIRONMENTS}/{live.pk}/remove")
    owner.post(f"{POLICIES}/{live.policy_id}/remove")
    assert not Row.objects.filter(removed_at=None).exists()


def environment(**more):
    return {"name": "Live", "rank": "5", "policy": "", "due:critical": "2", "upstream": ["status"], **more}


def test_removing_an_environment_says_which_schedules_lose_it(owner, live):
    caller = local_caller()
    spec = ScheduleSpec("Nightly", (repository().pk,), "times", cron="0 2 * * *", environment_id=live.pk)
    row = schedules.create(caller, spec)
    shown = owner.get(f"{ENVIRONMENTS}/{live.pk}/remove").content.decode()
    assert (
        f'<b>1 schedule</b> that chose it scans on without: <a href="/schedules/{row.pk}">Nightly</a>'
        in shown
    )


def test_an_environment_is_made_and_changed(owner):
    assert owner.post(f"{ENVIRONMENTS}/new", environment()).status_code == 302
    row = Environment.objects.get()
    assert (row.name, row.rank, row.due_days, row.upstream) == ("Live", 5, {"critical": 2}, ["status"])
    owner.post(f"{ENVIRONMENTS}/{row.pk}", environment(name="Harbour", upstream=[]))
    row.refresh_from_db()
    assert (row.name, row.upstream) == ("Harbour", [])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "needs a name"),
        ({"due:high": "soon"}, "no whole number"),
        ({"due:high": "0"}, "after 1 to"),
        ({"rank": "-1"}, "no whole number"),
        ({"policy": "99"}, "no such scan policy"),
        ({"channels": ["99"]}, "no such notification channel"),
        ({"upstream": ["fax"]}, "nothing that GitHub can be told"),
    ],
)
def test_an_environment_that_makes_no_sense_is_shown_again(owner, change, words):
    shown = owner.post(f"{ENVIRONMENTS}/new", environment(**change))
    assert shown.status_code == 422
    assert words in shown.content.decode()
    assert not Environment.objects.exists()


def test_channels_can_be_chosen(owner):
    made = Channel.objects.create(name="Room", kind="slack", created_by=get_user_model().objects.first())
    assert b"Room" in owner.get(f"{ENVIRONMENTS}/new").content
    owner.post(f"{ENVIRONMENTS}/new", environment(channels=[str(made.pk)]))
    assert list(Environment.objects.get().channels.all()) == [made]


def test_a_scan_shows_its_verdict_and_the_list_does(owner, live):
    bad, good = ended(live, [secret("a"), secret("b", path="<i>.py")]), ended(live)
    shown = owner.get(f"/scans/{bad.pk}").content.decode()
    assert "Breach</span> for Live" in shown
    assert "2 such findings" in shown
    assert "<i>.py" not in shown
    assert "Passed for Live" in owner.get(f"/scans/{good.pk}").content.decode()
    listed = owner.get("/scans").content.decode()
    assert (listed.count(">Breach<"), listed.count(">Passed<")) == (1, 1)


def test_what_github_was_not_told_can_be_told_again(owner, live):
    scan = ended(live)
    telling = Telling.objects.create(
        scan=scan, what="status", state="failed", said="It lacks <b>statuses</b>."
    )
    shown = owner.get(f"/scans/{scan.pk}").content.decode()
    assert "It lacks &lt;b&gt;statuses" in shown
    assert "Tell GitHub again" in shown
    assert owner.post(f"/scans/{scan.pk}/tell").status_code == 302
    telling.refresh_from_db()
    assert telling.state == "waiting"
    assert owner.post(f"/scans/{scan.pk}/tell").status_code == 409
    assert "Tell GitHub again" not in owner.get(f"/scans/{scan.pk}").content.decode()


def _mark(page):
    return re.search(r'name="seen" value="([^"]+)"', page.content.decode()).group(1)


def test_whoever_saves_an_environment_that_somebody_else_changed_meanwhile_is_told_first(owner, live):
    address = f"{ENVIRONMENTS}/{live.pk}"
    stale = _mark(owner.get(address))
    mine = {"name": live.name, "rank": "7", "policy": str(live.policy_id), "due:high": "9", "seen": stale}
    other = services.spec_of(live)
    services.change(local_caller(), live.pk, dataclasses.replace(other, description="Theirs."))
    wrong = owner.post(
        address, mine | {"rank": "x"}
    )  # what is wrong with the form does not make it a newer one
    assert _mark(wrong) == stale
    told = owner.post(address, mine)
    assert told.status_code == 409
    assert f"Somebody changed {live.name} meanwhile." in told.content.decode()
    assert "description, place in lists, days" in told.content.decode()
    assert services.get(local_caller(), live.pk).description == "Theirs."
    assert owner.post(address, mine | {"seen": _mark(told)}).status_code == 302
    assert services.get(local_caller(), live.pk).rank == 7
    # The same from both is no conflict, nor is what no form was seen for, as over the API.
    assert owner.post(address, mine).status_code == 302
    assert owner.post(address, {**mine, "rank": "8", "seen": ""}).status_code == 302


def test_whoever_saves_a_policy_that_somebody_else_changed_meanwhile_is_told_first(owner):
    row = policies.create(local_caller(), STRICT)
    address = f"{POLICIES}/{row.pk}/change"
    stale = _mark(owner.get(address))
    policies.change(local_caller(), row.pk, Policy("Strict", (CompleteGate(),)))
    mine = fields(Policy("Strict", (FindingsGate(most=4),)))
    mine["seen"] = stale
    tried = mine.copy()
    tried["do"] = "try"
    assert _mark(owner.post(address, tried)) == stale
    told = owner.post(address, mine)
    assert told.status_code == 409
    assert "Somebody changed Strict meanwhile: it is at version 2" in told.content.decode()
    mine["seen"] = _mark(told)
    assert owner.post(address, mine).status_code == 302
    assert policies.get(local_caller(), row.pk).latest.number == 3
