"""When the log cannot be written nothing is done; when storage is damaged Keyhole says so and does not start."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from tests.stories.keyhole_process import KeyholeProcess


def start_fails(server):
    """What a server says that does not start."""
    done = subprocess.run(
        [sys.executable, "-m", "keyhole.server"],
        env=server.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.fixture
def stopped(tmp_path):
    """A Keyhole that ran, holds a repository and a token, and is stopped."""
    server = KeyholeProcess(tmp_path)
    server.start()
    server.make_repo("local/tool")
    server.issued = server.token("local/tool", contents="read")
    assert server.http("GET", "/api/v3/user", server.issued)[0] == 200
    server.stop()
    return server


@pytest.mark.timeout(120)
def test_S2_while_the_database_cannot_be_written_nothing_is_allowed_and_it_recovers_by_itself(fresh_keyhole):
    fresh_keyhole.make_repo("local/tool")
    token = fresh_keyhole.token("local/tool", contents="write")
    before = fresh_keyhole.http("GET", "/api/v3/repos/local/tool/git/ref/heads/main", token)
    assert before[0] == 200
    # Another process that holds the write lock is what a full or read-only disk is to a writer: no commit is possible.
    with closing(sqlite3.connect(fresh_keyhole.data / "keyhole.sqlite3", isolation_level=None)) as blocker:
        blocker.execute("BEGIN IMMEDIATE")
        status, _, body = fresh_keyhole.http("GET", "/api/v3/repos/local/tool/git/ref/heads/main", token)
        assert status == 503, body
        assert b"sha" not in body
        blocker.execute("ROLLBACK")
    assert fresh_keyhole.http("GET", "/api/v3/repos/local/tool/git/ref/heads/main", token)[2] == before[2]
    assert fresh_keyhole.do("audit_ok")


def test_S4_a_damaged_page_is_found_before_anything_is_served(stopped):
    database = stopped.data / "keyhole.sqlite3"
    content = bytearray(database.read_bytes())
    for place in range(4096 * 2, len(content), 4096):
        content[place : place + 64] = os.urandom(64)
    database.write_bytes(bytes(content))
    said = start_fails(stopped)
    assert "keyhole.sqlite3" in said
    assert "backup" in said
    assert database.read_bytes() == bytes(content)


def test_S4_a_database_of_a_newer_keyhole_is_refused(stopped):
    with closing(sqlite3.connect(stopped.data / "keyhole.sqlite3")) as connection, connection:
        connection.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('tokens', '0099_later', '2030-01-01')"
        )
    said = start_fails(stopped)
    assert "newer" in said
    assert "tokens.0099_later" in said


def test_S4_what_others_may_read_is_refused(stopped):
    (stopped.data / "keyhole.sqlite3").chmod(0o644)
    assert "chmod 600" in start_fails(stopped)


def test_S5_a_backup_from_before_a_revocation_does_not_revive_the_token(stopped):
    kept = (stopped.data / "keyhole.sqlite3").read_bytes()
    stopped.start()
    stopped.do("revoke", number=stopped.issued.id)
    stopped.stop()
    for path in stopped.data.glob("keyhole.sqlite3-*"):
        path.unlink()
    (stopped.data / "keyhole.sqlite3").write_bytes(kept)
    stopped.start()
    assert stopped.http("GET", "/api/v3/user", stopped.issued)[0] == 401
    assert not stopped.do("audit_ok")  # and the records that the backup lacks are missed
    stopped.stop()


def test_S8_a_second_server_on_one_data_folder_is_refused_and_names_the_first(fresh_keyhole):
    said = start_fails(fresh_keyhole)
    assert f"process id {fresh_keyhole.process.pid}" in said
    assert fresh_keyhole.http("GET", "/api/v3/meta")[0] in (200, 401)
