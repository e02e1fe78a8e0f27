"""What a child says is taken in lines and in bytes, and for no longer than it may take."""

from __future__ import annotations

import os
import threading

import pytest

from keyhole.scanners import said as module
from keyhole.scanners.progress import Progress
from keyhole.scanners.said import Ended, Said, decoded, understood


@pytest.fixture
def pipe():
    from_, to = os.pipe()
    with open(from_, "rb") as reader, open(to, "wb", buffering=0) as writer:  # noqa: PTH123  # a number, no path
        yield reader, writer


def listening(reader, seconds=30.0, stop=None):
    return Said(reader, seconds, stop or threading.Event())


def test_lines_and_bytes_follow_each_other(pipe):
    reader, writer = pipe
    writer.write(b"one\n\nab\ncdtwo\nthe rest")
    writer.close()
    said = listening(reader)
    assert (said.line(), said.line(), said.exactly(5), said.line()) == (b"one", b"", b"ab\ncd", b"two")
    assert said.line() is None
    assert said.exactly(20) == b"the rest"


def test_a_line_without_an_end_is_given_up(pipe, monkeypatch):
    reader, writer = pipe
    monkeypatch.setattr(module, "_LONGEST_LINE", 10)
    writer.write(b"x" * 100)
    with pytest.raises(Ended, match="too much"):
        listening(reader).line()


def test_silence_ends_at_the_deadline_and_when_told_to_stop(pipe):
    reader, _ = pipe
    with pytest.raises(Ended, match="out of time"):
        listening(reader, -1).line()
    stop = threading.Event()
    stop.set()
    with pytest.raises(Ended, match="stopped"):
        listening(reader, stop=stop).exactly(1)


def test_its_time_can_begin_anew(pipe):
    reader, writer = pipe
    writer.write(b"one\n")
    said = listening(reader, 30)
    said._deadline -= 60
    with pytest.raises(Ended, match="out of time"):
        said.line()
    said.begin()
    assert said.line() == b"one"


@pytest.mark.parametrize("line", [b"", b"[]", b"{}", b"3", b"[" * 100_000, b"\xff", b'{"a"'])
def test_a_line_that_is_nothing_of_ours_ends_it(line):
    with pytest.raises(Ended):
        understood(line)


def test_what_does_not_fit_exactly_ends_it():
    assert understood(b'{"progress":{"phase":"reading"}}') == ("progress", {"phase": "reading"})
    with pytest.raises(Ended):
        decoded(Progress, {"phase": "reading"})
