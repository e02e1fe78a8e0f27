"""Workflows of GitHub Actions."""

from __future__ import annotations

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
