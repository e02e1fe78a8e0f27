"""P11: kill -9 after every single write of a rotation over a thousand secrets; all of them can be revealed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

WORKER = Path(__file__).with_name("vault_rotation_worker.py")


@pytest.mark.timeout(600)
def test_a_rotation_killed_after_each_of_its_writes_loses_nothing(keyhole_data, tmp_path):
    environment = {
        **os.environ,
        "KEYHOLE_DATA": str(keyhole_data),
        "DJANGO_SETTINGS_MODULE": "keyhole.settings",
    }
    subprocess.run(
        [sys.executable, "-m", "django", "migrate", "--verbosity", "0", "--skip-checks"],
        env=environment,
        check=True,
    )
    done = subprocess.run(
        [sys.executable, str(WORKER), str(tmp_path / "kept")],
        env=environment,
        capture_output=True,
        text=True,
        timeout=590,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    left = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(left) > 30  # there were that many writes, and a kill after each
    whole = {"lost": 0, "left": 1, "used": 1, "chain": "", "drafts": 0}
    assert [found for found in left if {**whole, "keys": found.get("keys")} != found] == []
    # The kills hit before, while and after both keys were on the ring.
    keys = [found["keys"] for found in left]
    assert (keys[0], max(keys), keys[-1]) == (1, 2, 1)
