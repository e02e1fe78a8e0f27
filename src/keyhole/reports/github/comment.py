"""What the comment on a pull request says: each scan of the commit that counts by itself, the worst first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from keyhole.core.plural import counted
from keyhole.reports.github.markdown import code, plain
from keyhole.reports.github.words import Told, Whole

MOST_SHOWN = 20
"""Findings that a comment names of one scan."""
_ROOM = 25_000
"""Characters of a comment for findings, and as many for breaches: GitHub takes 65,536 in all, and what is escaped can
have twelve for one. Several scans share it."""
_WHOLE = 62_000
"""Characters for all scans together, below the heading."""


def comment_text(told: Whole, mark: str) -> str:
    """The comment. Whatever came from the repository, or from people, is escaped."""
    number = len(told.parts)
    parts = ["\n".join(_lines(part, number)) for part in told.parts]
    shown = _fitting(parts, _WHOLE)
    left = number - len(shown)
    more = [f"\nAnd {counted(left, 'more scan')}, which Keyhole names."] if left else []
    return "\n".join([mark, f"### Keyhole: {plain(told.sentence)}", *shown, *more]) + "\n"


def _lines(told: Told, number: int) -> Iterator[str]:
    """What one of so many scans says."""
    room = _ROOM // number
    if number > 1:
        yield f"\n#### {plain(told.sentence)}"
    yield ""
    where = f" for {plain(str(told.scan.environment))}" if told.scan.environment is not None else ""
    scanners = plain(", ".join(told.scan.scanners))
    looked = f"File of {scanners}, about" if told.scan.imported else f"Scan by {scanners} of"
    yield f"{looked} {code(told.scan.commit[:10])}{where}. [The scan in Keyhole]({told.url})"
    if not told.complete:
        reason = plain(told.scan.reason, 500 // number)
        yield f"\n**Not everything was read, so nothing is known of the rest:** {reason}"
    breaches = [
        f"\n**{plain(breach.demand)}**  \n{plain(breach.why, 400)}  \n{plain(breach.fix, 400)}"
        for breach in (told.verdict.breaches if told.verdict is not None else ())
    ]
    shown = _fitting(breaches, room)
    yield from shown
    if more := len(breaches) - len(shown):
        yield f"\nAnd {more:,} more, which Keyhole names."
    if told.rows:
        yield from _table(told, room)


def _table(told: Told, room: int) -> Iterator[str]:
    yield f"\n<details><summary>{counted(len(told.rows), 'open finding')}</summary>\n"
    yield "| severity | what | where |\n|---|---|---|"
    found = [row.finding for row in told.rows[:MOST_SHOWN]]
    named = _fitting(
        (f"| {each.severity} | {plain(each.title)} | {code(each.locations[0].where)} |" for each in found),
        room,
    )
    yield from named
    if more := len(told.rows) - len(named):
        yield f"| | and {more:,} more | |"
    yield "\n</details>"


def _fitting(lines: Iterable[str], left: int) -> list[str]:
    """Those of the lines, from the first on, for which there is room."""
    fitting = []
    for line in lines:
        left -= len(line) + 1
        if left < 0:
            break
        fitting.append(line)
    return fitting
