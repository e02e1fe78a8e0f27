"""Alerts of code scanning are those of the newest scan, for each scanner by itself, and a refusal is seen."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta

import pytest
from django.utils import timezone

from keyhole.accounts.services import local_caller
from keyhole.findings.models import Telling
from keyhole.providers.gitcli import run
from keyhole.providers.github.client import GitHub
from keyhole.reports.github import alerts, job
from keyhole.reports.github.target import Target
from keyhole.reports.github.words import told_of
from keyhole.scans import job as scanning
from keyhole.scans import services as scans
from keyhole.scans.models import Scan
from keyhole.scans.services import ScanSpec
from tests.unit.reports.github.test_telling import (
    _no_workers,
    asked,
    one,
    push,
    reach,
    scan,
    told,
    work_off,
    world,
)
from tests.unit.reports.github.test_telling import alerts as shown

__all__ = ["_no_workers", "told", "world"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.loopback]


def analyses(world):
    """Category and commit of each upload, newest first."""
    found = asked(world, "GET", "/code-scanning/analyses")
    return [(each["category"], each["commit_sha"]) for each in found]


def test_too_large_an_upload_leaves_out_the_least_severe(world, told, monkeypatch):
    one_finding = told_of(scan(reach(world)))
    monkeypatch.setattr(alerts, "LARGEST", 10)
    packed, sent, left = alerts._packed(one_finding, ())
    assert (sent, left) == (0, 1)
    assert all(not each["results"] for each in json.loads(gzip.decompress(packed))["runs"])


def test_what_is_late_sends_nothing_of_scanners_that_were_told_since(world, told):
    row = reach(world)
    world.faults.status(503, method="POST", path="/sarifs")
    early = scan(row, "sarif", scanners=("secrets", "zizmor"))
    push(world, {"a.txt": b"more"})
    late = scans.create(
        local_caller(), ScanSpec(row.pk, ref="leak", upstream=("sarif",), scanners=("secrets",))
    )
    scanning.run(late.pk)
    late.findings.all().delete()  # as if the history had been rewritten
    work_off()
    Telling.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    work_off()
    assert one(early).state == Telling.State.DONE
    assert one(early).said.endswith(f" Of secrets, scan {late.pk} had told it later.")
    assert [category for category, _ in analyses(world)] == ["zizmor", "secrets"]
    assert shown(world) == [], "what the later scan did not find is not brought back"


def test_what_was_sent_in_the_same_moment_ends_as_the_later_scan_has_it(world, told, monkeypatch):
    row = reach(world)
    early = scans.create(local_caller(), ScanSpec(row.pk, ref="leak", upstream=("sarif",)))
    scanning.run(early.pk)
    push(world, {"a.txt": b"more"})
    late = scans.create(local_caller(), ScanSpec(row.pk, ref="leak", upstream=("sarif",)))
    write, waiting = Target.write, [late.pk]

    def meanwhile(self, *args):
        if waiting:
            number = waiting.pop()
            scanning.run(number)
            Scan.objects.get(pk=number).findings.all().delete()
            job.tell_github(Telling.objects.get(scan=number).pk)
        return write(self, *args)

    monkeypatch.setattr(Target, "write", meanwhile)
    job.tell_github(one(early).pk)
    assert {one(each).state for each in (early, late)} == {Telling.State.DONE}
    last = Scan.objects.get(pk=late.pk).commit
    assert analyses(world)[0][1] == last
    assert {state for _, state in shown(world)} == {"fixed"}


def becoming(monkeypatch, *answers):
    """What GitHub says of an upload, look by look; returns what is left of it."""
    left, asks = list(answers), GitHub.get

    def told_by(self, path, *args, **named):
        answer = asks(self, path, *args, **named)
        if "/sarifs/" in path:
            answer.data.update(left.pop(0))
        return answer

    monkeypatch.setattr(GitHub, "get", told_by)
    monkeypatch.setattr(alerts, "_LOOKS", (0, 0, 0))
    return left


def test_a_refusal_that_takes_a_while_is_waited_for(world, told, monkeypatch):
    reasons = ["rejecting SARIF, as it is not liked"]
    left = becoming(
        monkeypatch,
        {"processing_status": "pending"},
        {"processing_status": "failed", "errors": reasons},
    )
    done = scan(reach(world), "sarif")
    assert one(done).state == Telling.State.FAILED
    assert reasons[0] in one(done).said
    assert left == []


def test_what_github_has_not_looked_at_is_not_said_to_be_taken(world, told, monkeypatch):
    becoming(monkeypatch, *({"processing_status": "pending"} for _ in range(3)))
    done = scan(reach(world), "sarif")
    assert one(done).state == Telling.State.DONE
    assert "it may still refuse them" in one(done).said


def test_alerts_of_the_whole_history_are_for_the_branch_that_was_the_default_then(world, told):
    row = reach(world)
    made = scans.create(local_caller(), ScanSpec(row.pk, upstream=("sarif",)))
    scanning.run(made.pk)
    run(Scan.objects.get(pk=made.pk).repository.git_dir, "symbolic-ref", "HEAD", "refs/heads/leak")
    work_off()
    (answer,) = {each["ref"] for each in asked(world, "GET", "/code-scanning/analyses")}
    assert answer == "refs/heads/main"
