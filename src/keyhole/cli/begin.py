"""What `keyhole` runs first: a scan's process makes itself ready while the command line does."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line and end the process with its exit code."""
    command, *rest = sys.argv[1:] or [""]
    if command == "scan" and any(map(os.path.isdir, rest)):
        import gc

        from keyhole.scanners.early import HEAD, start_early

        gc.disable()  # one scan leaves little of it, and looking for it takes as long as scanning a small project
        start_early(*([HEAD] if "--head" in rest else []))
    from keyhole.cli.main import main as command_line

    command_line()
