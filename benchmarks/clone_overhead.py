"""A clone of about 100 MB through the gateway, held against `git clone --no-local` of the same repository from disk.

Prints both medians, their ratio, and what the server's memory does meanwhile. The runs take turns, so that a slow
moment of the machine falls on both. Targets: ratio at most 1.10, growth at most 80 MB.

    python -m benchmarks.clone_overhead [--runs 7] [--megabytes 100]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil


def main() -> int:
    """Measure, print, and say by the exit code whether both targets were met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--megabytes", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="keyhole-bench-") as folder:
        figures = _measure(Path(folder), options.runs, options.megabytes)
    print(json.dumps(figures, indent=2))
    return 0 if figures["ratio"] <= 1.10 and figures["growth_mb"] <= 80 else 1


def _measure(folder: Path, runs: int, megabytes: int) -> dict[str, float]:
    os.environ["PYTEST_KEYHOLE_RUN"] = str(folder)  # where the stories' server registers the tokens it makes
    os.environ.update(
        GIT_AUTHOR_NAME="B",
        GIT_AUTHOR_EMAIL="b@example.invalid",
        GIT_COMMITTER_NAME="B",
        GIT_COMMITTER_EMAIL="b@example.invalid",
    )
    from tests.stories.keyhole_process import KeyholeProcess  # noqa: PLC0415 - after its run folder is named

    keyhole = KeyholeProcess(folder / "keyhole")
    keyhole.start()
    try:
        source = keyhole.make_repo("bench/large", _files(megabytes))
        # As a repository that is in use looks: packed, so that neither side spends its time looking for deltas.
        subprocess.run(["git", f"--git-dir={source}", "repack", "-adq", "--window=0"], check=True)
        token = keyhole.token("bench/large", contents="read")
        address = [
            "-c",
            f"http.extraHeader=Authorization: {token.header}",
            "clone",
            "-q",
            "--bare",
            f"{keyhole.url}/bench/large.git",
        ]
        local = ["clone", "-q", "--bare", "--no-local", str(source)]
        _timed(folder, local)
        _timed(folder, address)  # once each, so that both read from warm caches
        memory = _Memory(keyhole.process.pid)
        times: dict[str, list[float]] = {"disk": [], "gateway": []}
        for _ in range(runs):
            times["disk"].append(_timed(folder, local))
            with memory:
                times["gateway"].append(_timed(folder, address))
        size = sum(path.stat().st_size for path in (source / "objects").rglob("*") if path.is_file())
    finally:
        keyhole.stop()
    disk, gateway = statistics.median(times["disk"]), statistics.median(times["gateway"])
    return {
        "repository_mb": round(size / 1e6, 1),
        "runs": runs,
        "disk_s": round(disk, 3),
        "gateway_s": round(gateway, 3),
        "ratio": round(gateway / disk, 3),
        "idle_rss_mb": round(memory.before / 1e6, 1),
        "peak_rss_mb": round(memory.peak / 1e6, 1),
        "growth_mb": round((memory.peak - memory.before) / 1e6, 1),
    }


def _files(megabytes: int) -> dict[str, str]:
    """Text that compresses about as code does, the same in every run."""
    chooser = random.Random(7)  # noqa: S311 - repeatable, not secret
    words = [f"{chooser.getrandbits(48):x}" for _ in range(60_000)]
    per_file = 12_000  # about 150 kB of text, of which git keeps less than half
    count = megabytes * 1_000_000 // 75_000
    return {
        f"src/{number % 40}/{number}.txt": " ".join(chooser.choices(words, k=per_file))
        for number in range(count)
    }


def _timed(folder: Path, command: list[str]) -> float:
    target = folder / "clone"
    started = time.perf_counter()
    subprocess.run(["git", *command, str(target)], check=True, stdin=subprocess.DEVNULL)
    taken = time.perf_counter() - started
    shutil.rmtree(target)
    return taken


class _Memory:
    """Largest resident size of the server's own process while a clone runs; git children are not in it."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self.before = self.peak = self._process.memory_info().rss
        self._stop = threading.Event()

    def __enter__(self) -> None:
        self._stop.clear()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(0.02):
            self.peak = max(self.peak, self._process.memory_info().rss)


if __name__ == "__main__":
    sys.exit(main())
