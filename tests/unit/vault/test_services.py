"""Keeping and revealing: on record or not at all, and sealed whenever the keys are not in order."""

import pytest
from django.db import connection, transaction

from keyhole.accounts.services import local_caller
from keyhole.audit.models import Entry
from keyhole.audit.verify import verify
from keyhole.core.caller import Caller, Via
from keyhole.core.errors import NotFound, PermissionDenied, Unavailable
from keyhole.core.secret import Secret
from keyhole.vault import keyring
from keyhole.vault.keyring import Ring, new_key
from keyhole.vault.models import SealedSecret
from keyhole.vault.services import Place, Sealed, Tampered, exists, forget, keep, reveal, state

pytestmark = pytest.mark.django_db(transaction=True)
HERE, THERE = Place("connection", 1, "credential"), Place("connection", 2, "credential")
NOBODY = Caller(None, "nobody", Via.WEB)


def last():
    entry = Entry.objects.order_by("-seq").first()
    return entry.action, entry.outcome, entry.subject


def test_a_secret_comes_back_and_each_step_names_its_caller(canary):
    caller, text = local_caller(), canary()
    keep(caller, HERE, Secret(text))
    assert last()[:2] == ("vault:keep", "allowed")
    assert exists(HERE)
    assert not exists(THERE)
    assert reveal(caller, HERE).reveal() == text
    entry = Entry.objects.order_by("-seq").first()
    assert (entry.action, entry.actor["name"], entry.actor["via"]) == ("vault:reveal", caller.name, "cli")
    assert (entry.subject["table"], entry.subject["row"]) == ("connection", 1)
    assert forget(caller, HERE) is True
    assert last()[:2] == ("vault:forget", "allowed")
    assert not exists(HERE)
    assert verify().ok


def test_nothing_kept_is_nothing_found():
    with pytest.raises(NotFound):
        reveal(local_caller(), HERE)
    assert last()[:2] == ("vault:reveal", "denied")
    count = Entry.objects.count()
    assert forget(local_caller(), HERE) is False
    assert Entry.objects.count() == count
    assert not keyring.path().exists()  # asking is no first use


def test_keeping_again_replaces_with_a_data_key_of_its_own(canary):
    keep(local_caller(), HERE, Secret(canary()))
    before = SealedSecret.objects.get()
    new = canary()
    keep(local_caller(), HERE, Secret(new))
    assert last()[2]["replaced"] is True
    after = SealedSecret.objects.get()
    assert bytes(after.wrapped) != bytes(before.wrapped)
    assert reveal(local_caller(), HERE).reveal() == new


def test_nobody_gets_nothing_but_a_job_is_somebody(canary):
    text = canary()
    keep(local_caller(), HERE, Secret(text))
    for act in (
        lambda: reveal(NOBODY, HERE),
        lambda: keep(NOBODY, HERE, Secret("x")),
        lambda: forget(NOBODY, HERE),
    ):
        with pytest.raises(PermissionDenied):
            act()
    assert reveal(Caller(None, "daily check", Via.JOB), HERE).reveal() == text


def test_a_secret_whose_use_cannot_be_recorded_is_not_revealed(canary):
    caller = local_caller()
    keep(caller, HERE, Secret(canary()))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_entry RENAME TO audit_gone")
    try:
        for act in (
            lambda: reveal(caller, HERE),
            lambda: keep(caller, THERE, Secret("x")),
            lambda: forget(caller, HERE),
        ):
            with pytest.raises(Unavailable):
                act()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE audit_gone RENAME TO audit_entry")
    assert exists(HERE)
    assert not exists(THERE)


def test_a_secret_is_not_revealed_where_its_record_could_still_be_taken_back(canary):
    keep(local_caller(), HERE, Secret(canary()))
    with transaction.atomic(), pytest.raises(RuntimeError):
        reveal(local_caller(), HERE)


def test_keeping_is_undone_with_the_transaction_that_it_is_part_of(canary):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        keep(local_caller(), HERE, Secret(canary()))
        raise ZeroDivisionError
    assert not exists(HERE)
    assert verify().ok


