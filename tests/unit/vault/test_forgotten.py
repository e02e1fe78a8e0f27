"""What was dropped stays dropped, also by a database from before."""

import pytest
from django.db import transaction

from keyhole.accounts.services import local_caller
from keyhole.audit.models import Entry
from keyhole.core.secret import Secret
from keyhole.vault import forgotten, rotation
from keyhole.vault.models import SealedSecret
from keyhole.vault.services import Place, exists, forget, keep, reveal

pytestmark = pytest.mark.django_db(transaction=True)
HERE, THERE = Place("connection", 1, "credential"), Place("connection", 2, "credential")


@pytest.fixture(autouse=True)
def _new_file():
    forgotten.memory.path().unlink(missing_ok=True)
    yield
    forgotten.memory.path().unlink(missing_ok=True)


def test_a_restored_database_does_not_revive_a_secret_that_was_dropped_or_replaced(canary):
    for place in (HERE, THERE):
        keep(local_caller(), place, Secret(canary()))
    backup = list(SealedSecret.objects.values())
    forget(local_caller(), HERE)
    new = canary()
    keep(local_caller(), THERE, Secret(new))
    assert forgotten.apply() == 0
    SealedSecret.objects.all().delete()
    SealedSecret.objects.bulk_create(SealedSecret(**row) for row in backup)
    assert forgotten.apply() == 2
    assert not exists(HERE)
    assert not exists(THERE)
    assert Entry.objects.order_by("-seq").first().action == "vault:forget"


def test_nor_after_the_key_was_rotated_in_between(canary):
    keep(local_caller(), HERE, Secret(canary()))
    backup = SealedSecret.objects.values().get()
    rotation.rotate(local_caller())
    forget(local_caller(), HERE)
    SealedSecret.objects.create(**backup)
    assert forgotten.apply() == 1


def test_what_is_kept_anew_after_that_stays(canary):
    keep(local_caller(), HERE, Secret(canary()))
    forget(local_caller(), HERE)
    text = canary()
    keep(local_caller(), HERE, Secret(text))
    assert forgotten.apply() == 0
    assert reveal(local_caller(), HERE).reveal() == text


def test_one_whose_end_was_taken_back_stays(canary):
    text = canary()
    keep(local_caller(), HERE, Secret(text))
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        keep(local_caller(), HERE, Secret(canary()))
        forget(local_caller(), HERE)
        raise ZeroDivisionError
    assert forgotten.apply() == 0
    assert reveal(local_caller(), HERE).reveal() == text


def test_what_cannot_be_remembered_is_dropped_all_the_same_and_said(canary, caplog):
    keep(local_caller(), HERE, Secret(canary()))
    forgotten.memory.path().mkdir()
    try:
        assert forget(local_caller(), HERE)
    finally:
        forgotten.memory.path().rmdir()
    assert not exists(HERE)
    assert "not remembered" in caplog.text
