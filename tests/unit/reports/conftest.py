"""A real repository, and scans of it that came to whatever a test wants.

Imported before Django is set up when these tests alone are asked for, so that what needs it is imported late.
"""

from __future__ import annotations

import pytest


@pytest.fixture
def repository(tmp_path):
    from keyhole.accounts.services import local_caller
    from keyhole.repositories import services as repositories
    from tests.unit.scans.test_services import git

    work = tmp_path / "harbour" / "tide"
    work.mkdir(parents=True)
    git("init", "-q", "-b", "main", at=work)
    (work / "README.md").write_text("hello\n")
    git("add", "-A", at=work)
    git("commit", "-q", "-m", "first", at=work)
    repositories.connect_folder(local_caller(), tmp_path)
    return repositories.list_repositories(local_caller())[0]


@pytest.fixture
def ran(repository, monkeypatch):
    """Runs a scan whose reading comes to the given result."""
    from keyhole.accounts.services import local_caller
    from keyhole.jobs import engine
    from keyhole.scans import job, reading, services
    from keyhole.scans.services import ScanSpec

    monkeypatch.setattr(engine, "enqueue", lambda kind, row: None)

    def run(outcome, **spec):
        with monkeypatch.context() as patched:
            patched.setattr(reading.child, "run", lambda *_args, **_named: outcome)
            scan = services.create(local_caller(), ScanSpec(repository.pk, **spec))
            job.run(scan.pk)
        return services.get(local_caller(), scan.pk)

    return run
