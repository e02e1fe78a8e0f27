"""An environment with a program in it that does what a test wants."""

from __future__ import annotations

import pytest

from keyhole.scanners.programs import configured as module
from keyhole.scanners.programs.configured import Configured, configure


@pytest.fixture
def programs(monkeypatch):
    """Sets where programs are, for this test alone."""
    monkeypatch.setattr(module, "_now", [Configured()])

    def use(*places, semgrep_rules=None):
        configure(Configured(tuple(places), semgrep_rules))

    return use


@pytest.fixture
def fake(tmp_path, programs):
    """Makes a program of that name of a shell script, in an environment of its own that is looked in."""

    def make(name, script, **settings):
        root = tmp_path / "environment"
        (root / "bin").mkdir(parents=True)
        (root / "bin" / name).write_text(f"#!/bin/sh\n{script}\n")
        (root / "bin" / name).chmod(0o755)
        (root / f"lib/python3.11/site-packages/{name}-9.8.7.dist-info").mkdir(parents=True)
        programs(root / "bin", **settings)
        return root

    return make
