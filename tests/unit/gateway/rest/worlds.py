"""Fixtures of worlds, for every test that asks the REST surface; imported by the conftests that offer them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import setup_databases

from tests.unit.gateway.rest.scratch import make_template


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Repositories made once and copied for each world."""
    return make_template(tmp_path_factory.mktemp("template"))


@pytest.fixture
def world(template: Path, tmp_path: Path, transactional_db: None) -> object:
    """A world of one's own, for tests that change it."""
    from tests.unit.gateway.rest.world import build

    return build(template, tmp_path)


@pytest.fixture(scope="session")
def database(django_db_setup: None, django_db_blocker: object) -> None:
    """The tests' database, also when no test is marked for it: the mark would empty it after each test."""
    from keyhole.accounts.models import User

    with django_db_blocker.unblock():
        if User._meta.db_table not in connection.introspection.table_names():
            setup_databases(verbosity=0, interactive=False, aliases=["default"])


@pytest.fixture(scope="module")
def shared_world(
    template: Path, tmp_path_factory: pytest.TempPathFactory, database: None, django_db_blocker: object
) -> Iterator[object]:
    """One world for all tests of a file that only look at it; the database is emptied after the last."""
    from tests.unit.gateway.rest.world import build

    with django_db_blocker.unblock():
        yield build(template, tmp_path_factory.mktemp("world"))
        call_command("flush", verbosity=0, interactive=False)
