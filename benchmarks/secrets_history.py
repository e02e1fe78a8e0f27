"""Scans the whole history of a repository and prints how long it took, beside peers where they are installed.

    python benchmarks/secrets_history.py PATH [--runs 5]

Peers: `kingfisher scan PATH --no-validate` for the same history, and `detect-secrets scan` for a working tree alone
(it reads no history, so its figure is only a floor). Runs are interleaved; the median of each is compared.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from keyhole.core.secret import Secret
from keyhole.scanners import child, locate


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser()
    parser.add_argument("path", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    contestants = {"keyhole": _keyhole(given.path), **_peers(given.path)}
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(given.runs):
        for name, run in contestants.items():
            start = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - start)
    ours = statistics.median(times["keyhole"])
    for name, taken in times.items():
        middle = statistics.median(taken)
        print(f"{name:16} {middle:8.2f} s  {middle / ours:6.2f} x keyhole  (median of {len(taken)})")


def _keyhole(path: Path) -> Callable[[], None]:
    git_dir = locate.git_dir_of(path)

    def run() -> None:
        result = child.run(git_dir, hmac_secret=Secret("benchmark"))
        print(f"  {result.verdict[:80]}: {result.objects:,} objects, {result.bytes_read / 1e6:,.1f} MB")

    return run


def _peers(path: Path) -> dict[str, Callable[[], None]]:
    commands = {
        "kingfisher": [
            "kingfisher",
            "scan",
            str(path),
            "--no-validate",
            "--no-update-check",
            "--format",
            "json",
        ],
        "detect-secrets": ["detect-secrets", "-C", str(path), "scan", "--no-verify"],
    }
    return {name: _command(argv) for name, argv in commands.items() if shutil.which(argv[0])}


def _command(argv: list[str]) -> Callable[[], None]:
    def run() -> None:
        subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)

    return run


if __name__ == "__main__":
    main()
