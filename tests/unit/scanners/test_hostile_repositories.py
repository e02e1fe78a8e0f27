"""What a repository that was made to do harm cannot do: hide, escape, run, reach out, or look clean."""

from __future__ import annotations

import os

import pytest

from keyhole.core.terms import Status
from keyhole.scanners.limits import Limits
from keyhole.scanners.secrets.shapes import make
from tests.unit.scanners.conftest import git, only


def test_a_git_bomb_is_read_in_a_moment_and_its_secret_found(history, token, scan):
    blob = history.git("hash-object", "-w", "--stdin", stdin=token)
    tree = history.git("mktree", stdin=f"100644 blob {blob}\tleaf\n".encode())
    for _ in range(12):  # 10 to the power of 12 paths
        tree = history.git("mktree", stdin="".join(f"040000 tree {tree}\td{n}\n" for n in range(10)).encode())
    commit = history.git("commit-tree", tree, "-m", "bomb")
    history.git("update-ref", "refs/heads/main", commit)
    result = scan(history, limits=Limits(seconds=60))
    assert result.objects == 2
    assert (
        result.verdict
        == "1 finding, incomplete (history is too wide: not every place of each finding is named)"
    )
    where = result.findings[0].locations[0]
    assert (where.commit, where.path) == (commit, "d0/" * 12 + "leaf")


def test_a_tree_four_thousand_deep_is_read_to_its_end(history, token, scan):
    history.commit({"d/" * 4000 + "end": token})
    result = scan(history)
    assert [finding.rule for finding in result.findings] == ["github-personal-token"]
    assert 4096 <= len(result.findings[0].locations[0].path) < 5000


def test_a_link_is_its_text_and_is_never_followed(history, token, scan, tmp_path):
    outside = tmp_path / "planted" / "outside"
    outside.write_bytes(token)
    history.commit(
        {"link": str(outside).encode(), "passwd": b"/etc/passwd", "loop": b"loop"},
        modes={"link": "120000", "passwd": "120000", "loop": "120000"},
    )
    assert scan(history).clean


def test_a_submodule_is_not_fetched(history, scan):
    history.commit({".gitmodules": b'[submodule "x"]\n\tpath = x\n\turl = ext::touch /tmp/never\n'})
    tree = history.git("mktree", stdin=b"160000 commit " + b"1" * 40 + b"\tx\n")
    history.git("update-ref", "refs/heads/sub", history.git("commit-tree", tree, "-m", "sub"))
    assert scan(history).clean


def test_nothing_that_the_repository_configures_runs(history, token, scan, tmp_path):
    canary, program = tmp_path / "canary", tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {canary}\n")
    program.chmod(0o755)
    history.commit({"a": token, ".gitattributes": b"* filter=evil diff=evil\n"})
    (history.path / "info" / "attributes").write_text("* filter=evil diff=evil\n")
    with (history.path / "config").open("a") as config:
        config.write(
            f"[core]\n fsmonitor={program}\n hooksPath={tmp_path}\n pager={program}\n sshCommand={program}\n"
            f'[filter "evil"]\n smudge={program}\n process={program}\n'
            f'[diff "evil"]\n textconv={program}\n command={program}\n[diff]\n external={program}\n'
            f"[log]\n showSignature=true\n[gpg]\n program={program}\n"
            f'[extensions]\n partialClone=origin\n[remote "origin"]\n url=ext::{program}\n promisor=true\n'
        )
    assert only(scan(history)).rule == "github-personal-token"
    assert not canary.exists()


def test_replaced_and_grafted_history_hides_nothing(history, token, scan):
    guilty = history.commit({"a": token})
    last = history.commit({"a": b"clean\n"})
    innocent = history.commit({"b": b"1"}, branch="innocent", parents=[])
    history.git("update-ref", f"refs/replace/{last}", innocent)
    (history.path / "info").mkdir(exist_ok=True)
    (history.path / "info" / "grafts").write_text(f"{last}\n")
    assert only(scan(history)).locations[0].commit == guilty


def test_borrowed_objects_are_not_read_and_the_scan_says_so(history, scan, token, tmp_path):
    history.commit({"a": token})
    thief = tmp_path / "planted" / "thief.git"
    git(tmp_path, "init", "-q", "--bare", str(thief))
    (thief / "objects" / "info" / "alternates").write_text(f"{history.path}/objects\n")
    (thief / "refs" / "heads" / "main").write_text(history.tip() + "\n")
    result = scan(thief)
    assert not result.findings
    assert "alternates" in result.verdict


def test_an_object_too_large_makes_the_scan_incomplete(history, token, scan):
    history.commit({"small": token, "large": os.urandom(3 << 20)})
    result = scan(history, limits=Limits(object_bytes=1 << 20))
    assert result.verdict == "1 finding, incomplete (an object larger than 1 MiB was not read: large)"


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(objects=2), "more than 2 objects"),
        (Limits(total_bytes=10), "was not read"),
        (Limits(findings=1), "more than 1 findings"),
        (Limits(seconds=0), "time limit of 0 seconds"),
        (Limits(memory_bytes=8 << 20), ""),
    ],
)
def test_every_limit_that_cuts_something_off_is_told(history, token, scan, limits, reason):
    history.commit({"a": token, "b": make("npm_<alnum:36>", 1).encode(), "c": b"3"})
    result = scan(history, limits=limits)
    assert result.status is Status.INCOMPLETE
    assert not result.clean
    assert reason in result.verdict


def test_one_damaged_object_is_told_and_the_others_are_read(history, token, scan):
    history.commit({"a": token, "b": b"to be damaged\n"})
    blob = history.git("rev-parse", "main:b")
    history.git("repack", "-adq")
    for pack in (history.path / "objects" / "pack").glob("*.pack"):
        loose = pack.read_bytes()
        pack.rename(history.path / "moved.pack")
        git(history.path, "unpack-objects", "-q", stdin=loose)
    for left in (history.path / "objects" / "pack").iterdir():
        left.unlink()
    damaged = history.path / "objects" / blob[:2] / blob[2:]
    damaged.chmod(0o644)
    damaged.write_bytes(b"this is not zlib")
    result = scan(history)
    assert [finding.rule for finding in result.findings] == ["github-personal-token"]
    assert "damaged" in result.verdict


def test_a_missing_commit_is_told_and_what_is_there_is_read(history, token, scan):
    missing = history.commit({"a": b"1"})
    history.commit({"b": token})
    loose = history.path / "objects" / missing[:2] / missing[2:]
    loose.unlink()
    result = scan(history)
    assert [finding.rule for finding in result.findings] == ["github-personal-token"]
    assert result.status is Status.INCOMPLETE


def test_no_repository_is_incomplete_not_clean(tmp_path, scan):
    result = scan(tmp_path)
    assert result.verdict == "incomplete (git does not take this for a repository)"
