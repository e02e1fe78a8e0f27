"""A repository whose own config tries to run programs: none runs, whichever allowed command reads it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from keyhole.core.git_safety import ALLOWED_COMMANDS, git_argv, git_env


def _git(git_dir, *args, stdin=b"", **options):
    argv = git_argv(git_dir, *args, **options)
    return subprocess.run(argv, env=git_env(), input=stdin, capture_output=True, timeout=30, check=False)


def _said(done):
    return done.stdout.decode().strip()


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    return tmp_path / "canary"


@pytest.fixture
def hostile(tmp_path: Path, canary: Path) -> Path:
    """A bare repository with one commit whose config names a program wherever git would run one."""
    repository = tmp_path / "hostile.git"
    assert _git(None, "init", "-q", "--bare", str(repository)).returncode == 0
    attributes = b"* filter=evil diff=evil\n"
    blob = _said(_git(repository, "hash-object", "-w", "--stdin", stdin=attributes))
    tree = _said(_git(repository, "mktree", stdin=f"100644 blob {blob}\t.gitattributes\n".encode()))
    identity = {"user.name": "Mallory", "user.email": "m@example.org"}
    commit = _said(_git(repository, "commit-tree", tree, stdin=b"one\n", config=identity))
    assert _git(repository, "update-ref", "refs/heads/main", commit).returncode == 0
    (repository / "info" / "attributes").write_bytes(attributes)
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {canary}\n")
    program.chmod(0o755)
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for hook in (
        "pre-receive",
        "update",
        "post-receive",
        "post-update",
        "proc-receive",
        "post-checkout",
        "reference-transaction",
        "pre-auto-gc",
    ):
        os.link(program, hooks / hook)
    with (repository / "config").open("a") as config:
        config.write(f"""
[core]
\tfsmonitor = {program}
\thooksPath = {hooks}
\tsshCommand = {program}
\taskPass = {program}
\tpager = {program}
\teditor = {program}
\talternateRefsCommand = {program}
[uploadpack]
\tpackObjectsHook = {program}
[filter "evil"]
\tsmudge = {program}
\tclean = {program}
\tprocess = {program}
\trequired = true
[diff "evil"]
\tcommand = {program}
\ttextconv = {program}
[diff]
\texternal = {program}
[log]
\tshowSignature = true
[gpg]
\tprogram = {program}
[protocol "ext"]
\tallow = always
[protocol "file"]
\tallow = always
[remote "origin"]
\turl = ext::{program}
\tpromisor = true
\tuploadpack = {program}
[extensions]
\tpartialClone = origin
[credential]
\thelper = "!{program}"
[receive]
\tdenyCurrentBranch = updateInstead
[tar "tgz"]
\tcommand = {program}
""")
    return repository


@pytest.mark.parametrize(
    "args",
    [
        ("rev-list", "--objects", "--all"),
        ("cat-file", "-p", "main"),
        ("cat-file", "-p", "deadbeefdeadbeefdeadbeefdeadbeefdeadbeef"),
        ("log", "-p", "--all"),
        ("show", "main"),
        ("diff-tree", "-p", "--root", "main"),
        ("ls-tree", "-r", "main"),
        ("for-each-ref",),
        ("ls-remote", "origin"),
        ("fetch", "origin"),
        ("fsck",),
        ("update-ref", "refs/heads/other", "main"),
    ],
    ids=" ".join,
)
def test_no_program_of_the_repository_runs(hostile: Path, canary: Path, args: tuple[str, ...]) -> None:
    _git(hostile, *args)
    assert not canary.exists()


@pytest.mark.parametrize(
    "args",
    [
        ("log", "-p", "--all"),
        ("archive", "main"),
        ("ls-remote", "origin"),
    ],
    ids=" ".join,
)
def test_the_canary_is_seen_without_the_hardening(hostile, canary, args):
    subprocess.run(["git", f"--git-dir={hostile}", *args], capture_output=True, timeout=30, check=False)
    assert canary.exists()


@pytest.mark.parametrize("form", ["tar", "zip", "tgz"])
def test_archive_runs_no_filter_that_was_named(hostile: Path, canary: Path, form: str) -> None:
    done = _git(hostile, "archive", f"--format={form}", "main", filters=["evil"])
    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert not canary.exists()


def test_archive_without_the_filters_named_is_refused() -> None:
    with pytest.raises(ValueError, match="filters"):
        git_argv("/x", "archive", "HEAD")


def test_serving_a_clone_works_and_runs_nothing(hostile: Path, canary: Path) -> None:
    commit = _said(_git(hostile, "rev-parse", "main"))
    request = f"0032want {commit}\n00000009done\n".encode()
    served = _git(hostile, "upload-pack", "--stateless-rpc", str(hostile), stdin=request)
    assert served.returncode == 0, served.stderr
    assert b"PACK" in served.stdout
    assert not canary.exists()


def test_receiving_a_push_runs_no_hook(hostile: Path, canary: Path) -> None:
    commit = _said(_git(hostile, "rev-parse", "main"))
    command = f"{'0' * 40} {commit} refs/heads/new\0report-status".encode()
    packed = _git(hostile, "pack-objects", "--stdout").stdout
    request = f"{len(command) + 4:04x}".encode() + command + b"0000" + packed
    done = _git(hostile, "receive-pack", "--stateless-rpc", str(hostile), stdin=request)
    assert b"ok refs/heads/new" in done.stdout, (done.stdout, done.stderr)
    assert not canary.exists()


def test_a_hooks_folder_of_ours_can_be_given() -> None:
    argv = git_argv("/x", "receive-pack", "/x", config={"core.hooksPath": "/ours"})
    assert "core.hooksPath=/ours" in argv
    assert "core.hooksPath=/dev/null" not in argv


@pytest.mark.parametrize(
    "command",
    [
        "checkout",
        "add",
        "status",
        "submodule",
        "daemon",
        "gc",
        "-c",
        "--exec-path=/x",
        "",
    ],
)
def test_a_command_that_may_run_drivers_is_refused(command: str) -> None:
    assert command not in ALLOWED_COMMANDS
    with pytest.raises(ValueError, match="not allowed"):
        git_argv("/x", command)


@pytest.mark.parametrize("option", ["--textconv", "--filters", "--ext-diff"])
def test_options_that_run_drivers_are_refused(option: str) -> None:
    with pytest.raises(ValueError, match="drivers"):
        git_argv("/x", "cat-file", option, "HEAD:x")


def test_the_environment_is_ours_alone() -> None:
    environment = git_env()
    assert environment["GIT_CONFIG_NOSYSTEM"] == "1"
    assert environment["GIT_ALLOW_PROTOCOL"] == ""
    assert git_env(allow_protocols=("https",))["GIT_ALLOW_PROTOCOL"] == "https"
    assert not {"SSH_AUTH_SOCK", "GIT_DIR", "GIT_PROXY_COMMAND", "USER"} & set(environment)
