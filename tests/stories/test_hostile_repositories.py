"""Repositories that were made to do harm: none can hide, escape, run, reach out, take all there is, or look clean."""

from __future__ import annotations

import hashlib
import socket

import pytest

from keyhole.core.secret import Secret
from keyhole.core.terms import Status
from keyhole.scanners import child
from keyhole.scanners.limits import Limits
from keyhole.scanners.secrets.shapes import make
from tests import canaries
from tests.stories.hostile import contents, names, packs, settings, shapes  # noqa: F401  # each registers its cases
from tests.stories.hostile.yard import CASES, Verdict, Yard
from tests.stories.scan_memory import watched

LIMITS = Limits(seconds=60)
"""Generous, as the machine may be slow and busy with other tests; ten seconds are what the benchmark asks."""
MEMORY = 512 << 20
"""Of all processes of a scan together; `Limits` holds each of them alone."""
TOO_MANY = "more than 10000 findings"
FOUND = frozenset({Verdict.FOUND, Verdict.CUT})
TOLD = frozenset({Verdict.CUT, Verdict.INCOMPLETE})


@pytest.fixture(scope="module")
def listener():
    """Somebody who must not be called."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


@pytest.fixture
def yard(tmp_path, listener):
    planted = tmp_path / "planted"
    planted.mkdir()
    token = canaries.watch("a secret of a hostile repository", make("ghp_<alnum:30><crc32>", hash(tmp_path)))
    host, port = listener.getsockname()
    return Yard(planted, token.encode(), f"{host}:{port}")


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Where scans keep their compiled rules: the only folder that they may write to."""
    return tmp_path_factory.mktemp("kept")


def everything(folder):
    """Each file below the folder, with what it is and holds."""
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        if path.is_file() and not path.is_symlink()
        else ""
        for path in folder.rglob("*")
    }


@pytest.mark.loopback
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_hostile_repository_does_no_harm(case, yard, listener, kept, tmp_path, monkeypatch):
    case.build(yard)
    before = everything(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "planted"))
    with watched() as peak:
        result = child.run(
            yard.path,
            hmac_secret=Secret("story"),
            scanners=("secrets", "dependencies"),
            kept=kept,
            limits=LIMITS,
        )
    assert peak[0] <= MEMORY

    assert everything(tmp_path) == before, "something was written"
    assert not yard.canary.exists()
    with pytest.raises(BlockingIOError):
        listener.accept()
    assert result.isolation, result.verdict
    assert all(text not in str(result.to_json()) for text in (yard.token.decode(), "\x1b", "\n"))

    found = any(finding.rule == "github-personal-token" for finding in result.findings)
    told = result.status is Status.INCOMPLETE
    assert "time limit" not in result.verdict
    if case.verdict is Verdict.CLEAN:
        assert result.clean, result.verdict
        return
    assert not result.clean
    assert found or (told and case.verdict not in FOUND) or case.reason == TOO_MANY, result.verdict
    assert told or case.verdict not in TOLD, result.verdict
    assert not told or case.verdict is not Verdict.FOUND, result.verdict
    assert case.reason in result.verdict


def test_there_are_as_many_as_were_promised():
    assert len(CASES) >= 60
