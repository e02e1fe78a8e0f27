"""What keeps a program from looking at the others is found, within limits."""

from __future__ import annotations

import pytest

from keyhole.scanners.programs import halves
from keyhole.scanners.programs.halves import Failed, Left, tried

NAMES = [str(number) for number in range(20_000)]


class Program:
    """Comes to nothing with any of these."""

    def __init__(self, *wrong, started=True):
        self.wrong, self.started = set(wrong), started
        self.seen, self.runs = [], 0

    def __call__(self, names, seconds):
        self.runs += 1
        if self.wrong & set(names):
            return Failed("fell over", self.started)
        self.seen += names
        return None


def test_one_run_is_enough_where_nothing_is_wrong():
    program = Program()
    assert tried(NAMES, program) == Left({}, {})
    assert (program.runs, program.seen) == (1, NAMES)


@pytest.mark.parametrize("wrong", [("0",), ("19999",), ("7", "12345"), ("1", "2", "3")])
def test_only_what_is_wrong_is_left_out(wrong):
    program = Program(*wrong)
    assert tried(NAMES, program) == Left(dict.fromkeys(wrong, "fell over"), {})
    assert len(program.seen) == len(set(program.seen)) == len(NAMES) - len(wrong)
    assert program.runs <= halves.MOST_RUNS + 1


def test_what_is_wrong_everywhere_is_not_looked_for_for_long():
    program = Program(*NAMES)
    assert tried(NAMES, program) == Left({}, {"fell over": len(NAMES)})
    assert program.runs == 15


def test_the_largest_parts_are_seen_before_there_is_no_more_to_try():
    program = Program(*NAMES[:5000:300])
    left = tried(NAMES, program)
    assert program.runs <= halves.MOST_RUNS + 1
    assert len(left.alone) + sum(left.others.values()) + len(program.seen) == len(NAMES)
    assert len(program.seen) > len(NAMES) // 2


def test_time_ends_it(monkeypatch):
    monkeypatch.setattr(halves, "SECONDS", 0.0)
    program = Program("3")
    assert tried(NAMES, program) == Left({}, {"fell over": len(NAMES)})
    assert program.runs == 1


def test_what_does_not_start_is_not_tried_again():
    program = Program("3", started=False)
    assert tried(["3"], program) == Left({}, {"fell over": 1})
    assert program.runs == 1
