"""The parts that rooms above add to a scan run in order, each as a step of its own, and only while it is wanted."""

from __future__ import annotations

import pytest

from keyhole.accounts.services import local_caller
from keyhole.jobs.registry import current_runner
from keyhole.repositories import services as repositories
from keyhole.scans import afterwards, services
from keyhole.scans.models import Scan, Stage, State
from keyhole.scans.services import ScanSpec
from tests.unit.scans.test_services import git

pytestmark = pytest.mark.django_db


@pytest.fixture
def scan(tmp_path):
    caller = local_caller()
    work = tmp_path / "harbour" / "tide"
    work.mkdir(parents=True)
    git("init", "-q", at=work)
    repositories.connect_folder(caller, tmp_path)
    return services.create(caller, ScanSpec(repositories.list_repositories(caller)[0].pk, run_now=False))


@pytest.fixture
def seen(monkeypatch):
    monkeypatch.setattr(afterwards, "_offered", set())
    monkeypatch.setattr(afterwards, "_parts", {})
    seen = []

    @afterwards.afterwards(order=20)
    def second(row):
        seen.append(("second", row.pk))

    @afterwards.afterwards(order=10)
    def first(row):
        seen.append(("first", row.pk))

    return seen


def running(row):
    Scan.objects.filter(pk=row.pk).update(state=State.RUNNING)
    return row.pk


def test_parts_run_in_their_order(scan, seen):
    number = running(scan)
    afterwards.run_parts(number)
    assert seen == [("first", number), ("second", number)]
    assert Scan.objects.get(pk=number).stage == Stage.CONCLUDE


def test_each_part_is_a_step_of_its_name(scan, seen):
    steps = []
    token = current_runner.set(lambda name, work: steps.append(name))
    try:
        afterwards.run_parts(running(scan))
    finally:
        current_runner.reset(token)
    assert steps == ["first", "second"]
    assert seen == []


@pytest.mark.parametrize("change", [{"state": State.FAILED}, {"stop_requested": True}])
def test_nothing_happens_to_a_scan_that_is_over(scan, seen, change):
    number = running(scan)
    Scan.objects.filter(pk=number).update(**change)
    afterwards.run_parts(number)
    assert seen == []


def test_a_name_stands_for_one_part(seen):
    def first(row):
        raise AssertionError

    first.__module__ = "somewhere.else"
    with pytest.raises(ValueError, match="first"):
        afterwards.afterwards(order=1)(first)
