"""Taking over what a scan saw: the libraries of the branch or tag that it read are from then on those."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from keyhole.core import library as core
from keyhole.inventory.models import Library, Stock
from keyhole.scanners.dependencies import SCANNER
from keyhole.scanners.dependencies.names import normal
from keyhole.scans.afterwards import afterwards
from keyhole.scans.models import Inventory, Scan

_BATCH = 500


@afterwards(order=30)
def take_stock(scan: Scan) -> None:
    """Replaces the libraries. Done twice it comes to the same; a scan that is older than what is kept changes nothing.

    An incomplete scan counts, too: what it did not see is then missing, and the stock says that it may be.
    """
    if SCANNER.id not in scan.scanners:
        return
    with transaction.atomic():
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
