"""Alerts of code scanning: the open findings as analyses, one for each scanner, which GitHub keeps apart.

Documented at https://docs.github.com/rest/code-scanning/code-scanning#upload-an-analysis-as-sarif-data. GitHub keeps
for each scanner what comes last, so that an earlier scan must not send what a later one has sent.
"""

from __future__ import annotations

import base64
import dataclasses
import gzip
import json
import time
from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import QuerySet

from keyhole.core.errors import Conflict
from keyhole.core.plural import counted
from keyhole.core.redact import one_line
from keyhole.findings.models import Telling
from keyhole.providers.gitcli import GitError, run
from keyhole.reports.github.standing import of_repository
from keyhole.reports.github.target import Target
from keyhole.reports.github.words import Outcome, Told, told_of
from keyhole.reports.renderers.as_sarif import document
from keyhole.scans.models import Scan

MOST_RESULTS = 5000
"""Results that code scanning keeps of one upload."""
LARGEST = 10_000_000
"""Bytes of an upload, compressed and before base64."""
_LOOKS = (0, 1, 3)
"""Seconds before each look at whether GitHub took an upload; it takes some while, mostly of seconds."""


def sarif(target: Target) -> Outcome:
    """The open findings of the scan; then those of later scans that were sent in the same moment, so as to be last."""
    known = set(told_since(target.scan).values())
    outcome = _upload(target)
    while late := [each for each in _begun_since(target.scan) if each.pk not in known]:
        known.update(each.pk for each in late)
        for each in late:
            _upload(dataclasses.replace(target, scan=each))
    return outcome


def told_since(scan: Scan) -> dict[str, int]:
    """Scanners of whose findings GitHub was told by a later scan of the same branch, and by which one."""
    done = _later(scan).filter(state=Telling.State.DONE).order_by("scan_id")
    return {name: number for number, names in done.values_list("scan", "scan__scanners") for name in names}


def _begun_since(scan: Scan) -> list[Scan]:
    """Later scans of which GitHub was told, or is being told by another worker."""
    states = (Telling.State.DONE, Telling.State.WAITING)
    begun = _later(scan).filter(state__in=states, attempts__gt=0).order_by("scan_id")
    return [each.scan for each in begun if set(each.scan.scanners) & set(scan.scanners)]


def _later(scan: Scan) -> QuerySet[Telling]:
    return of_repository(scan, "sarif").filter(scan__ref=scan.ref, scan__pk__gt=scan.pk)


def _upload(target: Target) -> Outcome:
    scan = target.scan
    commit, ref = scan.commit, scan.ref or _default_branch(scan)
    if not commit or not ref:
        return Outcome("There is no commit yet.", nothing=True)
    told = told_of(scan)
    if not told.complete:
        # GitHub takes an upload for all there is, and closes every alert that is not in it.
        return Outcome(
            "Not everything could be read, and GitHub would close the alerts of what was not.", nothing=True
        )
    later = told_since(scan)
    packed, sent, left = _packed(told, later)
    body = {
        "commit_sha": commit,
        "ref": ref,
        "sarif": base64.b64encode(packed).decode("ascii"),
        "tool_name": "Keyhole",
        "checkout_uri": "file:///",
    }
    answer = target.write("code scanning alerts", "POST", target.path("code-scanning", "sarifs"), body)
    number = answer.data.get("id") if isinstance(answer.data, dict) else None
    taken = _taken(target, str(number)) if number else False
    more = f" The {left:,} least severe findings did not fit." if left else ""
    more += "" if taken else " GitHub had not looked at them yet: it may still refuse them."
    more += "".join(
        f" Of {name}, scan {by} had told it later." for name, by in later.items() if name in scan.scanners
    )
    return Outcome(f"{counted(sent, 'finding')} for {ref} at {commit[:10]}.{more}")


def _taken(target: Target, number: str) -> bool:
    """Whether GitHub has taken an upload; False if it has not looked yet. Conflict, with what it found wrong."""
    for seconds in _LOOKS:
        time.sleep(seconds)
        data = target.client.get(target.path("code-scanning", "sarifs", number)).data
        if not isinstance(data, dict):
            continue
        if data.get("processing_status") == "failed":
            raise Conflict(f"GitHub took the upload and could not process it: {_problem(data)}.")
        if data.get("processing_status") == "complete":
            return True
    return False


def _problem(data: Mapping[str, Any]) -> str:
    errors = data.get("errors")
    said = [one_line(str(each), 100) for each in errors[:3]] if isinstance(errors, list) else []
    return "; ".join(filter(None, said)) or "it does not say why"


def _default_branch(scan: Scan) -> str:
    """The branch that HEAD named when the scan began: its commit is of that one."""
    known = scan.evidence.get("branch")
    if isinstance(known, str) and known:
        return known
    try:
        named = run(scan.repository.git_dir, "symbolic-ref", "--quiet", "HEAD")
    except GitError:
        return ""
    return named.decode("utf-8", "replace").strip()


def _packed(told: Told, without: Collection[str]) -> tuple[bytes, int, int]:
    """The analyses but for those of some scanners, compressed; how many findings they have, and how many were left out
    so that GitHub takes them.
    """
    rows = tuple(row for row in told.rows if row.open and row.finding.scanner not in without)
    most = MOST_RESULTS
    while True:
        log = document(dataclasses.replace(told.report, rows=rows[:most]))
        log["runs"] = [each for each in log["runs"] if _scanner(each) not in without]
        packed = gzip.compress(json.dumps(log, separators=(",", ":")).encode("utf-8"), mtime=0)
        if len(packed) <= LARGEST or not rows[:most]:
            sent = sum(len(each["results"]) for each in log["runs"])
            return packed, sent, len(rows) - len(rows[:most])
        most = min(most, len(rows)) // 2


def _scanner(analysis: Mapping[str, Any]) -> str:
    """The scanner that an analysis is of: what its category begins with."""
    category: str = analysis["automationDetails"]["id"]
    return category.partition("/")[0]
