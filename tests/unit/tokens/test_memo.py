"""What was written lately is not written again, and what was rolled back is."""

from datetime import UTC, datetime, timedelta

from keyhole.tokens.memo import Memo

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
THING = (1, "address", "192.0.2.7")


def test_a_thing_is_written_once_in_an_hour():
    memo = Memo()
    assert memo.fresh({THING}, NOON) == [THING]
    memo.remember([THING], NOON)
    assert memo.fresh({THING}, NOON + timedelta(minutes=59)) == []
    assert memo.fresh({THING}, NOON + timedelta(hours=1)) == [THING]


def test_what_was_not_remembered_is_written_again():
    memo = Memo()
    assert memo.fresh({THING}, NOON) == memo.fresh({THING}, NOON) == [THING]


def test_tokens_are_told_apart_and_come_in_one_order():
    memo = Memo()
    memo.remember([THING], NOON)
    other, third = (2, *THING[1:]), (1, "agent", "git")
    assert memo.fresh({other, THING, third}, NOON) == [third, other]


def test_it_does_not_grow_for_ever(monkeypatch):
    monkeypatch.setattr("keyhole.tokens.memo._KEPT", 3)
    memo = Memo()
    for number in range(9):
        memo.remember([(number, "agent", "git")], NOON)
    assert memo.fresh({(0, "agent", "git"), (8, "agent", "git")}, NOON) == [(0, "agent", "git")]
