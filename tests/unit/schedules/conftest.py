"""A person, two repositories, and no workers. Rooms are imported in fixtures: Django is not set up before."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def handed_over(monkeypatch):
    from keyhole.jobs import engine

    handed = []
    monkeypatch.setattr(engine, "enqueue", lambda kind, row: handed.append((kind, row)))
    return handed


@pytest.fixture
def places(tmp_path):
    from keyhole.accounts.services import local_caller
    from keyhole.repositories import services as repositories
    from tests.unit.scans.test_services import git

    for name in ("tide", "moor"):
        work = tmp_path / "harbour" / name
        work.mkdir(parents=True)
        git("init", "-q", "-b", "main", at=work)
        git("commit", "-q", "--allow-empty", "-m", "first", at=work)
    repositories.connect_folder(local_caller(), tmp_path)
    return list(repositories.list_repositories(local_caller()))


@pytest.fixture
def make(places):
    from keyhole.accounts.services import local_caller
    from keyhole.schedules import services

    def make(**fields):
        given = {
            "name": "Nightly",
            "repository_ids": tuple(each.pk for each in places),
            "when": "times",
            "cron": "0 2 * * *",
        }
        return services.create(local_caller(), services.ScheduleSpec(**given | fields))

    return make


@pytest.fixture
def away():
    """GitHub does not answer."""
    from keyhole.core.errors import Unavailable
    from keyhole.schedules import tips

    def refuse(*_args):
        raise Unavailable("GitHub does not answer.")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tips, "current", refuse)
        yield patch
