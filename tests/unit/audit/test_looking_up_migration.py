"""Records from before are found as well, and the chain is whole after the migration as it was before."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from keyhole.audit.log import Draft, append
from keyhole.audit.models import Entry
from keyhole.audit.search import Filter, find
from keyhole.audit.verify import verify

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE, AFTER = [("audit", "0001_initial")], [("audit", "0002_looking_up")]


def test_an_older_log_is_filled_in():
    for number in range(5):
        append(Draft("git:act", "allowed", {"name": f"Tool {number}"}, {"repositories": [f"A/r{number}"]}))
    hashes = list(Entry.objects.values_list("hash", flat=True))
    MigrationExecutor(connection).migrate(BEFORE)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM audit_entry LIMIT 1")
            assert "who" not in {column[0] for column in cursor.description}
    finally:
        MigrationExecutor(connection).migrate(AFTER)
    assert verify().ok
    assert list(Entry.objects.values_list("hash", flat=True)) == hashes
    assert [entry.seq for entry in find(Filter(who="tool 3", repository="a/R3"), 5)] == [4]
