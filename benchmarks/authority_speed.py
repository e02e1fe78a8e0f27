"""How many requests a second the choke point identifies, judges and puts on record, each durable before it returns.

The gateway's own share (HTTP, git) is not in it. Prints one line of JSON per number of threads.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import threading
import time

_SECONDS = 4.0
_TOKENS = 200


def main() -> None:
    """Measure on a new SQLite data folder, or on KEYHOLE_DATABASE_URL."""
    with tempfile.TemporaryDirectory(prefix="keyhole-bench-") as folder:
        os.environ.update(KEYHOLE_DATA=folder, DJANGO_SETTINGS_MODULE="keyhole.settings")
        for line in _measure():
            print(json.dumps(line))


def _measure() -> list[dict[str, object]]:
    import django  # noqa: PLC0415  # settings read the environment when they are imported
    from django.core.management import call_command  # noqa: PLC0415

    django.setup()
    call_command("migrate", verbosity=0)
    secrets, request = _tokens()
    return [_with_threads(threads, secrets, request) for threads in (1, 4, 16)]


def _tokens() -> tuple[list[object], object]:
    from datetime import UTC, datetime  # noqa: PLC0415

    from keyhole.accounts.services import local_caller, owner_for  # noqa: PLC0415
    from keyhole.core.grant import Access  # noqa: PLC0415
    from keyhole.core.permissions import GIT_FETCH, Level  # noqa: PLC0415
    from keyhole.core.request import OwnerKind, Repository, Request  # noqa: PLC0415
    from keyhole.tokens.services import TokenSpec, generate  # noqa: PLC0415

    owner = owner_for("acme", OwnerKind.ORGANIZATION)
    secrets = [
        generate(
            local_caller(),
            TokenSpec(f"bench {number}", "acme", Access.ALL, permissions={"contents": Level.READ}),
        ).secret
        for number in range(_TOKENS)
    ]
    repository = Repository(1, owner.as_core(), "tool", public=False)
    return secrets, Request(GIT_FETCH, datetime.now(UTC), (repository,))


def _with_threads(threads: int, secrets: list[object], request: object) -> dict[str, object]:
    from django.db import connection  # noqa: PLC0415

    from keyhole.tokens.authority import Circumstances, identify, judge  # noqa: PLC0415

    circumstances = Circumstances("git", "POST", "/acme/tool.git/git-upload-pack", "192.0.2.1", "bench")
    waits: list[float] = []
    end = time.monotonic() + _SECONDS

    def run(number: int) -> None:
        mine = []
        while time.monotonic() < end:
            number += threads
            began = time.monotonic()
            judge(identify(secrets[number % _TOKENS]), request, circumstances)  # type: ignore[arg-type]
            mine.append(time.monotonic() - began)
        waits.extend(mine)
        connection.close()

    workers = [threading.Thread(target=run, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    quantiles = statistics.quantiles(waits, n=100)
    return {
        "threads": threads,
        "judged_per_second": round(len(waits) / _SECONDS),
        "p50_ms": round(quantiles[49] * 1000, 2),
        "p99_ms": round(quantiles[98] * 1000, 2),
    }


if __name__ == "__main__":
    main()
