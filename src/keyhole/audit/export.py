"""Writing the log out, oldest record first."""

from __future__ import annotations

import csv
import json
from typing import TextIO

from keyhole.audit.models import Entry

_COLUMNS = ("seq", "id", "at", "action", "outcome", "actor", "subject", "previous", "hash")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def export(stream: TextIO, form: str) -> int:
    """Write every record as `json` (one object a line) or `csv`; returns how many."""
    table = csv.writer(stream) if form == "csv" else None
    if table is not None:
        table.writerow(_COLUMNS)
    count = 0
    for entry in Entry.objects.order_by("seq").iterator(chunk_size=2000):
        row = {name: getattr(entry, name) for name in _COLUMNS} | {"at": entry.at.isoformat()}
        if table is not None:
            table.writerow([_cell(row[name]) for name in _COLUMNS])
        else:
            stream.write(json.dumps(row, ensure_ascii=True, separators=(",", ":")) + "\n")
        count += 1
    return count


def _cell(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    # A spreadsheet would run a cell that looks like a formula.
    return f"'{text}" if text.startswith(_FORMULA) else text
