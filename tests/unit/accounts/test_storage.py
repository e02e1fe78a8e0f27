"""The database is looked at before it is used."""

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from keyhole.accounts.storage import bring_up_to_date
from keyhole.core.errors import Misconfigured

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def later_migration():
    MigrationRecorder(connection).record_applied("tokens", "0099_later")
    yield
    MigrationRecorder(connection).record_unapplied("tokens", "0099_later")


def test_a_database_that_is_up_to_date_is_left_alone(django_assert_max_num_queries):
    bring_up_to_date()
    with django_assert_max_num_queries(6):
        bring_up_to_date(thorough=False)


def test_a_database_of_a_newer_keyhole_is_refused(later_migration):
    with pytest.raises(Misconfigured, match=r"newer.*tokens\.0099_later"):
        bring_up_to_date()
