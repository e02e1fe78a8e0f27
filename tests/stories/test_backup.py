"""Backup and restore as an operator does it: of a running server, into a new folder, over old data, killed, refused."""

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from pyrage import x25519

from tests import canaries
from tests.stories.keyhole_process import KeyholeProcess

WORDS = "several quiet words in a row\n"
WORKER = Path(__file__).with_name("restore_worker.py")
KEEP = """
import django, sys
django.setup()
from keyhole.accounts.services import local_caller
from keyhole.accounts.storage import bring_up_to_date
from keyhole.core.secret import Secret
from keyhole.vault.services import Place, forget, keep, reveal
bring_up_to_date()
what, number, text = sys.argv[1], int(sys.argv[2]), sys.stdin.read()
place = Place("connection", number, "token")
if what == "keep":
    keep(local_caller(), place, Secret(text))
elif what == "forget":
    forget(local_caller(), place)
else:
    print(reveal(local_caller(), place).reveal() == text)
"""


def keyhole(data, *arguments, given="", code=0):
    """A command on a data folder; what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "keyhole.cli", *arguments],
        env={**os.environ, "KEYHOLE_DATA": str(data), "DJANGO_SETTINGS_MODULE": "keyhole.settings"},
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout if code == 0 else done.stderr


def vault(data, what, number, text=""):
    done = subprocess.run(
        [sys.executable, "-c", KEEP, what, str(number)],
        env={**os.environ, "KEYHOLE_DATA": str(data), "DJANGO_SETTINGS_MODULE": "keyhole.settings"},
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr or what == "reveal", done.stderr
    return done.stdout.strip() == "True"


@pytest.fixture
def running(tmp_path):
    """A Keyhole that runs, with a token and a sealed secret."""
    server = KeyholeProcess(tmp_path / "first")
    server.start()
    server.make_repo("local/tool")
    server.issued = server.token("local/tool", contents="read")
    server.secret = canaries.plant("connection's token")
    vault(server.data, "keep", 1, server.secret)
    yield server
    if server.process.poll() is None:
        server.stop()


@contextlib.contextmanager
def started(folder, data):
    """Another Keyhole on restored data."""
    server = KeyholeProcess(folder)
    server.data.rmdir()
    data.rename(server.data)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.mark.timeout(400)
def test_a_backup_of_a_running_keyhole_is_restored_on_a_new_machine(running, tmp_path):
    file = tmp_path / "keyhole.age"
    said = keyhole(running.data, "backup", str(file), given=WORDS)
    assert "holds everything" in said
    assert file.stat().st_mode & 0o077 == 0
    assert running.secret.encode() not in file.read_bytes()
    assert running.http("GET", "/api/v3/user", running.issued)[0] == 200  # it went on running
    new = tmp_path / "new"
    told = json.loads(keyhole(new, "restore", str(file), "--json", given=WORDS))
    assert (told["paused"], told["held_back"], told["with_keys"]) == (1, 1, True)
    assert not vault(new, "reveal", 1, running.secret)  # it waits
    with started(tmp_path / "second", new) as second:
        status, _, body = second.http("GET", "/api/v3/user", running.issued)
        assert status == 403, body  # paused: whether it was revoked after the backup is not known there
        assert second.do("audit_ok")
        keyhole(second.data, "token", "resume", str(running.issued.id))
        keyhole(second.data, "vault", "release", "--yes")
        assert second.http("GET", "/api/v3/user", running.issued)[0] == 200
        assert vault(second.data, "reveal", 1, running.secret)


@pytest.mark.timeout(400)
def test_P21_what_ended_after_the_backup_stays_ended_and_the_rest_goes_on(running, tmp_path):
    kept = running.token("local/tool", contents="read")
    vault(running.data, "keep", 2, "dropped later")
    file = tmp_path / "keyhole.age"
    keyhole(running.data, "backup", str(file), given=WORDS)
    running.do("revoke", number=running.issued.id)
    vault(running.data, "forget", 2)
    refused = keyhole(running.data, "restore", str(file), "--replace", given=WORDS, code=2)
    assert f"process id {running.process.pid}" in refused  # never under a running server
    running.stop()
    assert "--replace" in keyhole(running.data, "restore", str(file), given=WORDS, code=2)
    told = json.loads(keyhole(running.data, "restore", str(file), "--replace", "--json", given=WORDS))
    assert told["revocations_known"] is True
    assert (told["revoked"], told["dropped"], told["paused"], told["held_back"]) == (1, 1, 0, 0)
    assert Path(told["replaced"], "keyhole.sqlite3").exists()
    running.start()
    assert running.http("GET", "/api/v3/user", running.issued)[0] == 401
    assert running.http("GET", "/api/v3/user", kept)[0] == 200
    assert vault(running.data, "reveal", 1, running.secret)
    assert not vault(running.data, "reveal", 2, "dropped later")
    assert running.do("audit_ok")


def test_what_cannot_be_restored_changes_nothing(running, tmp_path):
    file = tmp_path / "keyhole.age"
    keyhole(running.data, "backup", str(file), given=WORDS)
    running.stop()
    with closing(sqlite3.connect(running.data / "keyhole.sqlite3")) as database, database:
        database.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('tokens', '0099_later', '2030-01-01')"
        )
    newer = tmp_path / "newer.age"
    keyhole(running.data, "backup", str(newer), given=WORDS, code=4)  # it does not even open that database
    shutil.rmtree(tmp_path / "target", ignore_errors=True)
    target = tmp_path / "target"
    wrong = keyhole(target, "restore", str(file), given="another few quiet words\n", code=5)
    assert "does not open" in wrong
    (tmp_path / "cut.age").write_bytes(file.read_bytes()[:-100])
    keyhole(target, "restore", str(tmp_path / "cut.age"), given=WORDS, code=5)
    (tmp_path / "text").write_text("no backup")
    keyhole(target, "restore", str(tmp_path / "text"), given=WORDS, code=2)
    assert {path.name for path in target.iterdir()} <= {"server.lock"}


def newer_inside(file, key, public, tmp_path):
    """The backup, with a database of a newer Keyhole in it."""
    from keyhole.backups import age, archive

    work = tmp_path / "work"
    work.mkdir()
    age.decrypt(file, tmp_path / "plain", age.identities(key))
    manifest = archive.unpack(tmp_path / "plain", work)
    with closing(sqlite3.connect(work / "keyhole.sqlite3")) as database, database:
        database.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('vault', '0099_later', '2030-01-01')"
        )
    names = [held.name for held in manifest.files]
    changed = archive.Manifest(
        **{
            **{
                name: getattr(manifest, name)
                for name in ("version", "made_at", "url", "schema", "with_keys", "records")
            },
            "files": tuple(archive.held(work / name) for name in names),
        }
    )
    archive.pack(work, changed, tmp_path / "changed")
    age.encrypt(tmp_path / "changed", tmp_path / "newer.age", age.recipients([public]))
    return tmp_path / "newer.age"


@pytest.fixture
def pair(tmp_path):
    """The public key, and the file with the private one."""
    made = x25519.Identity.generate()
    (tmp_path / "planted").mkdir()
    (tmp_path / "planted" / "key.txt").write_text(f"{made}\n")
    return str(made.to_public()), tmp_path / "planted" / "key.txt"


def test_a_backup_for_a_recipient_and_one_of_a_newer_keyhole(tmp_path, pair):
    public, key = pair
    data, file = tmp_path / "data", tmp_path / "keyhole.age"
    text = canaries.plant("connection's token")
    vault(data, "keep", 1, text)
    keyhole(data, "backup", str(file), "--recipient", public)
    newer = newer_inside(file, key, public, tmp_path)
    before = (data / "keyhole.sqlite3").read_bytes()
    said = keyhole(data, "restore", str(newer), "--identity", str(key), "--replace", code=2)
    assert "vault.0099_later" in said
    assert (data / "keyhole.sqlite3").read_bytes() == before
    keyhole(data, "restore", str(file), "--identity", str(key), "--replace")
    assert vault(data, "reveal", 1, text)


def test_without_keys_the_vault_is_sealed_until_they_are_put_back(tmp_path, pair):
    public, key = pair
    data, file, new = tmp_path / "data", tmp_path / "keyhole.age", tmp_path / "new"
    text = canaries.plant("connection's token")
    vault(data, "keep", 1, text)
    keyhole(data, "backup", str(file), "--recipient", public, "--without-keys")
    told = keyhole(new, "restore", str(file), "--identity", str(key), "--keep-tokens")
    assert "vault.keys is missing" in told
    keyhole(new, "vault", "status", code=4)
    assert not (new / "vault.keys").exists()
    shutil.copy(data / "vault.keys", new / "vault.keys")
    assert vault(new, "reveal", 1, text)


@pytest.mark.timeout(600)
def test_a_restore_killed_at_any_step_leaves_the_old_data_or_the_new(tmp_path, pair):
    public, key = pair
    for name in ("old", "new"):
        vault(tmp_path / name, "keep", 1, f"the {name} one, long enough")
    keyhole(tmp_path / "new", "backup", str(tmp_path / "keyhole.age"), "--recipient", public)
    environment = {
        name: text for name, text in os.environ.items() if not name.startswith(("KEYHOLE_", "DJANGO_"))
    }
    done = subprocess.run(
        [
            sys.executable,
            str(WORKER),
            *map(str, (tmp_path / "data", tmp_path / "old", tmp_path / "keyhole.age", key)),
        ],
        env=environment,
        capture_output=True,
        text=True,
        timeout=590,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    states = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(states) > 20
    secrets = [found["secret"] for found, _ in states]
    old, new = "the old one, long enough", "the new one, long enough"
    turn = secrets.index(new)
    assert 0 < turn < len(secrets) - 1  # kills hit before and after the point of no return
    assert secrets == [old] * turn + [new] * (len(secrets) - turn)
    assert (
        len({found["keys"] for found, _ in states}) == 2
    )  # whole: the files beside it are of the same state
    assert all(found["chain"] == "" for found, _ in states)
    mended = [found for _, found in states if found is not None]
    assert len(mended) > 4
    assert {found["secret"] for found in mended} == {new}
    assert not any(found["left"] or found["journal"] or found["chain"] for found in mended)
