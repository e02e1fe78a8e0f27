"""A confined process opens what it was allowed, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import keyhole
from keyhole.scanners.landlock import confine

assert confine  # named here for the mirror; it is only ever called in a process that ends afterwards


def confined(tmp_path, attempt):
    for name in ("allowed", "other", "own"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a").write_text(name)
    program = (
        "import pathlib, sys, subprocess\nfrom keyhole.scanners.landlock import confine\n"
        f"root = pathlib.Path({str(tmp_path)!r})\n"
        "system = [pathlib.Path(each) for each in ('/usr', '/lib', '/lib64', '/bin', '/etc/ld.so.cache', sys.prefix)]\n"
        "if not confine([*system, root / 'allowed', root / 'not there'], [root / 'own']):\n"
        "    print('not here'); sys.exit()\n"
        f"try:\n    print({attempt})\nexcept PermissionError:\n    print('refused')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PYTHONPATH": str(Path(keyhole.__file__).parents[1]), "PATH": "/usr/bin:/bin"},
    )
    if done.stdout == "not here\n":
        pytest.skip("this kernel does not offer Landlock")
    return done.stdout, done.stderr


@pytest.mark.parametrize(
    ("attempt", "answer"),
    [
        ("(root / 'allowed/a').read_text()", "allowed"),
        ("(root / 'other/a').read_text()", "refused"),
        ("list((root / 'other').iterdir())", "refused"),
        ("(root / 'allowed/a').write_text('x')", "refused"),
        ("(root / 'allowed/b').write_text('x')", "refused"),
        ("(root / 'own/b').write_text('x')", "1"),
        ("(root / 'own/a').rename(root / 'allowed/c')", "refused"),
        ("(root / 'own/link').symlink_to(root / 'other/a') or (root / 'own/link').read_text()", "refused"),
        ("subprocess.run(['cat', root / 'other/a'], stdin=0, capture_output=True).returncode", "1"),
        ("subprocess.run(['cat', root / 'allowed/a'], stdin=0, capture_output=True).returncode", "0"),
    ],
)
def test_what_a_confined_process_may_open(tmp_path, attempt, answer):
    output, errors = confined(tmp_path, attempt)
    assert output == f"{answer}\n", errors
