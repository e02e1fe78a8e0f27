"""Repositories that were made to do harm, each scanned by a whole `keyhole scan`: seconds, memory and verdict.

    python -m benchmarks.hostile_repositories [--runs 1] [PART OF A NAME...]

They are those of `tests/stories/hostile`, built anew. Seconds are from start to exit, the median of the runs; beside
them those of the processor, of the last run, which tell more where the machine is busy with other things; memory is the
largest sum over all processes, shared pages shared out (PSS), of any run. What is promised of each: no more than ten
seconds and 512 MiB. `over` stands at the end of lines that do not hold it, and the exit code is then 1.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_SECONDS = 10.0
_MEMORY = 512 << 20
_SHOWN = 60


def main() -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description="Scan repositories that were made to do harm.")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--runs", type=int, default=1)
    given = parser.parse_args()
    from keyhole.scanners.secrets.shapes import make  # noqa: PLC0415 - what is asked wrongly needs no repositories
    from tests.stories.hostile import contents, names, packs, settings, shapes  # noqa: F401, PLC0415
    from tests.stories.hostile.yard import CASES, Yard  # noqa: PLC0415

    chosen = [each for each in CASES if not given.names or any(part in each.name for part in given.names)]
    if not chosen:
        parser.error("there is no such repository")
    over = 0
    print(f"{'repository':56} {'seconds':>8} {'processor':>9} {'MiB':>5}  verdict")
    with tempfile.TemporaryDirectory(prefix="keyhole-bench-") as folder:
        for number, each in enumerate(chosen):
            planted = Path(folder, f"{number}", "planted")
            planted.mkdir(parents=True)
            token = make("ghp_<alnum:30><crc32>", number)
            with contextlib.redirect_stdout(io.StringIO()):
                each.build(yard := Yard(planted, token.encode(), "127.0.0.1:9"))
            runs = [_scanned(yard.path, Path(folder, "data")) for _ in range(given.runs)]
            seconds, memory = statistics.median(run[0] for run in runs), max(run[1] for run in runs)
            processor = runs[-1][2]
            beyond = seconds > _SECONDS or memory > _MEMORY
            over += beyond
            verdict = f"{runs[-1][3][:_SHOWN]}{'  over' if beyond else ''}"
            print(f"{each.name:56} {seconds:8.2f} {processor:9.2f} {memory >> 20:5}  {verdict}", flush=True)
    print(f"{len(chosen)} repositories, {over} over {_SECONDS:g} s or {_MEMORY >> 20} MiB; ", end="")
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    return 1 if over else 0


def _scanned(repository: Path, data: Path) -> tuple[float, int, float, str]:
    """Seconds, bytes of memory, seconds of processors, and what came of it."""
    from tests.stories.scan_memory import watched  # noqa: PLC0415 - after wrong usage was told

    keyhole = str(Path(sys.executable).parent / "keyhole")
    argv = [keyhole, "scan", str(repository), "-s", "secrets", "-s", "dependencies", "--json"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(data), "KEYHOLE_DATA": str(data)}
    start, before = time.perf_counter(), _processor()
    with watched() as peak:
        done = subprocess.run(argv, env=environment, capture_output=True, check=False)
    seconds, processor = time.perf_counter() - start, _processor() - before
    try:
        result = json.loads(done.stdout)
    except ValueError:
        return seconds, peak[0], processor, f"exit code {done.returncode}"
    found = f"{len(result['findings'])} found, {result['status']}"
    return (
        seconds,
        peak[0],
        processor,
        f"{found} ({'; '.join(result['reasons'])})" if result["reasons"] else found,
    )


def _processor() -> float:
    """What ended children have used so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    raise SystemExit(main())
