"""A process that outlives the tests which started it fails the run: tried on whole test runs of their own."""

from __future__ import annotations

import re

import psutil
import pytest

from tests.conventions.test_canary import project, run  # noqa: F401 - a fixture

BODY = """
import subprocess

def test_child():
    print(subprocess.Popen(["sleep", "611"], start_new_session=True).pid)

def test_orphan():
    subprocess.run(["sh", "-c", "sleep 612 >/dev/null 2>&1 &"], check=True)

def test_ended():
    subprocess.run(["sleep", "0"], check=True)
    subprocess.Popen(["true"])
"""


def lives(number):
    try:
        return psutil.Process(number).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize("workers", ["0", "2"])
def test_what_is_left_running_is_told_with_its_test_and_ended(project, workers):  # noqa: F811
    result = run(project, BODY, "-n", workers)
    assert result.returncode == pytest.ExitCode.TESTS_FAILED, result.stdout
    told = re.findall(
        r"^E +(?:AssertionError: )?(\d+): (.+) \(started by .*::(\w+) ", result.stdout, re.MULTILINE
    )
    assert {each[1:] for each in told} == {("sleep 611", "test_child"), ("sleep 612", "test_orphan")}
    assert not any(lives(int(number)) for number, *_ in told)
