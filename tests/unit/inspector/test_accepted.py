"""The header as api.github.com really sends it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from keyhole.inspector.accepted import parse
from keyhole.inspector.probes import PROBES

RECORDED = json.loads((Path(__file__).parent / "data/accepted-headers.json").read_text())


@pytest.mark.parametrize("row", RECORDED, ids=lambda row: f"{row['method']} {row['path']} {row['status']}")
def test_every_recorded_header_is_read(row):
    text = row["x_accepted_github_permissions"]
    read = parse(text)
    if text == "allows_permissionless_access=true":
        assert (read.sets, read.complete) == ((), False)
    else:
        assert read.complete
        words = {1: "read", 2: "write", 3: "admin"}
        spelled = {frozenset(f"{name}={words[level]}" for name, level in needed) for needed in read.sets}
        assert spelled == {frozenset(part.strip() for part in each.split(",")) for each in text.split(";")}


@pytest.mark.parametrize("text", ["", " ", "\t"])
def test_no_header_is_none(text):
    assert parse(text) is None


@pytest.mark.parametrize(
    "text", ["contents", "contents=", "=read", "contents=READ", "contents=owner", ";", ","]
)
def test_what_is_not_understood_is_not_guessed(text):
    assert parse(text).sets == ()
    assert parse(text).complete is False


def test_the_probes_agree_with_what_was_recorded_from_github():
    recorded = {(row["method"], row["path"]): row["x_accepted_github_permissions"] for row in RECORDED}
    compared = 0
    for probe in PROBES:
        text = recorded.get((probe.method, probe.operation.path))
        if text is not None:
            compared += 1
            assert parse(text) == parse(probe.operation.accepted), probe.operation_id
    assert compared >= 4
