"""Scratch repositories, and worlds of connected ones with tokens."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.gateway.rest.scratch import Scratch
from tests.unit.gateway.rest.worlds import database, shared_world, template, world

__all__ = ["database", "scratch", "shared_world", "template", "world"]


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    return Scratch(tmp_path)
