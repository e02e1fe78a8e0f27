"""What was found in messages before rows said so is told from files."""

from dataclasses import replace

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from keyhole.core.finding import Location
from keyhole.core.terms import Place
from keyhole.findings.models import Problem
from tests.unit.findings.making import repository, scanned, secret

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE = [("findings", "0007_marks_with_places")]


def test_messages_are_told_from_files_of_that_name():
    places = {"file": Place.FILE, "commit": Place.COMMIT_MESSAGE, "tag": Place.TAG_MESSAGE}
    scanned(
        repository(),
        [
            replace(secret(name), locations=(Location("", "", "commit message", 3, 1, place),))
            for name, place in places.items()
        ],
    )
    kept = dict(Problem.objects.values_list("key", "place"))
    assert sorted(kept.values()) == sorted(place.value for place in places.values())
    try:
        MigrationExecutor(connection).migrate(BEFORE)
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes("findings"))
    assert dict(Problem.objects.values_list("key", "place")) == kept
