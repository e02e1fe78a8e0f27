"""Orders come line by line, however the pipe cuts them, and it is known whether one waits."""

from __future__ import annotations

import os

import pytest

from keyhole.scanners.orders import Orders


@pytest.fixture
def ends():
    reading, writing = os.pipe()
    opened = [reading, writing]
    yield Orders(reading), writing, opened
    for descriptor in opened:
        os.close(descriptor)


def test_lines_come_one_by_one_whatever_comes_together(ends):
    orders, writing, _ = ends
    os.write(writing, b"one\ntwo\nthr")
    assert orders.line() == b"one"
    assert orders.line() == b"two"
    os.write(writing, b"ee\n")
    assert orders.line() == b"three"


def test_whether_there_is_none(ends):
    orders, writing, opened = ends
    assert orders.none()
    os.write(writing, b"one\ntwo\n")
    assert not orders.none()
    orders.line()
    assert not orders.none()  # though nothing is left in the pipe
    orders.line()
    assert orders.none()
    os.close(writing)
    opened.remove(writing)
    assert not orders.none()  # the end is to be heard


def test_at_the_end_there_is_nothing(ends):
    orders, writing, opened = ends
    os.write(writing, b"one\nnot all of tw")
    os.close(writing)
    opened.remove(writing)
    assert orders.line() == b"one"
    assert orders.line() == b""
    assert orders.line() == b""
