"""What follows a scan is handed to the workers once it has ended, and a worker that is not there costs nothing."""

from __future__ import annotations

import pytest

from keyhole.jobs import engine
from keyhole.scans import followups
from keyhole.scans.models import Scan, State
from tests.unit.scans.test_afterwards import scan

__all__ = ["scan"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def handed(monkeypatch):
    found = []
    monkeypatch.setattr(followups, "_followers", {})
    followups.follow_up("later")(lambda scan: [scan.pk, 7])
    followups.follow_up("again")(lambda _scan: [9])
    monkeypatch.setattr(engine, "enqueue", lambda kind, row: found.append((kind, row)))
    return found


@pytest.mark.parametrize("state", [State.READY, State.QUEUED, State.RUNNING])
def test_nothing_follows_a_scan_that_goes_on(scan, handed, state):
    Scan.objects.filter(pk=scan.pk).update(state=state)
    followups.hand_over_follow_ups(scan.pk)
    assert handed == []


def test_what_follows_is_handed_over(scan, handed):
    Scan.objects.filter(pk=scan.pk).update(state=State.FAILED)
    followups.hand_over_follow_ups(scan.pk)
    assert handed == [("again", 9), ("later", scan.pk), ("later", 7)]


def test_an_engine_that_refuses_ends_nothing(scan, handed, monkeypatch, caplog):
    Scan.objects.filter(pk=scan.pk).update(state=State.COMPLETE)

    def refuse(kind, row):
        raise RuntimeError("no")

    monkeypatch.setattr(engine, "enqueue", refuse)
    followups.hand_over_follow_ups(scan.pk)
    assert "could not be handed" in caplog.text
    followups.hand_over_follow_ups(2**40)
