"""Scans are judged by the policy of their environment, with what was decided taken off, and told of once."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from django.utils import timezone

from keyhole.accounts.services import local_caller
from keyhole.core.gate_kinds import CompleteGate, FindingsGate, LicencesGate
from keyhole.core.gates import Policy
from keyhole.core.library import Library
from keyhole.core.terms import Kind, Severity
from keyhole.environments import policies, services
from keyhole.environments.services import EnvironmentSpec
from keyhole.findings import judging
from keyhole.findings.deciding import DecisionSpec
from keyhole.findings.judging import judge_scan, verdict_on
from keyhole.findings.models import Decision, Judgement, Problem
from keyhole.findings.services import decide
from keyhole.findings.trying import try_policy
from keyhole.scans.models import Inventory, Scan
from keyhole.scans.summary import before, counted
from tests.unit.findings.making import finding, hash_of, repository, scan_of, secret, settle, vulnerable

pytestmark = pytest.mark.django_db

NO_SECRETS = Policy("Strict", (FindingsGate(),))
BOTH = ("bandit", "secrets")
NEW = Policy("New", (FindingsGate(new=True),))


@pytest.fixture
def told(monkeypatch):
    """What was published."""
    events = []
    monkeypatch.setattr(judging, "publish", lambda caller, event, also=(): events.append((event, also)))
    return events


def environment(policy=NO_SECRETS, name="Live", **more):
    row = policies.create(local_caller(), policy)
    return services.create(local_caller(), EnvironmentSpec(name, policy_id=row.pk, **more))


def end(scan):
    settle(scan)
    scan.refresh_from_db()
    judge_scan(scan)
    return Judgement.objects.filter(scan=scan).first()


def accept(scan, until):
    problem = Problem.objects.get(repository=scan.repository, key=scan.findings.get().key)
    return decide(local_caller(), DecisionSpec("accepted", "A known one.", until, problems=(problem.pk,)))


def test_a_breach_is_kept_with_what_it_was_judged_by_and_told_once(told):
    live = environment()
    scan = scan_of(repository(), [secret("a")], environment=live)
    kept = end(scan)
    judge_scan(scan)  # the step may run again after a crash
    assert (kept.passed, kept.counted, kept.version.number) == (False, 1, 1)
    assert kept.breaches[0]["demand"] == "No findings"
    assert kept.breaches[0]["findings"] == [scan.findings.get().key]
    assert len(told) == 1
    event, _ = told[0]
    assert (event.kind, event.url) == ("scan.breach", f"/scans/{scan.pk}")
    assert scan.repository.full_name in event.title
    policies.change(local_caller(), live.policy_id, dataclasses.replace(NO_SECRETS, gates=(CompleteGate(),)))
    kept.refresh_from_db()
    assert kept.version.as_core() == NO_SECRETS
    assert kept.to_json()["policy_version"] == 1


def test_without_a_policy_there_is_no_verdict(told):
    nothing = services.create(local_caller(), EnvironmentSpec("Live"))
    assert end(scan_of(repository(), [secret("a")], environment=nothing)) is None
    assert end(scan_of(repository(), [secret("a")])) is None
    assert not told


def test_a_scan_that_passes_is_no_news(told):
    assert end(scan_of(repository(), [], environment=environment())).passed
    assert not told


def test_an_incomplete_scan_is_judged_as_one(told):
    live = environment(Policy("Whole", (CompleteGate(),)))
    kept = end(scan_of(repository(), [], reasons=["out of time"], environment=live))
    assert "out of time" in kept.breaches[0]["why"]


def test_what_is_accepted_does_not_count_until_the_decision_ends(told):
    place, live = repository(), environment()
    first = scan_of(place, [secret("a")], environment=live)
    end(first)
    now = timezone.now()
    accept(first, now + timedelta(days=10))
    second = end(scan_of(place, [secret("a")], environment=live))
    assert (second.passed, second.counted, second.accepted) == (True, 0, 1)
    assert not verdict_on(second.scan, NO_SECRETS, now + timedelta(days=11)).passed


def test_a_finding_that_is_shown_as_another_one_counts_once(told):
    place, live = repository(), environment()
    scan = scan_of(place, [secret("a"), secret("b", path="b.py")], environment=live)
    settle(scan)
    shown, other = Problem.objects.order_by("pk")
    Problem.objects.filter(pk=other.pk).update(merged_into=shown)
    verdict = verdict_on(scan, NO_SECRETS, timezone.now())
    assert (verdict.counted, verdict.accepted) == (1, 0)
    assert verdict.breaches[0].findings == (shown.key,)
    alone = scan_of(place, [secret("b", path="b.py")], environment=live)
    assert verdict_on(alone, NO_SECRETS, timezone.now()).counted == 1


def test_a_gate_of_one_scanner_does_not_pass_because_another_one_says_the_same(told):
    place, live = repository(), environment(Policy("Bandit", (FindingsGate(scanners=("bandit",)),)))
    line = {"path": "app.py", "line": 1, "kind": Kind.CODE}
    found = [secret("a"), finding("bandit", "b105", hash_of("b"), severity=Severity.LOW, **line)]
    scan = scan_of(place, found, scanners=BOTH, environment=live)
    kept = end(scan)
    assert Problem.objects.get(scanner="bandit").merged_into.scanner == "secrets"
    assert (kept.passed, kept.counted, kept.accepted) == (False, 1, 0)
    assert kept.breaches[0]["findings"] == [found[1].id]
    shown = Problem.objects.get(scanner="secrets")
    until = timezone.now() + timedelta(days=9)
    decide(local_caller(), DecisionSpec("accepted", "Known.", until, problems=(shown.pk,)))
    again = end(scan_of(place, found, scanners=BOTH, environment=live))
    assert (again.passed, again.counted, again.accepted) == (True, 0, 2)


@pytest.mark.parametrize(
    "gate", [FindingsGate(kinds=(Kind.SECRET,)), FindingsGate(scanners=("secrets",)), LicencesGate("deny")]
)
def test_a_gate_is_not_passed_where_what_it_asks_for_was_not_looked_for(told, gate):
    live = environment(Policy("Sought", (gate,)))
    kept = end(scan_of(repository(), [], scanners=("zizmor",), environment=live))
    assert not kept.passed
    assert "(keyhole scan -s zizmor -s " in kept.breaches[0]["fix"]
    row = try_policy(local_caller(), Policy("Other", (gate,)), last=1).rows[0]
    assert (row.verdict.passed, row.present.passed) == (False, False)


def test_what_is_exploited_is_known_where_the_scan_had_the_list(told):
    live = environment(Policy("Exploited", (FindingsGate(kev=True),)))
    scan = scan_of(repository(), [vulnerable("flask", ["CVE-2026-1"])], environment=live)
    assert not end(scan).passed
    scan.evidence["kev_at"] = "2026-06-30T12:00:00+00:00"
    assert verdict_on(scan, live.policy.latest.as_core(), timezone.now()).passed


def test_an_imported_scan_is_judged_by_what_it_brought(told):
    line = {"path": "app.py", "line": 1, "severity": Severity.LOW, "kind": Kind.CODE}
    scan = scan_of(repository(), [finding("sarif-x", "r", hash_of("b"), **line)], scanners=("sarif-x",))
    settle(scan)
    code = FindingsGate(severity=Severity.HIGH, kinds=(Kind.CODE,))
    assert verdict_on(scan, Policy("Code", (code,)), timezone.now()).passed
    secrets = dataclasses.replace(code, kinds=(Kind.SECRET,))
    assert not verdict_on(scan, Policy("Secrets", (secrets,)), timezone.now()).passed


def test_scanning_again_makes_nothing_old(told):
    place, live = repository(), environment(Policy("New", (FindingsGate(new=True),)))
    old, more = secret("a"), secret("b", path="b.py")
    assert not end(scan_of(place, [old], environment=live)).passed  # the first: all are new
    for _ in range(2):
        assert end(scan_of(place, [old, more], environment=live)).breaches[0]["number"] == 1
    assert end(scan_of(place, [old], environment=live)).passed
    assert not end(scan_of(place, [old, more], environment=live)).passed
    accept_all(place)
    assert end(scan_of(place, [old, more], environment=live)).passed
    elsewhere = environment(Policy("Other", (FindingsGate(new=True),)), "Other")
    assert verdict_on(scan_of(place, [old, more], environment=elsewhere), NEW, timezone.now()).passed
    Decision.objects.update(ended_at=timezone.now())
    Problem.objects.update(decided="", decision=None)
    assert end(scan_of(place, [old, more], environment=live)).passed  # known since it passed
    assert not verdict_on(scan_of(place, [old, more]), NEW, timezone.now()).passed


def test_deleting_scans_makes_nothing_old(told):
    place, live = repository(), environment(Policy("New", (FindingsGate(new=True),)))
    old, more = secret("a"), secret("b", path="b.py")
    scans = []
    for found in ([old], [old], [old, more]):
        scans.append(scan_of(place, found, environment=live))
        judged = end(scans[-1])
        Scan.objects.filter(pk=scans[-1].pk).update(counters=counted(scans[-1], before(scans[-1])))
    assert judged.breaches[0]["number"] == 1
    scans[1].delete()
    assert end(scan_of(place, [old, more], environment=live)).breaches[0]["number"] == 1
    scans[0].delete()
    assert (
        end(scan_of(place, [old, more], environment=live)).breaches[0]["number"] == 2
    )  # nothing tells them apart
    assert end(scan_of(place, [], environment=live)).passed
    assert end(scan_of(place, [old], environment=live)).breaches[0]["number"] == 1


def accept_all(place):
    numbers = tuple(Problem.objects.filter(repository=place).values_list("pk", flat=True))
    until = timezone.now() + timedelta(days=9)
    decide(local_caller(), DecisionSpec("accepted", "Known ones.", until, problems=numbers))


def test_only_new_ones_count_and_in_a_first_scan_all_are(told):
    place, live = repository(), environment(Policy("New", (FindingsGate(new=True),)))
    assert not end(scan_of(place, [secret("a")], environment=live)).passed
    assert end(scan_of(place, [secret("a")], environment=live)).passed
    third = end(scan_of(place, [secret("a"), secret("b", path="b.py")], environment=live))
    assert third.breaches[0]["number"] == 1


def test_licences_are_those_of_the_inventory(told):
    live = environment(Policy("Free", (LicencesGate("allow", denied=("AGPL-*",)),)))
    scan = scan_of(repository(), [], environment=live)
    bad = Library("pkg:npm/qs@1", "npm", "qs", "1", "package-lock.json", 1, licences=("AGPL-3.0-only",))
    Inventory.of(scan, [bad]).save()
    assert end(scan).breaches[0]["packages"] == ["qs 1"]


def finished(scan):
    end(scan)
    Scan.objects.filter(pk=scan.pk).update(finished_at=timezone.now())


def test_a_policy_is_tried_on_the_last_scans_of_each_repository(told):
    live = environment()
    one, two = repository(), repository()
    for place, found in ((one, []), (one, [secret("a")]), (two, [])):
        finished(scan_of(place, found, environment=live))
    lax, strict = (
        Policy("Lax", (FindingsGate(most=5),)),
        Policy("Closed", (FindingsGate(), FindingsGate(most=0))),
    )
    trial = try_policy(local_caller(), lax, last=1)
    assert [(row.scan.repository, row.verdict.passed, row.change) for row in trial.rows] == [
        (two, True, ""),
        (one, True, "mends"),
    ]
    assert (trial.passed, trial.breaks, trial.mends, trial.left_out) == (2, 0, 1, 0)
    assert len(try_policy(local_caller(), strict, last=5).rows) == 3
    bare = services.create(local_caller(), EnvironmentSpec("Bare"))
    assert try_policy(local_caller(), strict, last=1, environment_id=bare.pk).breaks == 1
    assert Judgement.objects.count() == 3
