"""docs/presets.md says what the data files say."""

from __future__ import annotations

import subprocess
import sys

from tests.conventions.checkout import ROOT


def test_the_page_is_what_the_data_says():
    written = subprocess.run(
        [sys.executable, "scripts/presets_page.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    assert (ROOT / "docs/presets.md").read_text() == written, "write it again: scripts/presets_page.py"
