"""docs/sandbox.md is true: its example runs as another project would run it, and its methods exist."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from keyhole.testing.github import GitHub

DOCUMENT = Path(__file__).parents[2] / "docs/sandbox.md"


def test_the_example_runs_in_a_project_of_its_own(tmp_path):
    (example,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    (tmp_path / "planted").mkdir()
    project = tmp_path / "planted" / "test_bot.py"
    project.write_text(example)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:django", "-p", "no:cacheprovider", str(project)],
        cwd=project.parent,
        text=True,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_what_the_table_names_exists():
    with GitHub() as github:
        for name in re.findall(r"`(add_\w+|rename|revoke|advance|requests|changes)\b", DOCUMENT.read_text()):
            assert hasattr(github, name), name
        faults = re.search(r"`faults\.(.*?) \|$", DOCUMENT.read_text(), re.MULTILINE)[1]
        assert all(hasattr(github.faults, name.strip("`")) for name in faults.split(", "))
