"""Workflows of GitHub Actions."""

from __future__ import annotations

import pytest

from keyhole.scanners.dependencies.formats import actions
from tests.unit.scanners.dependencies.formats.named import named


def test_actions():
    text = """
jobs:
  a:
    steps:
      - uses: actions/checkout@v4
      - uses: "actions/cache@v3.0.1"
      - uses: tj-actions/changed-files@0123456789abcdef0123456789abcdef01234567 # v45.0.7
      - uses: ./local
      - uses: docker://alpine:3
      - name: x
        uses: owner/repo/path@v1.2.3
    uses: owner/flows/.github/workflows/x.yml@main
"""
    assert named(actions.read, text) == [
        ("GitHub Actions", "actions/checkout", ""),
        ("GitHub Actions", "actions/cache", "v3.0.1"),
        ("GitHub Actions", "tj-actions/changed-files", "v45.0.7"),
        ("GitHub Actions", "owner/repo", "v1.2.3"),
        ("GitHub Actions", "owner/flows", ""),
    ]


@pytest.mark.parametrize(
    "step",
    [
        "- { uses: a/b@v1.0.0 }",
        '- {name: x, "uses": "a/b@v1.0.0", with: {y: 1}}',
        "- {uses: a/b@%s} # v1.0.0" % ("0" * 40),
        "- uses: >-\n    a/b@v1.0.0",
        "- uses: # not here\n\n    a/b@v1.0.0",
        "- 'uses' : a/b@v1.0.0",
        "- &step\n  uses: a/b@v1.0.0",
        "- &step uses: a/b@v1.0.0",
        "- uses: &what a/b@v1.0.0",
        "- {\n  uses: a/b@v1.0.0,\n  name: x}",
        "steps: [{uses: a/b@v1.0.0}]",
    ],
)
def test_however_yaml_lets_it_be_written(step):
    assert named(actions.read, f"x:\n  {step}\n") == [("GitHub Actions", "a/b", "v1.0.0")]


def test_each_of_several_in_a_line_is_read():
    text = "steps: [{uses: a/b@v1.0.0}, {uses: c/d@v2, with: {uses: no}}, {uses: ./here}]"
    assert named(actions.read, text) == [("GitHub Actions", "a/b", "v1.0.0"), ("GitHub Actions", "c/d", "")]


def test_what_an_alias_means_is_not_known():
    assert named(actions.read, "- uses: *what") == [("GitHub Actions", "*what", "")]


@pytest.mark.parametrize(
    "line", ["# uses: a/b@v1", "run: echo uses: a/b@v1", "reuses: a/b@v1", "- name: {x} uses: a/b@v1"]
)
def test_what_only_looks_like_it_is_none(line):
    assert named(actions.read, line) == []


@pytest.mark.parametrize("part", [",uses:a/b/", ",uses:!", "{uses: a/", "- ", ",", " "])
def test_a_line_that_repeats_itself_takes_no_time(part):
    assert named(actions.read, "- {" + part * 100_000) == []


def test_blanks_behind_a_key_are_read_once():
    content = b"steps:\n  - uses:" + b" " * 300_000 + b"actions/checkout@v4.1.0\n"
    assert [(each.name, each.version) for each in actions.read(content)] == [("actions/checkout", "v4.1.0")]
