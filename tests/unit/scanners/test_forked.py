"""Parts of a task in forked processes: all come back, one that dies is missed, none is left."""

from __future__ import annotations

import os
import signal

import pytest

from keyhole.scanners.forked import shared


def nothing():
    return None


def test_every_part_comes_back_once():
    with shared(50, lambda part: {"square": part * part, "by": os.getpid()}, 3) as pool:
        answers = dict(pool.results(nothing))
    assert {part: answer["square"] for part, answer in answers.items()} == {n: n * n for n in range(50)}
    assert os.getpid() not in {answer["by"] for answer in answers.values()}


def test_long_answers_come_whole():
    with shared(4, lambda part: "x" * (3_000_000 + part), 2) as pool:
        assert {part: len(text) for part, text in pool.results(nothing)} == {
            n: 3_000_000 + n for n in range(4)
        }


def test_a_part_whose_process_dies_is_missing_and_the_others_are_not():
    def work(part):
        if part == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return part

    with shared(6, work, 2) as pool:
        assert dict(pool.results(nothing)).keys() == {0, 1, 3, 4, 5}


def test_an_error_in_a_part_ends_its_process_only():
    def work(part):
        if part == 0:
            raise ValueError
        return part

    with shared(3, work, 2) as pool:
        assert dict(pool.results(nothing)).keys() == {1, 2}


def test_nothing_runs_on_after_the_block():
    with shared(8, lambda part: signal.pause(), 2) as pool:
        processes = [worker.process for worker in pool._workers]
        assert len(processes) == 2
    for process in processes:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def test_whoever_waits_may_end_it():
    def waiting():
        raise TimeoutError

    with shared(2, lambda part: signal.pause(), 2) as pool, pytest.raises(TimeoutError):
        list(pool.results(waiting))


def test_no_parts_no_processes():
    with shared(0, lambda part: part, 2) as pool:
        assert list(pool.results(nothing)) == []


def test_with_no_processes_this_one_does_it():
    told = []
    with shared(3, lambda part: (part, os.getpid()), 0) as pool:
        assert list(pool.results(lambda: told.append(1))) == [
            (part, (part, os.getpid())) for part in range(3)
        ]
    assert len(told) == 3


def test_each_process_first_does_what_is_to_be_done_with_its_number():
    begun = []
    with shared(20, lambda _part: [*begun, os.getpid()], 3, begun.append) as pool:
        answers = [answer for _, answer in pool.results(nothing)]
    assert not begun
    by = {process: number for number, process in answers}
    assert len(by) == len(set(by.values()))
    assert all([number, process] in answers for process, number in by.items())
    assert set(by.values()) <= {0, 1, 2}
