"""Decisions about one version of a package: they end for a finding that is about another one, too."""

from __future__ import annotations

from collections import defaultdict

from keyhole.findings.history import happened
from keyhole.findings.models import Covered, Happened, Problem, Status
from keyhole.findings.rounds import Round
from keyhole.scanners.dependencies.names import normal
from keyhole.scans.models import Inventory, Scan


def let_go(this: Round) -> None:
    """Has no decision cover what the scan found in a version that the decision is not about. It is open again."""
    rows = Problem.objects.filter(repository=this.scan.repository_id).exclude(decision=None)
    decided = [
        row
        for row in rows.exclude(decision__version="").select_related("decision").order_by("pk")
        if row.pk in this.found
    ]
    used = _used(this.scan) if decided else {}
    for row in decided:
        mine = row.decision.version if row.decision else ""
        others = {row.version, *used.get((row.ecosystem, row.package), ())} - {mine, ""}
        if others:
            _open(this, row, mine, min(others))


def _open(this: Round, row: Problem, mine: str, other: str) -> None:
    note = f"It was about version {mine[:100]} only, and {other[:100]} is used now."
    happened(Happened.OUTGROWN, [row.pk], this.at, scan=this.scan, decision=row.decision, note=note)
    Covered.objects.filter(decision=row.decision, problem=row).delete()
    Problem.objects.filter(pk=row.pk).update(decided="", decision=None)
    Problem.objects.filter(pk=row.pk, status__in=(Status.NEW, Status.OPEN)).update(status=Status.REOPENED)


def _used(scan: Scan) -> dict[tuple[str, str], set[str]]:
    """Versions that the scan saw of each package: a finding shows one of them only."""
    inventory = Inventory.objects.filter(scan=scan).first()
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for each in inventory.libraries() if inventory is not None else ():
        found[each.ecosystem, normal(each.ecosystem, each.name)].add(each.version)
    return found
