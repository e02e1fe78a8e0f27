"""kill -9 at random moments loses nothing acknowledged: no token, no revocation, no secret, no audit record."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

WORKER = Path(__file__).with_name("kill9_worker.py")
KILLS = 100

CHECK = """
import django, json, sys
django.setup()
from keyhole.audit.models import Entry
from keyhole.audit.verify import verify
from keyhole.tokens.models import Token
from django.db import connection
from keyhole.vault import keyring
from keyhole.vault.envelope import unseal
from keyhole.vault.models import SealedSecret
ring = keyring.load()
opened = {row.row: unseal(ring.get(row.key_id), row.place, row.envelope).reveal() for row in SealedSecret.objects.all()}
kept_records = {e.subject["row"] for e in Entry.objects.filter(action="vault:keep")}
forgotten_records = {e.subject["row"] for e in Entry.objects.filter(action="vault:forget")}
acked = json.load(open(sys.argv[1]))
tokens = dict(Token.objects.values_list("pk", "revoked_at"))
entries = set(Entry.objects.values_list("id", flat=True))
created = {e.subject["subject_token_id"] for e in Entry.objects.filter(action="token:create")}
revoked = {e.subject["subject_token_id"] for e in Entry.objects.filter(action="token:revoke")}
with connection.cursor() as cursor:
    sound = cursor.execute("PRAGMA integrity_check").fetchone()[0]
report = verify()
print(json.dumps({
    "lost tokens": sorted(set(acked["generated"]) - tokens.keys()),
    "lost revocations": sorted(n for n in acked["revoked"] if tokens.get(n) is None),
    "lost records": sorted(set(acked["judged"]) - entries),
    "tokens without a record": sorted(tokens.keys() - created),
    "revocations without a record": sorted({n for n, at in tokens.items() if at} ^ revoked),
    "lost secrets": sorted(n for n in set(acked["kept"]) - set(acked["to be forgotten"]) if n not in opened),
    "changed secrets": sorted(n for n, text in opened.items() if text != f"made up secret {n}"),
    "revived secrets": sorted(set(acked["forgotten"]) & opened.keys()),
    "secrets without a record": sorted((opened.keys() | forgotten_records) ^ kept_records),
    "chain": report.why if not report.ok else "", "database": "" if sound == "ok" else sound,
    "records": report.entries,
}))
"""


def environment(data):
    return {**os.environ, "KEYHOLE_DATA": str(data), "DJANGO_SETTINGS_MODULE": "keyhole.settings"}


def python(*args, data):
    done = subprocess.run(
        [sys.executable, *args],
        env=environment(data),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def kill_once(number, rng, data):
    """Kill a worker after a random number of promises and a random instant more; returns all that it promised."""
    worker = subprocess.Popen(
        [sys.executable, str(WORKER), f"run{number}"],
        env=environment(data),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    lines = [worker.stdout.readline() for _ in range(1 + rng.randint(1, 40))]
    assert lines[-1], worker.stderr.read().decode()
    time.sleep(rng.uniform(0.0, 0.01))  # not to wait for anything: to hit the others anywhere in what they do
    os.kill(worker.pid, signal.SIGKILL)
    lines += worker.stdout.readlines()
    worker.wait()
    worker.stdout.close()
    worker.stderr.close()
    return [json.loads(line) for line in lines[1:] if line.endswith(b"\n")]


@pytest.mark.timeout(600)
def test_a_hundred_kills_lose_nothing(keyhole_data, tmp_path):
    python("-m", "django", "migrate", "--verbosity", "0", "--skip-checks", data=keyhole_data)
    rng = random.Random(20261123)
    kinds = ("generated", "revoked", "judged", "kept", "to be forgotten", "forgotten")
    acked = {kind: [] for kind in kinds}
    for number in range(KILLS):
        for kind, value in kill_once(number, rng, keyhole_data):
            acked[kind].append(value)
    promises = tmp_path / "acked.json"
    promises.write_text(json.dumps(acked))
    found = json.loads(python("-c", CHECK, str(promises), data=keyhole_data))
    records = found.pop("records")
    assert not any(found.values()), found
    del acked["to be forgotten"]  # an intention, not an act
    total = sum(map(len, acked.values()))
    assert total >= 10 * KILLS  # else the kills came before there was anything to lose
    assert records >= total
