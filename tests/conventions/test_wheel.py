"""What is shipped: the wheel holds every data file, nothing else, and is the same when built again."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile

import pytest

from tests.conventions.checkout import PACKAGE, ROOT, SOURCE, files


def build(folder):
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)],
        cwd=ROOT, check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def contents(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_holds_every_file_of_the_package(contents):
    expected = {path.relative_to(SOURCE).as_posix() for path in files() if path.is_relative_to(PACKAGE)}
    assert any(not path.endswith(".py") for path in expected), "data files are part of the package"
    assert expected - contents == set()


def test_the_wheel_holds_nothing_else(contents):
    others = {path for path in contents if not path.startswith("keyhole/")}
    assert all(path.split("/")[0].endswith(".dist-info") for path in others), others
    assert not [path for path in contents if path.endswith((".pyc", ".sqlite3", ".log", ".pem", ".key"))]


def test_the_wheel_carries_its_licences(contents):
    licences = {path.rsplit("/", 1)[-1] for path in contents if "/licenses/" in path}
    assert licences == {"LICENSE", "NOTICE"}


def test_the_wheel_installs_the_command(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (entry,) = [path for path in archive.namelist() if path.endswith("entry_points.txt")]
        assert "keyhole = keyhole.cli.begin:main" in archive.read(entry).decode()


def test_the_wheel_is_the_same_when_built_again(wheel, tmp_path):
    again = build(tmp_path)
    assert hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(wheel.read_bytes()).digest()
