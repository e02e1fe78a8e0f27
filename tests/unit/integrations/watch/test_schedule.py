"""A row for each thing to be done once: none is lost, none is there twice, whatever the clock does."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from keyhole.accounts.services import local_caller
from keyhole.connections import services as connections
from keyhole.integrations.models import Task, TaskKind
from keyhole.integrations.watch import schedule
from keyhole.jobs.registry import registered
from tests.unit.connections.test_services import spec

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


@pytest.fixture
def row():
    return connections.connect(local_caller(), spec())


def probes(now=None):
    return schedule.due(TaskKind.PROBE, now)


def end(number, **options):
    with transaction.atomic():
        return schedule.end(Task.objects.get(pk=number), "done", **options)


def test_a_new_connection_is_asked_within_a_day_and_then_every_day(row):
    now = timezone.now()
    probes()
    (task,) = Task.objects.all()
    assert now <= task.due_at <= now + DAY
    (number,) = probes(now + DAY)
    assert number == task.pk
    assert end(number)
    following = Task.objects.get(done_at=None)
    assert timedelta(hours=21) < following.due_at - now < timedelta(hours=27)
    assert probes() == []


def test_asking_what_is_due_makes_nothing_twice(row):
    for _ in range(3):
        probes()
    assert Task.objects.count() == 1


def test_a_task_ends_once(row):
    number = schedule.hurry(TaskKind.PROBE, row.pk)
    task = Task.objects.get(pk=number)
    with transaction.atomic():
        assert schedule.end(task, "by one worker")
    with transaction.atomic():
        assert not schedule.end(task, "by another one")
    assert Task.objects.get(pk=number).outcome == "by one worker"
    assert Task.objects.filter(done_at=None).count() == 1


def test_workers_that_begin_at_once_make_one_task(row):
    barrier = threading.Barrier(4)

    def ask():
        barrier.wait()
        schedule.due(TaskKind.PROBE)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Task.objects.filter(kind=TaskKind.PROBE).count() == 1


def test_what_was_due_while_nothing_ran_is_done_once(row):
    probes()
    assert len(probes(timezone.now() + 40 * DAY)) == 1


def test_a_date_from_a_clock_that_was_wrong_is_not_waited_for(row):
    probes()
    Task.objects.update(due_at=timezone.now() + 400 * DAY)
    assert len(probes()) == 1


def test_a_removed_connection_is_not_asked_any_more(row):
    number = schedule.hurry(TaskKind.PROBE, row.pk)
    connections.remove(local_caller(), row.pk)
    assert end(number)
    assert not Task.objects.filter(done_at=None).exists()
    assert probes() == []


def test_a_task_that_came_to_nothing_is_tried_again_soon(row):
    end(schedule.hurry(TaskKind.PROBE, row.pk), again=schedule.SOON)
    assert Task.objects.get(done_at=None).due_at - timezone.now() <= schedule.SOON


def test_old_tasks_are_forgotten(row):
    number = schedule.hurry(TaskKind.PROBE, row.pk)
    Task.objects.create(
        kind=TaskKind.PROBE, subject=row.pk + 1000, due_at=timezone.now(), done_at=timezone.now() - 31 * DAY
    )
    end(number)
    assert not Task.objects.filter(subject=row.pk + 1000).exists()


def test_a_failed_job_ends_its_task_and_makes_the_next(row):
    number = schedule.hurry(TaskKind.PROBE, row.pk)
    job = next(each for each in registered() if each.kind == TaskKind.PROBE.value)
    assert list(job.unfinished()) == [number]
    job.failed(number, "The worker ended five times.")
    assert Task.objects.get(pk=number).outcome == "The worker ended five times."
    assert Task.objects.filter(done_at=None).count() == 1


def test_ending_a_task_outside_of_a_transaction_is_a_mistake(row):
    task = Task.objects.get(pk=schedule.hurry(TaskKind.PROBE, row.pk))
    with pytest.raises(RuntimeError):
        schedule.end(task, "")
