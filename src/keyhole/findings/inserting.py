"""Writing many rows at once. Django prepares every value of every row anew: of 50,000 findings, that was most of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db import connection
from django.db.models import Field, Model

_BATCH = 2000


def insert(
    model: type[Model],
    fields: Collection[str],
    rows: Iterable[tuple[Any, ...]],
    same: Mapping[str, Any],
    *,
    unique: Collection[str] = (),
    update: Collection[str] = (),
) -> None:
    """Insert rows whose `fields` are texts, numbers, truth values or (for JSON) the JSON's text, as they are stored.

    `same` is what all of them share, as the model knows it; every other field has its default. Of a row whose
    `unique` fields are taken already, `update` is written, or nothing if that is empty.
    """
    listed = list(rows)
    if not listed:
        return
    meta = model._meta  # noqa: SLF001  # Django's documented way to a model's table and columns
    known = {each.name: each for each in meta.concrete_fields}
    own = [known[name] for name in fields]
    shared = [
        each
        for name, each in known.items()
        if name not in fields and not each.generated and each is not meta.auto_field
    ]
    values = [
        each.get_db_prep_save(_plain(same.get(each.name, each.get_default())), connection) for each in shared
    ]
    # Only names of the models' own tables and columns become part of a statement's text, never a value.
    into = f"INSERT INTO {_quoted(meta.db_table)} ({', '.join(map(_column, [*own, *shared]))})"
    tail = _unless([known[name] for name in unique], [known[name] for name in update])
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            # It keeps one statement ready and runs it for row after row.
            each_row = ", ".join(["%s"] * (len(own) + len(shared)))
            cursor.executemany(f"{into} VALUES ({each_row}){tail}", [(*row, *values) for row in listed])
            return
        # PostgreSQL pays for each statement and each value in it, but takes a column as one value.
        parts = [f"unnest(%s::{_type(each)}[])" for each in own] + [f"%s::{_type(each)}" for each in shared]
        for start in range(0, len(listed), _BATCH):
            columns = map(list, zip(*listed[start : start + _BATCH], strict=True))
            cursor.execute(f"{into} SELECT {', '.join(parts)}{tail}", [*columns, *values])


def _unless(unique: Collection[Field], update: Collection[Field]) -> str:
    if not unique:
        return ""
    changes = ", ".join(f"{_column(each)} = excluded.{_column(each)}" for each in update)
    return f" ON CONFLICT ({', '.join(map(_column, unique))}) DO {f'UPDATE SET {changes}' if changes else 'NOTHING'}"


def _plain(value: object) -> object:
    return value.pk if isinstance(value, Model) else value


def _column(field: Field) -> str:
    return _quoted(str(field.column))


def _type(field: Field) -> str:
    return str(field.db_type(connection))


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
