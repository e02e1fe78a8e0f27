"""A running Keyhole for stories: `keyhole_server` is one per session, `fresh_keyhole` one per test."""

from __future__ import annotations

import pytest

from tests.stories.keyhole_process import KeyholeProcess


@pytest.fixture(scope="session")
def keyhole_server(tmp_path_factory):
    """One server shared by the stories of a process. Repositories and tokens are cheap: make your own."""
    server = KeyholeProcess(tmp_path_factory.mktemp("keyhole"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def fresh_keyhole(tmp_path):
    """A server of one's own, for stories that stop it or count what is in it."""
    server = KeyholeProcess(tmp_path)
    server.start()
    yield server
    server.stop()
