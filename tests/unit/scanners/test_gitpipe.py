"""git processes of a scan."""

from __future__ import annotations

import resource
import subprocess

import pytest

from keyhole.scanners.gitpipe import Git

MEMORY = 1 << 30


@pytest.fixture
def limited():
    """This process with a memory limit like that of one that scans."""
    before = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_DATA, before)


def test_git_may_take_less_memory_than_whoever_starts_it(history, limited):
    with Git(history.path).start("cat-file", "--batch", stdin=subprocess.PIPE) as process:
        soft, hard = resource.prlimit(process.pid, resource.RLIMIT_DATA)
    assert soft == hard < MEMORY * 0.8


def test_git_is_as_free_as_whoever_starts_it_where_nothing_is_limited(history):
    with Git(history.path).start("cat-file", "--batch", stdin=subprocess.PIPE) as process:
        assert (
            resource.prlimit(process.pid, resource.RLIMIT_DATA)[0]
            == resource.getrlimit(resource.RLIMIT_DATA)[0]
        )
