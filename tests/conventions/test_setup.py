"""The set-up says what is wrong instead of going on: tried with stand-ins for Python, in a copy of the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from tests.conventions.checkout import ROOT

OLD_PYTHON = '#!/bin/sh\ncase "$1" in --version) echo Python 3.9.2 ;; *) exit 1 ;; esac\n'
GOOD_PYTHON = """#!/bin/sh
echo "$*" >>"$(dirname "$0")/../../calls"
case "$*" in *require-hashes*) test ! -e "$(dirname "$0")/../../offline" ;; esac
"""


@pytest.fixture
def copy(tmp_path):
    for name in ("pyproject.toml", "requirements.lock", "requirements-dev.lock"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts/setup", tmp_path / "scripts")
    return tmp_path


def environment_with(copy, python):
    path = copy / ".venv/bin/python"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(python)
    path.chmod(0o755)


def setup(copy, *arguments, **variables):
    return subprocess.run(
        ["scripts/setup", *arguments],
        cwd=copy, env=os.environ | variables, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def calls(copy):
    path = copy / "calls"
    return path.read_text().splitlines() if path.exists() else []


def installs(copy):
    return [call for call in calls(copy) if "install" in call]


def test_an_environment_with_an_old_python_is_named(copy):
    environment_with(copy, OLD_PYTHON)
    result = setup(copy, "run")
    assert result.returncode == 1
    assert "Python 3.9.2" in result.stderr
    assert "make clean" in result.stderr


def test_a_machine_without_python_is_told_what_to_install(copy):
    result = setup(copy, "run", PYTHON="no-such-python")
    assert result.returncode == 1
    assert "Python 3.11 or newer" in result.stderr
    assert not (copy / ".venv").exists()


def test_packages_that_cannot_be_had_stop_the_set_up(copy):
    environment_with(copy, GOOD_PYTHON)
    (copy / "offline").touch()
    result = setup(copy, "run")
    assert result.returncode == 1
    assert "could not be installed" in result.stderr
    assert not (copy / ".venv/.keyhole-run").exists(), "a failed set-up is not taken for a done one"


@pytest.mark.parametrize(("kind", "lock"), [("run", "requirements.lock"), ("test", "requirements-dev.lock")])
def test_only_hashed_packages_are_installed_and_only_once(copy, kind, lock):
    environment_with(copy, GOOD_PYTHON)
    assert setup(copy, kind, "--without-system").returncode == 0
    first = installs(copy)
    assert [call for call in first if f"--require-hashes -r {lock}" in call]
    assert all("--require-hashes" in call or "--no-deps --no-build-isolation" in call for call in first)
    assert setup(copy, kind, "--without-system").returncode == 0
    assert installs(copy) == first


@pytest.mark.parametrize("changed", ["requirements.lock", "pyproject.toml"])
def test_a_changed_lock_is_installed(copy, changed):
    environment_with(copy, GOOD_PYTHON)
    setup(copy, "run")
    before = len(installs(copy))
    with (copy / changed).open("a") as file:
        file.write("# changed\n")
    assert setup(copy, "run").returncode == 0
    assert len(installs(copy)) > before


def test_the_tests_environment_is_good_enough_for_running(copy):
    environment_with(copy, GOOD_PYTHON)
    setup(copy, "test", "--without-system")
    before = installs(copy)
    assert setup(copy, "run").returncode == 0
    assert installs(copy) == before


@pytest.mark.parametrize("ci", ["", "true"])
def test_a_missing_browser_is_said_and_fails_only_in_ci(copy, tmp_path, ci):
    environment_with(copy, GOOD_PYTHON)
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("bash", "sh", "git", "grep", "cat", "cmp", "dirname", "env", "id"):
        (tools / name).symlink_to(shutil.which(name))
    result = setup(copy, "test", PATH=str(tools), CI=ci)
    assert "Chromium" in result.stderr
    assert result.returncode == (1 if ci else 0), result.stderr


def test_a_wrong_word_is_refused(copy):
    result = setup(copy, "everything")
    assert result.returncode == 2
    assert "usage" in result.stderr
