"""A report as SARIF 2.1.0, one run for each scanner of each repository; what is no more to do shows as suppressed.

Standard: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html (3.17 for what a run is one of, 3.35 for
suppressions). GitHub closes every alert of a branch that a run of the same tool and category does not have, and takes
no file in which two runs have the same:
https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning.
So each scanner is a category of its own: a scan with more scanners and one with fewer replace exactly the alerts of
those that both had. The whole history is another category than one branch of it, as it has the secrets of all; the
environment makes none, since it changes nothing about what is found. A report over findings has a part of them, and so
never stands for a scan.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

from keyhole.reports.dataset import Dataset, Row
from keyhole.reports.outline import decision
from keyhole.reports.renderers.interface import Renderer
from keyhole.reports.renderers.sarif import log, run_of


def document(data: Dataset) -> dict[str, Any]:
    """The whole log as plain data."""
    return log([_run(part, category) for part, category in _parts(data)])


def _parts(data: Dataset) -> Iterator[tuple[Dataset, str]]:
    """What makes one run each, with its category."""
    for name in data.repositories:
        part = data.of_repository(name)
        if data.filtered or len(part.sources) != 1 or not part.sources[0].scanners:
            yield part, f"filtered/{name}"
        else:
            yield from _by_scanner(part)


def _by_scanner(data: Dataset) -> Iterator[tuple[Dataset, str]]:
    (source,) = data.sources
    first = source.scanners[0]
    for scanner in source.scanners:
        # A file that was imported may have brought back findings that another scanner had.
        rows = tuple(row for row in data.rows if _of(row, source.scanners, first) == scanner)
        part = dataclasses.replace(source, scanners=(scanner,))
        category = scanner if source.ref else f"{scanner}/history"
        yield dataclasses.replace(data, sources=(part,), rows=rows), category


def _of(row: Row, scanners: tuple[str, ...], first: str) -> str:
    return row.finding.scanner if row.finding.scanner in scanners else first


def _run(data: Dataset, category: str) -> dict[str, Any]:
    # The category is what stands before the last `/`.
    run: dict[str, Any] = {**run_of(data.as_result()), "automationDetails": {"id": f"{category}/"}}
    run["properties"]["repository"] = data.repositories[0]
    if data.imported:  # a result that was read says "clean" of itself where it has no findings
        run["properties"]["verdict"] = data.verdict
    if data.policies:
        run["properties"]["policy"] = "; ".join(data.policies)
    for result, row in zip(run["results"], data.rows, strict=True):
        if suppressions := _suppressions(row):
            result["suppressions"] = suppressions
    return run


def _suppressions(row: Row) -> list[dict[str, Any]]:
    """What is fixed, too: it is in the report of an older scan, and open in none."""
    said = ["fixed", *map(decision, row.decided)] if row.status == "fixed" else map(decision, row.decided)
    return [{"kind": "external", "status": "accepted", "justification": each} for each in said]


def _render(data: Dataset) -> bytes:
    return json.dumps(document(data), indent=2).encode() + b"\n"


RENDERER = Renderer(
    id="sarif",
    title="SARIF",
    about="SARIF 2.1.0, for tools that show findings beside code",
    suffix="sarif",
    media="application/sarif+json",
    render=_render,
)
