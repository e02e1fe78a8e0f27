"""Which scans of a commit count: GitHub is told what all of them say, so that none hides what another one found.

A scan counts until a later one covers it: one of the same commit, for the same environment, that had at least the same
scanners and read at least the same. So what is told does not depend on who tells it, or when.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import QuerySet

from keyhole.findings.models import Telling
from keyhole.findings.sightings import IN_HISTORY
from keyhole.reports.gather import WITH_RESULT
from keyhole.reports.github.words import context_of
from keyhole.scans.models import Scan


def standing(scan: Scan, what: str) -> tuple[Scan, ...]:
    """The scans of the same commit that count, newest first, of those that GitHub was to be told this of."""
    known: list[Scan] = []
    left = []
    for each in (telling.scan for telling in _alike(scan, what)):
        if not any(covers(later, each) for later in known):
            left.append(each)
        known.append(each)
    return tuple(left)


def told_in_its_place(scan: Scan, what: str) -> int | None:
    """A later scan that covers this one, and that GitHub was told of."""
    done = (each for each in _alike(scan, what) if each.state == Telling.State.DONE)
    return next(
        (each.scan_id for each in done if each.scan_id > scan.pk and covers(each.scan, scan)),
        None,
    )


def covers(later: Scan, earlier: Scan) -> bool:
    """Whether a scan of the same commit looked at all that the earlier one looked at."""
    if not set(later.scanners) >= set(earlier.scanners):
        return False
    if later.ref == earlier.ref or not later.ref or IN_HISTORY["scanner"] not in earlier.scanners:
        return True
    # Another name for the same history; a tag with a message has that beside, and the whole history more.
    return bool(earlier.tip) and later.tip == earlier.tip


def of_repository(scan: Scan, what: str) -> QuerySet[Telling]:
    """What GitHub was to be told of scans of the same repository there: one taken in again has another row here."""
    rows = Telling.objects.select_related("scan__repository__owner", "scan__environment")
    place = scan.repository
    return rows.filter(
        what=what,
        scan__state__in=WITH_RESULT,
        scan__repository__provider=place.provider,
        scan__repository__marker=place.marker,
    )


def _alike(scan: Scan, what: str) -> Iterator[Telling]:
    # GitHub takes names of statuses for the same whatever the case of their letters.
    context = context_of(scan).casefold()
    for each in of_repository(scan, what).filter(scan__commit=scan.commit).order_by("-scan_id"):
        if context_of(each.scan).casefold() == context:
            yield each
