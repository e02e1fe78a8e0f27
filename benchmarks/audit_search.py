"""How long a page of the audit log takes in a log of a million records, for each filter alone and for several together.

Common and rare names are asked for, and ones that match nothing. Prints one line of JSON per question. `--records N`
takes fewer; `--data FOLDER` keeps the log in a folder and uses the one that is there.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import tempfile
import time
from datetime import timedelta
from typing import Any

_BATCH = 5000
_TIMES = 5


def main() -> None:
    """Measure on a new SQLite data folder, or on KEYHOLE_DATABASE_URL."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--data", default="")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="keyhole-bench-") as folder:
        os.environ.update(KEYHOLE_DATA=chosen.data or folder, DJANGO_SETTINGS_MODULE="keyhole.settings")
        for line in _measure(chosen.records):
            print(json.dumps(line), flush=True)


def _measure(records: int) -> Any:
    import django  # noqa: PLC0415  # settings read the environment when they are imported
    from django.core.management import call_command  # noqa: PLC0415

    django.setup()
    call_command("migrate", verbosity=0)
    from keyhole.audit import search  # noqa: PLC0415

    if not search.last():
        yield _fill(records)
    for name, wanted in _questions().items():
        times = []
        for _ in range(_TIMES):
            began = time.perf_counter()
            found = search.find(wanted, 51)
            times.append(1000 * (time.perf_counter() - began))
        yield {"question": name, "found": len(found), "median_ms": round(statistics.median(times), 1)}
    began = time.perf_counter()
    search.actions()
    yield {"question": "the actions to choose from", "ms": round(1000 * (time.perf_counter() - began), 1)}


def _fill(records: int) -> dict[str, object]:
    from django.db import transaction  # noqa: PLC0415

    from keyhole.audit.log import Chain  # noqa: PLC0415

    chance = random.Random(1)  # noqa: S311  # the same log every time
    began = time.perf_counter()
    for _ in range(records // _BATCH):
        with transaction.atomic():
            Chain().extend(_draft(chance) for _ in range(_BATCH))
    return {"records": records, "written_per_s": round(records / (time.perf_counter() - began))}


def _draft(chance: random.Random) -> Any:
    from keyhole.audit.log import Draft  # noqa: PLC0415

    # A few tools and repositories do nearly everything, and many do little, as in use.
    tool, number = int(chance.paretovariate(0.6)) % 300, int(chance.paretovariate(0.5)) % 2000
    denied = chance.random() < 0.02
    named = [f"org{number % 20}/repo-{number}"] + (["org5/repo-5"] if chance.random() < 0.001 else [])
    return Draft(
        "rest:refuse" if denied else chance.choice(["rest:act", "git:act"]),
        "denied" if denied else "allowed",
        {
            "user_id": 1,
            "name": f"tool {tool}",
            "via": "token",
            "token_id": tool + 1,
            "address": f"10.0.{tool % 7}.{chance.randrange(200)}",
        },
        {
            "method": "GET",
            "target": f"/api/v3/repos/{named[0]}/contents/README.md",
            "agent": "git/2.39",
            "operation": "repos/get-content",
            "repositories": named,
            "used": {"contents": "read"},
        },
    )


def _questions() -> dict[str, Any]:
    from keyhole.audit.models import Entry  # noqa: PLC0415
    from keyhole.audit.search import Filter  # noqa: PLC0415

    first, newest = Entry.objects.order_by("seq").first(), Entry.objects.order_by("-seq").first()
    assert first is not None
    assert newest is not None
    middle = first.at + (newest.at - first.at) / 2
    return {
        "everything": Filter(),
        "denied": Filter(outcome="denied"),
        "a common action": Filter(action="rest:act"),
        "all actions of a kind": Filter(action="rest:*"),
        "a busy tool": Filter(who="tool 1"),
        "a quiet tool": Filter(who="tool 299"),
        "nobody": Filter(who="nobody"),
        "a token": Filter(token_ids=(2,)),
        "a busy repository": Filter(repository="org1/repo-1"),
        "a repository named second": Filter(repository="org5/repo-5"),
        "no such repository": Filter(repository="org1/none"),
        "an address": Filter(address="10.0.1.7"),
        "a second in the middle": Filter(since=middle, until=middle + timedelta(seconds=1)),
        "an id": Filter(id=first.id),
        "a busy tool, denied": Filter(who="tool 1", outcome="denied"),
        "a quiet tool on a busy repository": Filter(who="tool 299", repository="org1/repo-1"),
        "a busy token on a busy repository, denied, in half of the time": Filter(
            token_ids=(2,), repository="org1/repo-1", outcome="denied", until=middle
        ),
        "two busy ones that never meet": Filter(who="tool 1", address="10.0.2.7"),
    }


if __name__ == "__main__":
    main()
