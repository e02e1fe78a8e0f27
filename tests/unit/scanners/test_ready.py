"""What is imported and compiled before there is an order: as much as there is time for."""

from __future__ import annotations

import subprocess
import sys

import pytest

ALWAYS = "keyhole.scanners.secrets.engine"
WHOLE = "keyhole.scanners.past"
SELDOM = "keyhole.scanners.archives.openers"


@pytest.fixture
def modules():
    """A function that gives what a process has loaded that made itself ready, with an order there or without."""

    def loaded(*, whole, order):
        code = (
            "from keyhole.scanners.orders import Orders; from keyhole.scanners.ready import get_ready\n"
            f"get_ready(whole={whole}, idle=Orders(0).none); print(*sys.modules)"
        )
        argv = [sys.executable, "-S", "-c", f"import sys; sys.path[:] = {sys.path!r}\n{code}"]
        with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            if order:
                process.stdin.write("{}\n")
                process.stdin.flush()
            names = process.stdout.read().split()  # to its end: the process writes no more than this
        assert process.returncode == 0
        return set(names)

    return loaded


def test_who_reads_the_newest_commit_alone_needs_no_past(modules):
    loaded = modules(whole=False, order=False)
    assert ALWAYS in loaded
    assert not {WHOLE, SELDOM} & loaded


def test_an_order_is_not_kept_waiting_for_what_few_repositories_have(modules):
    loaded = modules(whole=True, order=True)
    assert {ALWAYS, WHOLE} <= loaded
    assert SELDOM not in loaded


def test_with_time_left_there_is_what_few_repositories_have_too(modules):
    assert {ALWAYS, WHOLE, SELDOM} <= modules(whole=True, order=False)
