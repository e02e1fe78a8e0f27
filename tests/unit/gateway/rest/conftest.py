"""Scratch repositories, and a world of connected ones with tokens."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.gateway.rest.scratch import Scratch


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    return Scratch(tmp_path)


@pytest.fixture
def world(tmp_path: Path, transactional_db: None) -> object:
    # Not at the top: a conftest named on the command line is read before Django is set up.
    from tests.unit.gateway.rest.world import build

    return build(tmp_path)
