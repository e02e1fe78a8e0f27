"""What git is asked for ahead of the scan is what it would say later, by a process that is held in already."""

from __future__ import annotations

import os
import signal
import socket
from contextlib import ExitStack, contextmanager
from io import BufferedReader, BytesIO
from types import SimpleNamespace

import pytest

from keyhole.scanners import ahead as module
from keyhole.scanners import worker
from keyhole.scanners.ahead import Ahead
from keyhole.scanners.gitpipe import Git
from keyhole.scanners.head import Head
from keyhole.scanners.limits import Limits
from keyhole.scanners.objects import Trouble
from keyhole.scanners.registry import chosen
from keyhole.scanners.tree import listed
from tests.unit.scanners.growing import Quiet

ROOMY = Limits(memory_bytes=64 << 30)
"""What runs all tests may hold more than a scan may."""


def files(git, begun=None):
    trouble = Trouble()
    found = list(listed(git, trouble, lambda _done, _total: None, sizes=True, begun=begun))
    return found, trouble.counts


def test_it_says_what_git_says_later(history):
    commit = history.commit({f"folder/{number}\n": b"1" * number for number in range(2000)})
    git = Git(history.path)
    with Ahead(git, ROOMY) as ahead:
        assert ahead.newest() == b"%b,1700000060\n" % commit.encode()
        assert git.folder() == git.facts().folder
        assert files(git, ahead) == files(git)
        assert ahead.wait() == 0


def test_what_git_cannot_list_whole_is_not_taken_for_all(history):
    history.commit({"a": b"1", "folder/b": b"2"})
    tree = history.git("rev-parse", "main:folder")
    (history.path / "objects" / tree[:2] / tree[2:]).unlink()
    git = Git(history.path)
    with Ahead(git, ROOMY) as ahead:
        ahead.newest()
        assert files(git, ahead) == files(git)
        assert files(git)[1] == {"the files of the commit could not all be listed": 1}


def dies(_git, **_options):
    os.kill(os.getpid(), signal.SIGKILL)


def test_where_it_dies_git_is_asked_again(history, monkeypatch):
    commit = history.commit({"a": b"1"})
    monkeypatch.setattr(module, "listing", dies)
    git, trouble = Git(history.path), Trouble()
    with Ahead(git, ROOMY) as ahead:
        head = Head(git, {}, ROOMY, trouble, Quiet(), ahead)
        facts = head.facts()
        assert facts.commit == commit
        head.read(facts)
    assert head.objects == 1
    assert not trouble.counts


def test_where_no_process_can_be_had_git_is_asked_later(history, monkeypatch):
    def refused():
        raise BlockingIOError

    monkeypatch.setattr(os, "fork", refused)
    assert worker._ahead(Git(history.path), chosen(["secrets"]), ROOMY, ExitStack()) is None


def test_where_nobody_looks_at_what_it_lists_it_is_not_asked(history):
    assert worker._ahead(Git(history.path), chosen(["dependencies"]), ROOMY, ExitStack()) is None


def test_it_is_held_in_before_git_starts(history, monkeypatch):
    @contextmanager
    def tries(_git, **_options):
        try:
            socket.socket()
        except PermissionError:
            said = b"refused"
        else:
            said = b"opened"
        yield SimpleNamespace(stdout=BufferedReader(BytesIO(said)), wait=lambda: 0)

    monkeypatch.setattr(module, "listing", tries)
    with Ahead(Git(history.path), ROOMY) as ahead:
        ahead.newest()
        assert ahead.stdout.read() == b"refused"
    socket.socket().close()  # and this process is not


def test_nothing_of_it_is_left_whether_it_was_listened_to_or_not(history):
    history.commit({f"{number}": b"1" for number in range(20_000)})  # more than a pipe holds
    with Ahead(Git(history.path), ROOMY) as ahead:
        process = ahead._process
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    assert ahead.stdout.closed
