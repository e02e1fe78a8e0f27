"""How long the findings page takes with 100,000 findings, counts included, and how long a scan takes to be settled.

Half of the findings belong to one repository and come from one scan, which is settled twice: when all of them are new,
and when all are as they were. The others are spread over 200 repositories. The page is asked for as a browser asks,
through everything that Django does for it; each figure is the median of five. Prints one line of JSON per question.
`--findings N` takes fewer; `--data FOLDER` keeps them in a folder and uses the ones that are there.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from typing import Any

_TIMES = 5
_REPOSITORIES = 200
QUESTIONS = {
    "open, worst first": "",
    "a page in the middle": "after={middle}",
    "everything": "show=all",
    "one severity": "severity=low",
    "one kind": "kind=secret",
    "one repository": "repository={repository}",
    "words": "q=timing+lib",
    "a path": "path=src/module7",
    "a package": "package=lib77",
    "an advisory": "advisory=CVE-2026-4242",
    "overdue, due first": "due=overdue&order=due",
    "likeliest exploited": "order=epss&epss=0.5",
    "nothing that matches": "q=nothingatall",
}


def main() -> None:
    """Measure on a new SQLite data folder, or on KEYHOLE_DATABASE_URL."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--findings", type=int, default=100_000)
    parser.add_argument("--data", default="")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="keyhole-bench-") as folder:
        os.environ.update(KEYHOLE_DATA=chosen.data or folder, DJANGO_SETTINGS_MODULE="keyhole.settings")
        for line in _measure(chosen.findings):
            print(json.dumps(line), flush=True)


