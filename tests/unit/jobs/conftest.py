"""Each test of jobs has a folder and a registry of its own."""

import pytest

from keyhole.jobs import engine, registry
from tests.unit.jobs.room import Room


@pytest.fixture(autouse=True)
def _own_folder_and_registry(tmp_path, settings, monkeypatch):
    settings.KEYHOLE_DATA = tmp_path
    monkeypatch.setattr(registry, "_registered", {})
    monkeypatch.setattr(registry, "_offered", set())
    yield
    engine.stop()


@pytest.fixture
def room():
    return Room("errand")
