"""Findings of files that were renamed: the same findings, by what stands around them.

A scanner of code makes its ids of the path and the text of the line, so a file under another name has others. Where a
scan has not what the one before it had, and has the same between the same lines elsewhere, it is the same finding: it
keeps its id, in this scan and in all that see it there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from django.db.models.fields.json import KT

from keyhole.core.finding import Finding as Found
from keyhole.scans.models import Finding, Moved, Scan, State

_WITH_RESULT = (State.COMPLETE, State.INCOMPLETE)
_LOOKED_BACK = 20
"""Scans among which one with the scanners of this one is looked for."""
_BATCH = 500

_Thing = tuple[str, str, str]
"""Scanner, rule, and digest of what stands around."""


def settled(scan: Scan, found: Sequence[Found], *, complete: bool) -> list[Found]:
    """The findings under the ids by which they are known, in the transaction that stores them.

    Only a `complete` scan says that something is gone: by another one, nothing that was not known has moved.
    """
    if not any(each.surroundings for each in found):
        return list(found)
    known = _under_known_ids(scan, found)
    earlier = _before(scan) if complete else []
    if not earlier:
        return known
    rows = Finding.objects.filter(scan__in=earlier, scanner__in=scan.scanners)
    keys = frozenset(rows.order_by().values_list("key", flat=True))
    appeared = _never_seen(scan, [each for each in known if each.surroundings and each.id not in keys])
    gone = keys - {each.id for each in known}
    if not appeared or not gone:
        return known
    pairs = dict(_pairs(appeared, _things(earlier, gone)))
    Moved.objects.bulk_create(
        [Moved(repository=scan.repository, key=key, known_as=kept) for key, kept in pairs.items()],
        update_conflicts=True,
        unique_fields=["repository", "key"],
        update_fields=["known_as"],
    )
    return [replace(each, id=pairs.get(each.id, each.id)) for each in known]


def known_ids(repository_id: int, ids: Collection[str]) -> dict[str, str]:
    """By each id the one that it is known by: another where it was seen to have moved, unless that is there, too."""
    moved = dict(Moved.objects.filter(repository=repository_id).values_list("key", "known_as"))
    taken, known = set(ids), {}
    for each in ids:
        kept = moved.get(each, each)
        known[each] = each if kept in taken else kept
        taken.add(kept)
    return known


def _under_known_ids(scan: Scan, found: Sequence[Found]) -> list[Found]:
    known = known_ids(scan.repository_id, [each.id for each in found])
    return [each if known[each.id] == each.id else replace(each, id=known[each.id]) for each in found]


def _before(scan: Scan) -> list[int]:
    """The last scans with a result of the same repository and branch, by any of the same scanners, newest first.

    They go back to one that was complete: what those after it do not have, they may just not have seen.
    """
    earlier = Scan.objects.filter(
        repository=scan.repository_id, ref=scan.ref, state__in=_WITH_RESULT, pk__lt=scan.pk
    )
    wanted, found = set(scan.scanners), []
    for number, scanners, state in earlier.order_by("-pk").values_list("pk", "scanners", "state")[
        :_LOOKED_BACK
    ]:
        if wanted & set(scanners):
            found.append(number)
            if state == State.COMPLETE:
                break
    return found


def _never_seen(scan: Scan, found: list[Found]) -> list[Found]:
    """Those that no scan of the repository had: what is known elsewhere is what it is."""
    seen: set[str] = set()
    for start in range(0, len(found), _BATCH):
        ids = [each.id for each in found[start : start + _BATCH]]
        rows = Finding.objects.filter(scan__repository=scan.repository_id, key__in=ids).exclude(scan=scan)
        seen.update(rows.values_list("key", flat=True))
    return [each for each in found if each.id not in seen]


def _things(earlier: list[int], gone: frozenset[str]) -> dict[_Thing, list[str]]:
    """Ids of those that are gone, in the order of their places, each as the last of these scans has it."""
    rows = Finding.objects.filter(scan__in=earlier).annotate(around=KT("data__surroundings"))
    told = rows.order_by("scan").values_list("key", "path", "line", "scanner", "rule", "around")
    last = {row[0]: row for row in told.iterator() if row[0] in gone}
    found: dict[_Thing, list[str]] = defaultdict(list)
    for key, _, _, *thing in sorted(last.values(), key=lambda row: (row[1], row[2], row[0])):
        if thing[2]:
            found[thing[0], thing[1], thing[2]].append(key)
    return found


def _pairs(appeared: Iterable[Found], gone: dict[_Thing, list[str]]) -> Iterable[tuple[str, str]]:
    """The id that a finding has, and the one that it keeps. Equal places are taken in their order."""
    for each in sorted(appeared, key=lambda one: (one.locations[0].path, one.locations[0].line, one.id)):
        left = gone.get((each.scanner, each.rule, each.surroundings))
        if left:
            yield each.id, left.pop(0)