@pytest.mark.parametrize(
    "fields", [("sealed",), ("wrapped",), ("wrapped", "sealed"), ("wrapped", "sealed", "key_id")]
)
def test_P10_two_rows_that_are_swapped_do_not_open(canary, fields):
    for place in (HERE, THERE):
        keep(local_caller(), place, Secret(canary()))
    first, second = SealedSecret.objects.order_by("row")
    mine = {field: getattr(first, field) for field in fields}
    SealedSecret.objects.filter(pk=first.pk).update(**{field: getattr(second, field) for field in fields})
    SealedSecret.objects.filter(pk=second.pk).update(**mine)
    for place in (HERE, THERE):
        with pytest.raises(Tampered) as refused:
            reveal(local_caller(), place)
        assert last()[:2] == ("vault:reveal", "denied")
        assert refused.value.status == 503


@pytest.mark.parametrize("change", [{"table": "channel"}, {"row": 9}, {"field": "password"}])
def test_P10_a_row_that_is_moved_does_not_open(canary, change):
    keep(local_caller(), HERE, Secret(canary()))
    SealedSecret.objects.update(**change)
    moved = Place(**{"table": "connection", "row": 1, "field": "credential", **change})
    with pytest.raises(Tampered):
        reveal(local_caller(), moved)


def test_P10_a_row_that_names_another_key_of_the_ring_does_not_open(canary):
    keep(local_caller(), HERE, Secret(canary()))
    other = new_key()
    keyring.replace(Ring((*keyring.load().keys, other)))
    SealedSecret.objects.update(key_id=other.id)
    with pytest.raises(Tampered):
        reveal(local_caller(), HERE)


@pytest.fixture
def kept(canary):
    """A secret in its place, the file that opens it, and the row as it is stored."""
    text = canary()
    keep(local_caller(), HERE, Secret(text))
    return text, keyring.path().read_bytes(), SealedSecret.objects.values().get()


def gone(_):
    keyring.path().unlink()


def wrong(_):
    keyring.replace(Ring((new_key(),)))


def cut(content):
    keyring.path().write_bytes(content[:40])


def emptied(_):
    keyring.path().write_bytes(b"")


def garbled(_):
    keyring.path().write_bytes(b"\xff\x00" * 32)


def opened(_):
    keyring.path().chmod(0o644)


@pytest.mark.parametrize("harm", [gone, wrong, cut, emptied, garbled, opened])
def test_P11_without_its_keys_the_vault_is_sealed_and_nothing_is_written_over(kept, harm):
    text, content, row = kept
    harm(content)
    left = keyring.path().read_bytes() if keyring.path().exists() else None
    found = state()
    assert found.sealed
    assert found.hint
    for act in (
        lambda: reveal(local_caller(), HERE),
        lambda: keep(local_caller(), HERE, Secret("other")),
        lambda: keep(local_caller(), THERE, Secret("other")),
    ):
        with pytest.raises(Sealed) as refused:
            act()
        assert refused.value.status == 503
        assert refused.value.hint
    assert (keyring.path().read_bytes() if keyring.path().exists() else None) == left
    assert SealedSecret.objects.values().get() == row
    keyring.path().write_bytes(content)
    keyring.path().chmod(0o600)
    assert not state().sealed
    assert reveal(local_caller(), HERE).reveal() == text


def test_P11_one_missing_key_of_several_seals_too_and_forgetting_opens_again(kept):
    keyring.replace(Ring((new_key(), *keyring.load().keys)))
    text = "kept under the second key"
    keep(local_caller(), THERE, Secret(text))
    keyring.replace(Ring(keyring.load().keys[:1]))
    with pytest.raises(Sealed):
        reveal(local_caller(), THERE)
    assert forget(local_caller(), HERE)
    assert reveal(local_caller(), THERE).reveal() == text


def test_the_first_secret_makes_the_first_key():
    assert not keyring.path().exists()
    assert not state().sealed
    keep(local_caller(), HERE, Secret("something"))
    assert keyring.path().exists()


def test_neither_the_rows_nor_the_log_hold_the_secret(kept):
    row = SealedSecret.objects.get()
    assert kept[0].encode() not in bytes(row.sealed) + bytes(row.wrapped)
    assert kept[0] not in str(list(Entry.objects.values()))
