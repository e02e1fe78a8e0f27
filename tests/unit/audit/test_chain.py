"""Records: what they hold, and that nothing can be taken out, changed or moved unseen."""

import json

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from keyhole.audit import head
from keyhole.audit.chain import clean
from keyhole.audit.log import ALLOWED, DENIED, Draft, append
from keyhole.audit.models import Entry
from keyhole.audit.verify import verify

on_disk = pytest.mark.django_db(transaction=True)


def write(number):
    for index in range(number):
        append(Draft("token:create", ALLOWED, {"name": "alice"}, {"token": f"tool {index}", "n": index}))


@on_disk
def test_an_untouched_chain_is_whole():
    write(25)
    report = verify()
    assert (report.ok, report.entries, report.broken_at) == (True, 25, None)
    assert report.head == Entry.objects.get(seq=25).hash


@on_disk
def test_an_empty_log_is_whole():
    assert verify().ok


CHANGES = {
    "action": "token:revoke",
    "outcome": DENIED,
    "id": "ex_aaaaaaaaaaaaaaaa",
    "actor": {"name": "bob"},
    "subject": {"token": "tool 11", "n": 12},
    "token_id": 3,
    "hash": "0" * 64,
    "previous": "f" * 64,
    "at": "2020-01-01T00:00:00Z",
}


@on_disk
@pytest.mark.parametrize("field", CHANGES)
def test_a_changed_field_is_found(field):
    write(20)
    Entry.objects.filter(seq=12).update(**{field: CHANGES[field]})
    report = verify()
    assert not report.ok
    assert report.broken_at == 12


@on_disk
def test_a_changed_record_with_its_own_hash_made_right_is_found_at_the_next_one():
    from keyhole.audit.chain import digest

    write(20)
    entry = Entry.objects.get(seq=12)
    entry.subject = {"token": "another"}
    Entry.objects.filter(seq=12).update(subject=entry.subject, hash=digest(entry))
    assert verify().broken_at == 13


@on_disk
@pytest.mark.parametrize("gone", [1, 10, 19, 20])
def test_a_deleted_record_is_found_wherever_it_was(gone):
    write(20)
    Entry.objects.filter(seq=gone).delete()
    report = verify()
    assert not report.ok
    assert report.broken_at == gone


@on_disk
def test_two_records_that_changed_places_are_found():
    write(20)
    Entry.objects.filter(seq=5).update(seq=1000)
    Entry.objects.filter(seq=6).update(seq=5)
    Entry.objects.filter(seq=1000).update(seq=6)
    assert verify().broken_at == 5


@on_disk
def test_an_end_that_was_cut_off_stays_found_when_the_log_goes_on():
    write(20)
    Entry.objects.filter(seq__gt=15).delete()
    assert verify().broken_at == 16
    write(10)
    report = verify()
    assert not report.ok
    assert report.broken_at == 16
    assert Entry.objects.order_by("-seq").first().seq == 30


@on_disk
def test_a_head_file_that_is_gone_or_damaged_is_found():
    write(3)
    head.path().write_text("17 nonsense\n")
    assert not verify().ok
    head.path().unlink()
    assert not verify().ok


@on_disk
def test_a_head_that_lags_behind_a_crash_is_no_break():
    write(3)
    kept = head.path().read_bytes()
    write(4)
    head.path().write_bytes(kept)
    assert verify().ok
    head.path().write_bytes(b"")
    assert verify().ok


@on_disk
def test_a_record_goes_with_the_act_that_was_rolled_back():
    write(1)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        append(Draft("token:create", ALLOWED, {}, {}))
        raise ZeroDivisionError
    assert Entry.objects.count() == 1
    assert verify().ok
    assert head.read().seq == 1


@on_disk
def test_records_are_not_deleted_one_by_one():
    write(1)
    with pytest.raises(TypeError):
        Entry.objects.get().delete()


HOSTILE = [
    "\x00",
    "a\x1b[31mred",
    "\u202eevil",
    "\ud800",
    "</script>",
    "=cmd|'/c calc'!A1",
    "x" * 100_000,
    "\x85",
    "",
]


@on_disk
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_recorded_safely_and_verifies(text):
    append(Draft("git:refuse", DENIED, {"name": text}, {"agent": text, text[:50]: [text, {"deep": text}]}))
    stored = json.dumps(Entry.objects.get().subject)
    assert "\\u0000" not in stored
    assert "\\ud800" not in stored
    assert "\\u001b" not in stored
    assert len(stored) < 5000
    assert verify().ok


@pytest.mark.parametrize("value", [1.5, b"bytes", object(), {"a": {"b": 0.1}}, [[[[[[[[[[1]]]]]]]]]]])
def test_what_no_database_gives_back_the_same_is_refused_when_it_is_drafted(value):
    with pytest.raises(TypeError):
        Draft("a:b", ALLOWED, {}, {"value": value})


def test_an_outcome_is_one_of_two_words():
    with pytest.raises(ValueError, match="outcome"):
        Draft("a:b", "maybe", {}, {})


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(_values)
def test_cleaning_twice_changes_nothing_and_json_gives_it_back(value):
    try:
        once = clean(value)
    except TypeError:
        return  # deeper than a record may be
    assert json.loads(json.dumps(once)) == once
    assert clean(once) == once or len(str(value)) > 1000


@on_disk
def test_records_outside_of_a_transaction_are_a_defect():
    from keyhole.audit.log import Chain

    assert not connection.in_atomic_block
    with pytest.raises(RuntimeError):
        Chain()
