"""How long it takes to take one scan with many findings into account: all new, all as before, half of them gone.

The findings are those of `findings_page`. Prints one line of JSON per number of findings and kind of scan: seconds
by the clock and of this process' CPU, and microseconds per finding. `--findings N` (again and again) takes other
numbers than 10,000 and 50,000. On a new SQLite data folder, or on KEYHOLE_DATABASE_URL, which should be empty.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import time
from collections.abc import Iterator
from typing import Any

from benchmarks.findings_page import again_of, scan_with

NUMBERS = (10_000, 50_000)


def main() -> None:
    """Measure each number on a repository of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--findings", type=int, action="append")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="keyhole-bench-") as folder:
        os.environ.update(KEYHOLE_DATA=folder, DJANGO_SETTINGS_MODULE="keyhole.settings")
        import django  # noqa: PLC0415  # settings read the environment when they are imported
        from django.core.management import call_command  # noqa: PLC0415

        django.setup()
        call_command("migrate", verbosity=0)
        for number in chosen.findings or NUMBERS:
            for line in _measure(number):
                print(json.dumps(line), flush=True)


def _measure(number: int) -> Iterator[dict[str, object]]:
    from keyhole.findings.models import Problem  # noqa: PLC0415

    name = f"large-{number}"
    first = scan_with(name, random.Random(1), number)  # noqa: S311  # the same findings every time
    yield _settled(first, number, "all new")
    as_before = again_of(first)
    yield _settled(as_before, number, "all as before")
    half = again_of(first)
    left = list(half.findings.order_by("pk").values_list("pk", flat=True)[: number // 2])
    half.findings.filter(pk__gt=left[-1]).delete()
    yield _settled(half, number, "half of them gone")
    fixed = Problem.objects.filter(repository=first.repository_id, status="fixed").count()
    assert fixed == number - number // 2


def _settled(scan: Any, number: int, what: str) -> dict[str, object]:
    from keyhole.findings.life import settle_findings  # noqa: PLC0415

    began, worked = time.perf_counter(), time.process_time()
    settle_findings(scan)
    seconds, cpu = time.perf_counter() - began, time.process_time() - worked
    return {
        "findings": number,
        "scan": what,
        "s": round(seconds, 2),
        "cpu_s": round(cpu, 2),
        "us_per_finding": round(1e6 * seconds / number),
    }


if __name__ == "__main__":
    main()
