"""P11: a Keyhole whose vault lost its keys starts, says so, changes nothing, and goes on with everything else."""

import json
import os
import subprocess
import sys

import pytest

from tests import canaries
from tests.stories.keyhole_process import KeyholeProcess

KEEP = """
import django, sys
django.setup()
from keyhole.accounts.services import local_caller
from keyhole.core.errors import KeyholeError
from keyhole.core.secret import Secret
from keyhole.vault.services import Place, keep, reveal
place = Place("connection", 1, "token")
text = sys.stdin.read()
try:
    if sys.argv[1] == "keep":
        keep(local_caller(), place, Secret(text))
    print(reveal(local_caller(), place).reveal() == text)
except KeyholeError as problem:
    print(problem.status, problem.message)
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


def keep(data, text):
    return run(data, "-c", KEEP, "keep", given=text).stdout.strip()


def reveal(data, text):
    return run(data, "-c", KEEP, "reveal", given=text).stdout.strip()


@pytest.fixture
def server(tmp_path):
    started = KeyholeProcess(tmp_path)
    started.start()
    started.make_repo("local/tool")
    started.issued = started.token("local/tool", contents="read")
    started.secret = canaries.plant("connection's token")
    assert keep(started.data, started.secret) == "True"
    yield started
    if started.process.poll() is None:
        started.stop()


def checks(server):
    """What `keyhole doctor` finds, by name."""
    done = run(server.data, "-m", "keyhole.cli", "doctor", "--json")
    return done.returncode, {found["name"]: found for found in json.loads(done.stdout)}


@pytest.mark.timeout(200)
def test_P11_without_its_keys_the_server_starts_and_the_rest_works(server):
    keys = server.data / "vault.keys"
    content = keys.read_bytes()
    server.stop()
    keys.unlink()
    server.start()
    assert server.http("GET", "/api/v3/user", server.issued)[0] == 200
    assert server.clone("local/tool", server.issued).is_dir()
    assert reveal(server.data, server.secret).startswith("503 vault.keys is missing")
    assert keep(server.data, "another").startswith("503")
    code, found = checks(server)
    assert code == 1
    assert not found["vault"]["ok"]
    assert "backup" in found["vault"]["detail"]
    assert [name for name, check in found.items() if not check["ok"]] == ["vault"]
    assert not keys.exists()
    # Put back beside the running server, the key opens the vault at once.
    keys.write_bytes(content)
    keys.chmod(0o600)
    assert reveal(server.data, server.secret) == "True"
    assert checks(server)[0] == 0
    assert server.do("audit_ok")


@pytest.mark.timeout(200)
def test_a_key_is_rotated_beside_a_running_server(server):
    before = (server.data / "vault.keys").read_text()
    done = run(server.data, "-m", "keyhole.cli", "vault", "rotate", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rewrapped"] == 1
    assert (server.data / "vault.keys").read_text() != before
    assert before.strip() not in done.stdout
    assert reveal(server.data, server.secret) == "True"
    assert server.http("GET", "/api/v3/user", server.issued)[0] == 200
