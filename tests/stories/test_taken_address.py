"""Two Keyholes on one port would each get half of the requests: the second one says so and does not start."""

import subprocess
import sys

from tests.stories.keyhole_process import KeyholeProcess


def test_the_second_server_on_a_port_does_not_start(tmp_path):
    first = KeyholeProcess(tmp_path / "first")
    first.start()
    try:
        data = tmp_path / "second"
        data.mkdir(mode=0o700)
        done = subprocess.run(
            [sys.executable, "-m", "keyhole.server"],
            env={**first.environment, "KEYHOLE_DATA": str(data)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 1
        assert "cannot be listened on: Address already in use" in done.stderr
        assert "Set up the first account" not in done.stdout
        assert first.http("GET", "/api/v3/user")[0] == 401
    finally:
        first.stop()
