"""Taking over what a scan saw: the libraries of the branch or tag that it read are from then on those."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from keyhole.core import library as core
from keyhole.core.errors import InvalidInput
from keyhole.inventory.models import Library, Stock
from keyhole.scanners.dependencies import SCANNER
from keyhole.scanners.dependencies.names import normal
from keyhole.scans import refs
from keyhole.scans.afterwards import afterwards
from keyhole.scans.models import Inventory, Scan

_BATCH = 500
_ALL_REFS = 1_000_000


@afterwards(order=30)
def take_stock(scan: Scan) -> None:
    """Replaces the libraries, and takes away those of branches and tags that are no more.

    Done twice it comes to the same; a scan that is older than what is kept changes nothing else.

    An incomplete scan counts, too: what it did not see is then missing, and the stock says that it may be.
    """
    if SCANNER.id not in scan.scanners:
        return
    gone = _gone_refs(scan)
    with transaction.atomic():
        Stock.objects.filter(repository=scan.repository_id, ref__in=gone).delete()
        kept = Stock.objects.select_for_update().filter(repository=scan.repository_id, ref=scan.ref).first()
        if kept is not None and kept.scan_id is not None and kept.scan_id > scan.pk:
            return
        Stock.objects.filter(repository=scan.repository_id, ref=scan.ref).delete()
        stock = Stock.objects.create(
            repository_id=scan.repository_id,
            ref=scan.ref,
            scan=scan,
            commit=scan.commit,
            at=timezone.now(),
            complete=not scan.evidence.get("reasons"),
        )
        Library.objects.bulk_create([_row(stock, each) for each in _seen(scan)], batch_size=_BATCH)


def _gone_refs(scan: Scan) -> list[str]:
    """Branches and tags that have libraries and are no more; none when that cannot be told."""
    kept = Stock.objects.filter(repository=scan.repository_id).exclude(ref="")
    known = set(kept.values_list("ref", flat=True))
    if not known:
        return []
    try:
        return sorted(known.difference(refs.names(scan.repository.git_dir, _ALL_REFS)))
    except InvalidInput:
        return []


def _seen(scan: Scan) -> tuple[core.Library, ...]:
    inventory = Inventory.objects.filter(scan=scan).first()
    return inventory.libraries() if inventory is not None else ()


def _row(stock: Stock, seen: core.Library) -> Library:
    return Library(
        stock=stock,
        ecosystem=seen.ecosystem[:40],
        key=normal(seen.ecosystem, seen.name)[:300],
        name=seen.name[:300],
        version=seen.version[:200],
        purl=seen.purl[:600],
        path=seen.path,
        line=seen.line,
        relation=seen.relation.value,
        dev=seen.dev,
        via=list(seen.via),
        licences=", ".join(seen.licences)[:500],
    )
