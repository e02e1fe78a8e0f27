"""P6: whoever steals the database and all that lies beside it holds no token that works and no secret."""

import base64
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from keyhole.core.secret import Secret
from keyhole.vault.envelope import Envelope, Place, unseal
from keyhole.vault.keyring import Key
from keyhole.vault.problems import Tampered
from tests import canaries

CARRIERS = {
    "bearer": lambda text: f"Bearer {text}",
    "token": lambda text: f"token {text}",
    "basic password": lambda text: "Basic " + base64.b64encode(f"x-access-token:{text}".encode()).decode(),
}


def spellings(value):
    """A column's value as a thief would try it."""
    raw = value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
    texts = {
        raw.hex(),
        raw.hex().upper(),
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode(),
    }
    plain = raw.decode("utf-8", "replace")
    # Documents are also tried word by word: a hash inside a record is a value of its own.
    texts |= {plain, *re.findall(r"[A-Za-z0-9_+/=-]{16,200}", plain)}
    texts |= {f"khp_{text}" for text in list(texts) if 40 <= len(text) <= 64}
    return {text for text in texts if text and text.isascii() and text.isprintable() and len(text) < 2000}


def every_value(database):
    with closing(sqlite3.connect(database)) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in names:
            for row in connection.execute(f'SELECT * FROM "{name}"'):
                yield from (value for value in row if value is not None)


@pytest.mark.timeout(240)
def test_nothing_in_a_copy_of_the_data_folder_works_as_a_token(fresh_keyhole, tmp_path):
    fresh_keyhole.make_repo("local/tool")
    issued = [fresh_keyhole.token("local/tool", contents="read") for _ in range(5)]
    assert all(fresh_keyhole.http("GET", "/api/v3/user", token)[0] == 200 for token in issued)
    fresh_keyhole.do("revoke", number=issued[0].id)
    stolen = tmp_path / "stolen"
    stolen.mkdir()
    for path in fresh_keyhole.data.glob("keyhole.sqlite3*"):
        shutil.copy(path, stolen / path.name)
    candidates = set()
    for value in every_value(stolen / "keyhole.sqlite3"):
        candidates |= spellings(value)
    for name in ("django.secret", "findings.secret", "audit.head"):
        candidates |= spellings((fresh_keyhole.data / name).read_bytes())
    assert len(candidates) > 200
    content = b"".join(path.read_bytes() for path in stolen.iterdir())
    for token in issued:
        assert token.text.encode() not in content
        assert token.text not in candidates
    accepted = []
    for number, text in enumerate(sorted(candidates)):
        carrier = list(CARRIERS)[number % len(CARRIERS)]
        status, _, _ = fresh_keyhole.http("GET", "/api/v3/user", Authorization=CARRIERS[carrier](text))
        if status not in (400, 401):
            accepted.append((carrier, text[:60], status))
    assert accepted == []
    assert fresh_keyhole.http("GET", "/api/v3/user", issued[1])[0] == 200


KEEP = """
import django, sys
django.setup()
from keyhole.accounts.services import local_caller
from keyhole.core.secret import Secret
from keyhole.vault.services import Place, keep
for number in range(1, 6):
    keep(local_caller(), Place("connection", number, "token"), Secret(f"{sys.stdin.readline().strip()}"))
"""


def run(data, *command, given=""):
    return subprocess.run(
        [sys.executable, *command],
        env={**os.environ, "KEYHOLE_DATA": str(data), "DJANGO_SETTINGS_MODULE": "keyhole.settings"},
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def rows_of(database):
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute(
            'SELECT "table", row, field, key_id, wrapped, sealed FROM vault_sealedsecret'
        )
        return [(Place(*row[:3]), Envelope(*row[3:])) for row in rows]


def opens(key, place, envelope):
    try:
        return unseal(key, place, envelope)
    except Tampered:
        return None


@pytest.mark.timeout(240)
def test_nor_does_a_stolen_database_give_the_sealed_secrets_away(fresh_keyhole, tmp_path):
    secrets = [canaries.plant("sealed secret") for _ in range(5)]
    kept = run(fresh_keyhole.data, "-c", KEEP, given="\n".join(secrets))
    assert kept.returncode == 0, kept.stderr
    stolen = tmp_path / "stolen"
    stolen.mkdir(mode=0o700)
    # Everything but the keys, as from a disk or a backup that was made without them.
    for path in fresh_keyhole.data.iterdir():
        if path.is_file() and path.name != "vault.keys":
            shutil.copy(path, stolen / path.name)
    content = b"".join(path.read_bytes() for path in stolen.iterdir())
    for text in secrets:
        assert text.encode() not in content
        assert text[7:].encode() not in content  # nor in pieces
    rows = rows_of(stolen / "keyhole.sqlite3")
    assert len(rows) == 5
    # Nothing that lies in the database, nor another secret of Keyhole, is the key, in whatever way it is written.
    raw = {bytes(value) for value in every_value(stolen / "keyhole.sqlite3") if isinstance(value, bytes)}
    hexadecimal = set(re.findall(rb"[0-9a-f]{64}", content))
    candidates = {found.decode() for found in hexadecimal} | {
        value[start : start + 32].hex() for value in raw for start in range(max(1, len(value) - 31))
    }
    keys = [
        Key(envelope.key_id, Secret(text))
        for text in candidates
        if len(text) == 64
        for _, envelope in rows[:1]
    ]
    assert len(keys) > 200
    assert not [key for key in keys for place, envelope in rows if opens(key, place, envelope)]
    # With the thief's own Keyhole it stays sealed, and nothing in it is written over.
    assert run(stolen, "-m", "keyhole.cli", "vault", "status").returncode == 4
    (stolen / "vault.keys").write_text("ab" * 32)
    (stolen / "vault.keys").chmod(0o600)
    assert run(stolen, "-m", "keyhole.cli", "vault", "rotate").returncode == 4
    assert rows_of(stolen / "keyhole.sqlite3") == rows
    # The owner's opens them.
    (key,) = [
        Key(rows[0][1].key_id, Secret(line))
        for line in (fresh_keyhole.data / "vault.keys").read_text().split()
    ]
    assert [opens(key, place, envelope).reveal() for place, envelope in rows] == secrets
