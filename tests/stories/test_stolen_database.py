"""P6: whoever steals the database and all that lies beside it holds nothing that works as a token."""

import base64
import re
import shutil
import sqlite3
from contextlib import closing

import pytest

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
