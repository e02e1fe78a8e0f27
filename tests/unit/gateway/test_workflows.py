"""Which paths count as workflow files, and reading what git says of changed ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyhole.gateway.workflows import Change, ChangeReader, is_workflow_path


@pytest.mark.parametrize(
    "path",
    [
        ".github/workflows/ci.yml",
        ".github/workflows/deep/er.yml",
        ".github/workflows",
        ".github",
        ".GitHub/Workflows/x",
        ".GITHUB/WORKFLOWS/x",
        ".github./workflows/x",
        ".github /workflows /x",
        ".github/workflows. /x",
        ".git\u200chub/workflows/x",
        ".github/work\ufeffflows/x",
        "GITHUB~1/workflows/x",
        "githu~2/WORKFL~1/x",
        ".github/workfl~1/x",
        ".github/WORKFLOWS",
    ],
)
def test_G11_counts(path):
    assert is_workflow_path(path.encode())


@pytest.mark.parametrize(
    "path",
    [
        "README.md",
        "docs/.github/workflows/x",
        ".github/dependabot.yml",
        ".github/workflows.md",
        ".github/workflowsx/a",
        "github/workflows/x",
        ".githubx/workflows/x",
        ".github/actions/workflows/x",
        "a.github/workflows/x",
        ".git hub/x",
        "workflows/ci.yml",
    ],
)
def test_does_not_count(path):
    assert not is_workflow_path(path.encode())


def test_a_name_that_is_not_utf8():
    assert is_workflow_path(b".github/workflows/\xff\xfe")
    assert not is_workflow_path(b"\xff/workflows/x")


_META = b":100644 100644 " + b"a" * 40 + b" " + b"b" * 40 + b" M"
_CHANGES = [
    Change("a" * 40, b"x"),
    Change("a" * 40, b":colon first"),
    Change("b" * 40, b"c" * 40),
    Change("b" * 40, b"with\nnewline"),
    Change("c" * 40, b"\xff"),
]


def _raw() -> bytes:
    raw, last = b"", ""
    for change in _CHANGES:
        raw += (
            (change.commit.encode() + b"\0" if change.commit != last else b"")
            + _META
            + b"\0"
            + change.path
            + b"\0"
        )
        last = change.commit
    return raw


@given(st.integers(1, 300))
def test_changes_are_the_same_in_pieces_of_any_size(step):
    reader, raw = ChangeReader(), _raw()
    found = [change for at in range(0, len(raw), step) for change in reader.feed(raw[at : at + step])]
    assert found == _CHANGES
