"""Judging scans by policies: by that of their environment when they end, and by any other when somebody asks.

What was decided about findings counts as it is now, and a finding that is shown as another one counts once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from keyhole.core import gates
from keyhole.core.caller import Caller, Via
from keyhole.core.finding import Finding
from keyhole.core.gates import Breach, Facts, Verdict
from keyhole.core.strict_json import decode, encode_fields
from keyhole.findings import expiring
from keyhole.findings.models import Judgement, Problem
from keyhole.notifications.events import Event, Severity
from keyhole.notifications.publishing import publish
from keyhole.scanners.registry import reach
from keyhole.scans.afterwards import afterwards
from keyhole.scans.models import Inventory, Scan, State


@afterwards(order=20)
def judge_scan(scan: Scan) -> None:
    """Judges a scan by its environment's policy, and tells of a breach, once however often this runs."""
    environment = scan.environment
    if environment is None or environment.policy is None:
        return
    version = environment.policy.latest
    now = timezone.now()
    verdict = verdict_on(scan, version.as_core(), now)
    with transaction.atomic():
        kept, made = Judgement.objects.get_or_create(
            scan=scan,
            defaults={
                "version": version,
                "environment": environment,
                "passed": verdict.passed,
                "breaches": [encode_fields(breach) for breach in verdict.breaches],
                "counted": verdict.counted,
                "accepted": verdict.accepted,
                "at": now,
            },
        )
        if made and not kept.passed:
            channels = environment.channels.values_list("pk", flat=True)
            publish(Caller(None, f"scan {scan.pk}", Via.JOB), _event(scan, verdict), also=tuple(channels))


def verdict_on(scan: Scan, policy: gates.Policy, at: datetime) -> Verdict:
    """The verdict on a scan whose findings are stored. `at`: the moment at which advisories have their age."""
    findings = [row.as_core() for row in scan.findings.all()]
    inventory = Inventory.objects.filter(scan=scan).first()
    libraries = inventory.libraries() if inventory is not None else ()
    return gates.judge(policy, findings, libraries, _facts(scan, findings, at), at)


def kept_verdict(scan: Scan) -> Verdict | None:
    """The verdict that a scan got when it ended; None if nothing judged it."""
    kept = Judgement.objects.select_related("version", "environment").filter(scan=scan).first()
    if kept is None:
        return None
    breaches = tuple(decode(Breach, each) for each in kept.breaches)
    return Verdict(kept.version.as_core().name, breaches, kept.counted, kept.accepted)


def _facts(scan: Scan, findings: list[Finding], at: datetime) -> Facts:
    evidence = scan.evidence
    keys = frozenset(each.id for each in findings)
    scanners = tuple(evidence.get("scanners") or ())
    reasons = tuple(evidence.get("reasons") or ())
    known = _known_before(scan)
    accepted, shown_as = _standing(scan, keys, at)
    return Facts(
        complete=not reasons,
        reasons=reasons,
        scanners=scanners,
        advisories_at=evidence.get("advisories_at", ""),
        kev_at=evidence.get("kev_at", ""),
        new=None if known is None else keys - known,
        accepted=accepted,
        shown_as=shown_as,
        reach=reach(scanners, findings),
    )


def _known_before(scan: Scan) -> frozenset[str] | None:
    """Ids of the findings that are no news: those that were there when the same was last scanned and passed.

    If it never has, those of its first scan; None if there is none, or if it was deleted. So scanning again, pushing an
    empty commit, or deleting scans makes nothing old: what is new stays so until it is fixed or somebody decides about
    it.
    """
    same = Scan.objects.filter(
        repository=scan.repository_id,
        ref=scan.ref,
        scanners=scan.scanners,
        state=State.COMPLETE,
        pk__lt=scan.pk,
    )
    passed = same.filter(environment=scan.environment_id, judgement__passed=True).order_by("-pk").first()
    measure = passed or _the_first(same)
    return None if measure is None else frozenset(measure.findings.values_list("key", flat=True))


def _the_first(same: QuerySet[Scan]) -> Scan | None:
    """The first of these scans, unless the one that was is gone: it counted what it had not of one before it."""
    first = same.order_by("pk").first()
    return None if first is None or "fixed" in first.counters else first


def aside(scan: Scan, keys: frozenset[str], at: datetime) -> frozenset[str]:
    """Which of these findings of a scan are nothing to do: decided about, or the same as another one of them."""
    accepted, shown_as = _standing(scan, keys, at)
    return accepted | {key for key, shown in shown_as.items() if shown in keys}


def _standing(scan: Scan, keys: frozenset[str], at: datetime) -> tuple[frozenset[str], Mapping[str, str]]:
    """Which of these findings are decided about, or shown as one that is; and which others are shown as which."""
    expiring.catch_up()
    rows = Problem.objects.filter(repository=scan.repository_id).select_related(
        "decision", "merged_into__decision"
    )
    rows = rows.filter(Q(merged_into__isnull=False) | ~Q(decided=""))
    accepted, shown_as = set(), {}
    for row in rows:
        shown = row.merged_into or row
        if row.key not in keys:
            continue
        if _holds(row, at) or _holds(shown, at):
            accepted.add(row.key)
        elif row.merged_into is not None:
            shown_as[row.key] = shown.key
    return frozenset(accepted), shown_as


def _holds(row: Problem, at: datetime) -> bool:
    decision = row.decision
    return decision is not None and (decision.expires_at is None or decision.expires_at > at)


def _event(scan: Scan, verdict: Verdict) -> Event:
    number = len(verdict.breaches)
    first = verdict.breaches[0]
    return Event(
        "scan.breach",
        Severity.WARNING,
        f"{scan.repository.full_name} breaches the policy {verdict.policy}",
        f"{first.demand}. {first.why} {first.fix}",
        f"/scans/{scan.pk}",
        {
            "Environment": str(scan.environment),
            "Gates not passed": str(number),
            **{f"{breach.place}": breach.demand for breach in verdict.breaches[:5]},
        },
    )
