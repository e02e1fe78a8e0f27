"""Writing the log out, oldest record first, in pieces: whole or filtered, however many records there are."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import TextIO

from keyhole.audit.models import Entry
from keyhole.audit.search import Filter, every, last

FORMS = ("json", "csv")
"""`json` is one object a line."""
_COLUMNS = ("seq", "id", "at", "action", "outcome", "actor", "subject", "previous", "hash")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def lines(form: str, wanted: Filter | None = None, up_to: int | None = None) -> Iterator[str]:
    """The text of an export, piece by piece. ValueError for a form that is none."""
    if form not in FORMS:
        raise ValueError(f"not a form of export: {form!r}")
    end = last() if up_to is None else up_to  # a log that grows meanwhile must not make it endless
    entries = every(wanted or Filter(), end)
    return _csv(entries) if form == "csv" else _json(entries)


def export(stream: TextIO, form: str, wanted: Filter | None = None, up_to: int | None = None) -> int:
    """Write every record that matches; returns how many."""
    count = 0 if form == "json" else -1  # a table begins with its headings
    for line in lines(form, wanted, up_to):
        stream.write(line)
        count += 1
    return count


def _json(entries: Iterable[Entry]) -> Iterator[str]:
    for entry in entries:
        yield json.dumps(_row(entry), ensure_ascii=True, separators=(",", ":")) + "\n"


def _csv(entries: Iterable[Entry]) -> Iterator[str]:
    buffer = io.StringIO()
    table = csv.writer(buffer)
    table.writerow(_COLUMNS)
    yield _taken(buffer)
    for entry in entries:
        row = _row(entry)
        table.writerow([_cell(row[name]) for name in _COLUMNS])
        yield _taken(buffer)


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def _row(entry: Entry) -> dict[str, object]:
    return {name: getattr(entry, name) for name in _COLUMNS} | {"at": entry.at.isoformat()}


def _cell(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    # A spreadsheet would run a cell that looks like a formula.
    return f"'{text}" if text.startswith(_FORMULA) else text
