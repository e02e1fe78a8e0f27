"""Programs are found in known places only, and only if their version is known."""

from __future__ import annotations

import pytest

from keyhole.scanners.programs import configured as configured_module
from keyhole.scanners.programs.configured import Configured, configure, configured
from keyhole.scanners.programs.located import Program, home_of, locate

TIDE = Program("tide-scanner", "tide_scanner", "Install it.")


@pytest.fixture
def places(monkeypatch):
    monkeypatch.setattr(configured_module, "_now", [Configured()])


def environment(root, version="1.2.3"):
    (root / "bin").mkdir(parents=True)
    (root / "bin/tide-scanner").write_text("#!/bin/sh\n")
    (root / "bin/tide-scanner").chmod(0o755)
    packages = root / "lib/python3.11/site-packages"
    packages.mkdir(parents=True)
    if version:
        (packages / f"tide_scanner-{version}.dist-info").mkdir()
    return root / "bin"


def test_beside_our_own_python():
    assert locate(Program("ruff", "ruff", "")).version.count(".") == 2


@pytest.mark.usefixtures("places")
def test_in_a_further_place_with_the_version_of_its_environment(tmp_path):
    assert locate(TIDE) is None
    folder = environment(tmp_path / "own")
    configure(Configured((folder,)))
    assert Configured.from_json(configured().to_json()) == Configured((folder,))
    assert locate(TIDE).version == "1.2.3"
    assert locate(TIDE).path == folder / "tide-scanner"


@pytest.mark.usefixtures("places")
def test_through_a_link_into_an_environment(tmp_path):
    folder = environment(tmp_path / "own")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/tide-scanner").symlink_to(folder / "tide-scanner")
    configure(Configured((tmp_path / "bin",)))
    assert locate(TIDE).version == "1.2.3"
    assert tmp_path / "own" in home_of(tmp_path / "bin/tide-scanner")


@pytest.mark.usefixtures("places")
def test_neither_by_the_inherited_path_nor_without_a_version(tmp_path, monkeypatch):
    folder = environment(tmp_path / "own", version="")
    monkeypatch.setenv("PATH", str(folder))
    assert locate(TIDE) is None
    configure(Configured((folder,)))
    assert locate(TIDE) is None


def test_the_python_that_an_environment_stands_on_is_part_of_it(tmp_path):
    folder = environment(tmp_path / "own")
    (tmp_path / "own/pyvenv.cfg").write_text("home = /opt/python/bin\nversion = 3.11\n")
    assert [str(each) for each in home_of(folder / "tide-scanner")] == [str(tmp_path / "own"), "/opt/python"]
