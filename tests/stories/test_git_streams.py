"""Transfers that end early, and what they leave behind: nothing. And what runs while they run: nothing of others'."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from tests import canaries

PATIENCE = 60


@pytest.fixture(scope="module")
def keyhole(keyhole_server):
    git_dir = keyhole_server.make_repo("stream/large")
    work = keyhole_server.folder / "large"
    keyhole_server.git("clone", "-q", str(git_dir), str(work))
    keyhole_server.git(
        "config", "core.compression", "0", at=work
    )  # random bytes: trying would only take time
    for number in range(12):
        (work / f"{number}.bin").write_bytes(os.urandom(4_000_000))  # does not compress: 48 MB on the wire
    keyhole_server.commit(work, {"a": "1"})
    keyhole_server.git("push", "-q", "origin", "main", at=work)
    keyhole_server.make_repo("stream/small")
    return keyhole_server


@pytest.fixture
def reader(keyhole):
    return keyhole.token("stream/large", "stream/small", contents="read")


def _children(keyhole) -> list[psutil.Process]:
    found = []
    for child in psutil.Process(keyhole.process.pid).children(recursive=True):
        try:
            if child.name().startswith("git"):
                found.append(child)
        except psutil.NoSuchProcess:
            continue
    return found


def _until(condition, why):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError(why)


def _fetch_request(keyhole, token) -> bytes:
    git_dir = keyhole.repositories / "stream/large.git"
    tip = keyhole.git(f"--git-dir={git_dir}", "rev-parse", "main").stdout.strip()
    body = f"0032want {tip}\n00000009done\n".encode()
    return (
        f"POST /stream/large.git/git-upload-pack HTTP/1.1\r\nHost: k\r\nAuthorization: {token.header}\r\n"
        f"Content-Type: application/x-git-upload-pack-request\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def _open_clone(keyhole, token) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", keyhole.port), timeout=20)
    client.sendall(_fetch_request(keyhole, token))
    assert client.recv(64).startswith(b"HTTP/1.1 200")
    return client


def test_G21_a_client_that_goes_away_takes_its_git_processes_with_it(keyhole, reader):
    clients = [_open_clone(keyhole, reader) for _ in range(4)]
    assert _children(keyhole)
    for client in clients:
        client.close()
    _until(lambda: not _children(keyhole), "git processes outlived their clients")
    zombies = [
        child
        for child in psutil.Process(keyhole.process.pid).children(recursive=True)
        if child.status() == psutil.STATUS_ZOMBIE
    ]
    assert zombies == []


def test_P5_a_clone_in_flight_ends_once_its_token_is_revoked(keyhole, reader):
    client = _open_clone(keyhole, reader)
    taken = 0
    keyhole.do("revoke", number=reader.id)
    revoked = time.monotonic()
    # Slowly, so that the clone would last half a minute.
    while time.monotonic() - revoked < PATIENCE and (piece := _receive(client)):
        taken += len(piece)
        time.sleep(0.01)
    assert taken < 40_000_000
    _until(lambda: not _children(keyhole), "git processes outlived the token")
    assert keyhole.http("GET", "/stream/large.git/info/refs?service=git-upload-pack", reader)[0] == 401


def _receive(client: socket.socket) -> bytes:
    try:
        return client.recv(16384)
    except ConnectionResetError:
        return b""


def test_a_clone_in_flight_survives_the_rotation_of_its_token_and_new_ones_need_the_new_text(keyhole, reader):
    client = _open_clone(keyhole, reader)
    new = replace(reader, text=keyhole.do("rotate", number=reader.id))
    canaries.watch("rotated token", new.text)
    address = "/stream/large.git/info/refs?service=git-upload-pack"
    assert keyhole.http("GET", address, reader)[0] == 200
    assert keyhole.http("GET", address, new)[0] == 200
    assert keyhole.http("GET", address, reader)[0] == 401
    taken, end = 0, b""
    while not end.endswith(b"\r\n0\r\n\r\n") and (piece := client.recv(1 << 20)):
        taken, end = taken + len(piece), (end + piece)[-16:]
    assert end.endswith(b"\r\n0\r\n\r\n")
    assert taken > 48_000_000


def test_a_clone_in_flight_ends_once_its_token_is_paused(keyhole, reader):
    client = _open_clone(keyhole, reader)
    keyhole.do("pause", number=reader.id)
    paused, taken = time.monotonic(), 0
    while time.monotonic() - paused < PATIENCE and (piece := _receive(client)):
        taken += len(piece)
        time.sleep(0.01)
    assert taken < 40_000_000
    assert keyhole.http("GET", "/stream/large.git/info/refs?service=git-upload-pack", reader)[0] == 403


def test_a_clone_that_was_cut_is_noticed_by_git(keyhole, reader):
    target = keyhole.folder / "cut"
    process = subprocess.Popen(
        [
            "git",
            "-c",
            f"http.extraHeader=Authorization: {reader.header}",
            "clone",
            "-q",
            f"{keyhole.url}/stream/large.git",
            str(target),
        ],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    _until(lambda: list(target.glob(".git/objects/pack/tmp_pack_*")), "the clone did not begin")
    while process.poll() is None:
        for child in _children(keyhole):
            with suppress(psutil.NoSuchProcess):
                child.kill()
    _, said = process.communicate(timeout=60)
    assert process.returncode != 0, said
    assert not (target / "0.bin").exists()


def test_G12_a_push_that_breaks_off_leaves_nothing(keyhole):
    writer = keyhole.token("stream/small", contents="write")
    git_dir = keyhole.repositories / "stream/small.git"
    before = sorted(path.name for path in git_dir.rglob("*"))
    line = f"{'0' * 40} {'a' * 40} refs/heads/x\0report-status"
    commands = f"{len(line) + 4:04x}{line}0000".encode()
    pack = b"PACK\0\0\0\2\0\0\3\0" + os.urandom(10)
    head = (
        f"POST /stream/small.git/git-receive-pack HTTP/1.1\r\nHost: k\r\nAuthorization: {writer.header}\r\n"
        "Content-Type: application/x-git-receive-pack-request\r\nContent-Length: 1000000\r\n\r\n"
    ).encode()
    with socket.create_connection(("127.0.0.1", keyhole.port), timeout=20) as client:
        client.sendall(head + commands + pack)
        _until(lambda: list((git_dir / "objects").glob("tmp_objdir-*")), "the push did not begin")
    _until(lambda: not _children(keyhole), "git processes outlived the push")
    _until(lambda: not list((git_dir / "objects").glob("tmp_objdir-*")), "the push left files behind")
    assert sorted(path.name for path in git_dir.rglob("*")) == before


def test_no_token_is_ever_in_a_process_list(keyhole, reader):
    seen: set[str] = set()
    stop = threading.Event()

    def look():
        while not stop.is_set():
            for child in psutil.Process(keyhole.process.pid).children(recursive=True):
                try:
                    seen.add(
                        " ".join(child.cmdline()) + " ".join(f"{k}={v}" for k, v in child.environ().items())
                    )
                except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
                    continue

    watcher = threading.Thread(target=look)
    watcher.start()
    keyhole.clone("stream/large", reader)
    stop.set()
    watcher.join()
    assert any("upload-pack" in line for line in seen)
    assert not [line for line in seen if reader.text in line or "Authorization" in line]


def test_L4_more_clones_than_places_wait_and_all_succeed(keyhole, reader):
    results: list[int] = []
    most = 0

    def clone(number):
        target = keyhole.folder / f"parallel-{number}"
        done = subprocess.run(
            [
                "git",
                "-c",
                f"http.extraHeader=Authorization: {reader.header}",
                "clone",
                "-q",
                f"{keyhole.url}/stream/small.git",
                str(target),
            ],
            capture_output=True,
            check=False,
        )
        results.append(done.returncode)

    threads = [threading.Thread(target=clone, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        most = max(most, sum(1 for child in _children(keyhole) if "upload-pack" in " ".join(_line(child))))
    assert results == [0] * 24
    assert most <= 32  # 16 places; `git` and the `git-upload-pack` it becomes may both be counted


def _line(child: psutil.Process) -> list[str]:
    try:
        return child.cmdline()
    except psutil.NoSuchProcess:
        return []


def test_G18_a_repository_whose_config_runs_programs_runs_none(keyhole):
    canary = keyhole.folder / "ran"
    program = keyhole.folder / "evil.sh"
    program.write_text(f'#!/bin/sh\necho "$0 $*" >> {canary}\ncat\n')
    program.chmod(0o755)
    git_dir = keyhole.make_repo("stream/hostile")
    hooks = git_dir / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in (
        "pre-receive",
        "update",
        "post-receive",
        "post-update",
        "reference-transaction",
        "proc-receive",
        "push-to-checkout",
        "pre-auto-gc",
    ):
        (hooks / name).write_bytes(program.read_bytes())
        (hooks / name).chmod(0o755)
    included = keyhole.folder / "included"
    included.write_text(f"[core]\n\tfsmonitor = {program}\n\thooksPath = {hooks}\n")
    with (git_dir / "config").open("a") as config:
        config.write(
            f"[core]\n\tfsmonitor = {program}\n\thooksPath = {hooks}\n\tsshCommand = {program}\n"
            f"\talternateRefsCommand = {program}\n\tpager = {program}\n[include]\n\tpath = {included}\n"
            f"[uploadpack]\n\tpackObjectsHook = {program}\n\tallowAnySHA1InWant = true\n"
            f"[receive]\n\tprocReceiveRefs = refs/heads\n\tadvertisePushOptions = true\n"
            f"\tcertNonceSeed = x\n[gpg]\n\tprogram = {program}\n[gc]\n\trecentObjectsHook = {program}\n"
        )
    token = keyhole.token("stream/hostile", contents="write")
    work = keyhole.clone("stream/hostile", token)
    keyhole.commit(work, {f"f{number}": "1" for number in range(120)})
    keyhole.git("push", "-q", "origin", "main", at=work, token=token)
    assert not canary.exists(), canary.read_text()
    _, _, body = keyhole.http("GET", "/stream/hostile.git/info/refs?service=git-receive-pack", token)
    assert b"push-options" not in body
    assert b"push-cert" not in body


def test_one_verdict_is_on_record_for_every_step_of_a_clone(keyhole, reader):
    keyhole.clone("stream/small", reader)
    assert keyhole.do("audit_ok")


@pytest.mark.timeout(60)
def test_P20_a_header_that_never_ends_is_cut(keyhole):
    with socket.create_connection(("127.0.0.1", keyhole.port), timeout=30) as client:
        client.sendall(b"GET /stream/small.git/info/refs HTTP/1.1\r\nHost: k\r\n")
        assert client.recv(100) in (b"", b"HTTP/1.1 408 Request Timeout")


@pytest.mark.timeout(60)
def test_P20_a_body_that_never_comes_is_cut_and_held_no_git_process(keyhole, reader):
    with socket.create_connection(("127.0.0.1", keyhole.port), timeout=30) as client:
        client.sendall(_fetch_request(keyhole, reader)[:-5])
        _until(lambda: client.recv(100).startswith(b"HTTP/1.1 408"), "still waiting")
        assert not _children(keyhole)


@pytest.mark.timeout(120)
def test_P20_a_client_that_does_not_read_is_cut(keyhole, reader):
    with _open_clone(keyhole, reader):
        assert _children(keyhole)
        _until(lambda: not _children(keyhole), "a client that does not read keeps its git processes")


def test_memory_does_not_grow_with_what_is_transferred(keyhole, reader):
    server = psutil.Process(keyhole.process.pid)
    keyhole.clone("stream/small", reader)
    before = server.memory_info().rss
    largest, target = before, Path(keyhole.folder / "measured")
    process = subprocess.Popen(
        [
            "git",
            "-c",
            f"http.extraHeader=Authorization: {reader.header}",
            "clone",
            "-q",
            f"{keyhole.url}/stream/large.git",
            str(target),
        ],
        stderr=subprocess.DEVNULL,
    )
    while process.poll() is None:
        largest = max(largest, server.memory_info().rss)
        time.sleep(0.01)
    assert process.returncode == 0
    assert largest - before < 30_000_000


def test_P13_a_server_killed_in_the_middle_of_a_push_moved_nothing_and_comes_back(fresh_keyhole):
    keyhole = fresh_keyhole
    git_dir = keyhole.make_repo("killed/app")
    token = keyhole.token("killed/app", contents="write")
    work = keyhole.clone("killed/app", token)
    refs = keyhole.git(f"--git-dir={git_dir}", "for-each-ref").stdout
    line = f"{'0' * 40} {'a' * 40} refs/heads/x\0report-status"
    head = (
        f"POST /killed/app.git/git-receive-pack HTTP/1.1\r\nHost: k\r\nAuthorization: {token.header}\r\n"
        "Content-Type: application/x-git-receive-pack-request\r\nContent-Length: 1000000\r\n\r\n"
        f"{len(line) + 4:04x}{line}0000"
    ).encode()
    with socket.create_connection(("127.0.0.1", keyhole.port), timeout=20) as client:
        client.sendall(head + b"PACK\0\0\0\2\0\0\3\0" + os.urandom(10))
        _until(lambda: list((git_dir / "objects").glob("tmp_objdir-*")), "the push did not begin")
        keyhole.kill()
    assert keyhole.git(f"--git-dir={git_dir}", "for-each-ref").stdout == refs
    keyhole.restart()
    commit = keyhole.commit(work, {"after": "1"})
    keyhole.git("push", "-q", "origin", "main", at=work, token=token)
    assert commit in keyhole.git(f"--git-dir={git_dir}", "for-each-ref").stdout
    assert keyhole.do("audit_ok")


def test_pushes_that_race_for_one_branch_are_won_by_one(keyhole):
    git_dir = keyhole.make_repo("stream/raced")
    token = keyhole.token("stream/raced", contents="write")
    works = [keyhole.clone("stream/raced", token) for _ in range(4)]
    for number, work in enumerate(works):
        keyhole.commit(work, {f"{number}": "1"})
    pushes = [
        subprocess.Popen(
            ["git", "-c", f"http.extraHeader=Authorization: {token.header}", "push", "-q", "origin", "main"],
            cwd=work,
            stderr=subprocess.DEVNULL,
        )
        for work in works
    ]
    codes = [push.wait(120) for push in pushes]
    assert codes.count(0) == 1
    winner = keyhole.git("rev-parse", "HEAD", at=works[codes.index(0)]).stdout
    assert keyhole.git(f"--git-dir={git_dir}", "rev-parse", "main").stdout == winner
    assert not list((git_dir / "objects").glob("tmp_objdir-*"))
