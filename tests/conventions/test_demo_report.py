"""The check of the demo's report, which CI relies on, refuses what is no good report."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.conventions.checkout import ROOT

STEPS = [{"name": str(number), "ok": True, "seconds": 0.1} for number in range(16)]


def check(text):
    return subprocess.run(
        [sys.executable, "scripts/check_demo.py"],
        cwd=ROOT, input=text, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_good_report_passes():
    assert check(json.dumps({"ok": True, "steps": STEPS})).returncode == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Traceback",
        "[]",
        json.dumps({"ok": True}),
        json.dumps({"ok": False, "steps": STEPS}),
        json.dumps({"ok": "yes", "steps": STEPS}),
        json.dumps({"ok": True, "steps": STEPS[1:]}),
        json.dumps({"ok": True, "steps": [*STEPS, {"name": "audit", "ok": False}]}),
        json.dumps({"ok": True, "steps": [*STEPS, {"name": "audit"}]}),
    ],
)
def test_anything_else_fails(text):
    result = check(text)
    assert result.returncode == 1
    assert "demo: " in result.stdout