def _measure(wanted: int) -> Iterator[dict[str, object]]:
    import django  # noqa: PLC0415  # settings read the environment when they are imported
    from django.core.management import call_command  # noqa: PLC0415

    django.setup()
    call_command("migrate", verbosity=0)
    from keyhole.findings.models import Problem  # noqa: PLC0415

    if not Problem.objects.exists():
        yield from _fill(wanted)
    yield {"findings": Problem.objects.count(), "open": Problem.objects.filter(is_open=True).count()}
    middle = Problem.objects.filter(is_open=True).order_by("rank", "-id")[wanted // 2]
    values = {"middle": middle.pk, "repository": middle.repository_id}
    client = _client()
    for name, query in QUESTIONS.items():
        address = f"/findings?{query.format(**values)}"
        times = []
        for _ in range(_TIMES):
            began = time.perf_counter()
            answer = client.get(address)
            times.append(1000 * (time.perf_counter() - began))
            assert answer.status_code == 200
        yield {"page": name, "median_ms": round(statistics.median(times)), "worst_ms": round(max(times))}


def _client() -> Any:
    from django.contrib.auth import get_user_model  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    from keyhole.accounts.services import local_caller  # noqa: PLC0415

    client = Client(HTTP_HOST="localhost")
    client.force_login(get_user_model().objects.get(pk=local_caller().user_id))
    return client


def _fill(wanted: int) -> Iterator[dict[str, object]]:
    from keyhole.findings.life import settle_findings  # noqa: PLC0415

    chance = random.Random(1)  # noqa: S311  # the same findings every time
    large = scan_with("large", chance, wanted // 2)
    yield {"settled": wanted // 2, "all": "new", "s": _seconds(lambda: settle_findings(large))}
    again = again_of(large)
    yield {"settled": wanted // 2, "all": "as before", "s": _seconds(lambda: settle_findings(again))}
    small = [scan_with(f"small-{n}", chance, wanted // 2 // _REPOSITORIES) for n in range(_REPOSITORIES)]
    yield {
        "settled": f"{_REPOSITORIES} scans",
        "s": _seconds(lambda: [settle_findings(scan) for scan in small]),
    }


def _seconds(work: Any) -> float:
    began = time.perf_counter()
    work()
    return round(time.perf_counter() - began, 2)


def scan_with(name: str, chance: random.Random, number: int) -> Any:
    from django.utils import timezone  # noqa: PLC0415

    from keyhole.accounts.services import owner_for  # noqa: PLC0415
    from keyhole.core.request import OwnerKind  # noqa: PLC0415
    from keyhole.environments.models import Environment  # noqa: PLC0415
    from keyhole.repositories.models import Repository  # noqa: PLC0415
    from keyhole.scans.models import Finding, Scan, State  # noqa: PLC0415

    now = timezone.now()
    place = Repository.objects.create(
        owner=owner_for("harbour", OwnerKind.ORGANIZATION),
        name=name,
        name_folded=name,
        location=f"/nowhere/{name}.git",
        marker=name,
        connected_at=now,
    )
    environment, _ = Environment.objects.get_or_create(
        name="production", defaults={"due_days": {"critical": 7, "high": 30}, "created_at": now}
    )
    scan = Scan.objects.create(
        name=name,
        repository=place,
        state=State.RUNNING,
        scanners=["secrets", "dependencies", "python-code"],
        environment=environment,
        created_at=now,
    )
    rows = [Finding.of(scan, _finding(chance, name, n)) for n in range(number)]
    Finding.objects.bulk_create(rows, batch_size=1000)
    return scan


def again_of(scan: Any) -> Any:
    from keyhole.scans.models import Finding, Scan  # noqa: PLC0415

    again = Scan.objects.get(pk=scan.pk)
    again.pk = None
    again.save(force_insert=True)
    rows = list(Finding.objects.filter(scan=scan))
    for row in rows:
        row.pk, row.scan = None, again
    Finding.objects.bulk_create(rows, batch_size=1000)
    return again


def _finding(chance: random.Random, name: str, number: int) -> Any:
    from keyhole.core.finding import Finding, Location  # noqa: PLC0415
    from keyhole.core.library import PackageFacts, Relation  # noqa: PLC0415
    from keyhole.core.terms import Confidence, Kind, Severity, finding_id  # noqa: PLC0415

    kind = chance.choices((Kind.VULNERABILITY, Kind.CODE, Kind.SECRET), (6, 3, 1))[0]
    scanner, rule, title = {
        Kind.VULNERABILITY: ("dependencies", "vulnerable-package", f"lib{number % 900}: a timing weakness"),
        Kind.CODE: ("python-code", f"s{100 + number % 600}-something", "Something insecure in the code"),
        Kind.SECRET: ("secrets", "cloud-key", "Cloud access key"),
    }[kind]
    fingerprint = f"{rule}:{finding_id(name, str(number)) * 2}"
    facts = PackageFacts(
        purl=f"pkg:pypi/lib{number % 900}@1.{number % 7}",
        ecosystem="PyPI",
        name=f"lib{number % 900}",
        version=f"1.{number % 7}",
        relation=Relation.TRANSITIVE,
        dev=False,
        via=("something",),
        ids=(f"CVE-2026-{number}", f"GHSA-xxxx-{number:04}"),
        fixed="2.0",
        epss=round(chance.random() ** 8, 4),
        kev=chance.random() < 0.005,
    )
    return Finding(
        id=finding_id(scanner, fingerprint),
        scanner=scanner,
        rule=rule,
        title=title,
        severity=chance.choices(list(Severity), (1, 4, 8, 12))[0],
        confidence=chance.choice(list(Confidence)),
        locations=(
            Location(
                "a" * 40, "2026-01-01T00:00:00Z", f"src/module{number % 999}/file.py", 1 + number % 500, 1
            ),
        ),
        occurrences=1,
        fingerprint=fingerprint,
        last4="",
        why="Somebody who can measure how long it takes learns what it compares with. " * 3,
        fix="Upgrade it to 2.0 or later.",
        references=("https://advisories.example/one", "https://advisories.example/two"),
        kind=kind,
        package=(facts,) if kind is Kind.VULNERABILITY else (),
    )


if __name__ == "__main__":
    main()
