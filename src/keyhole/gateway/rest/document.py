"""The list of operations that are carried out, as a table for the documentation.

`python -m keyhole.gateway.rest.document docs/rest-api.md` writes it between the two marks of the file; a test fails
when the file says something else than the code does.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from keyhole.core.permissions import Operation, Standing, vocabulary

BEGIN, END = "<!-- operations: generated -->", "<!-- operations: end -->"


def table() -> str:
    """Every operation that is carried out, with what it needs, and how many others there are."""
    from keyhole.gateway.rest.registry import registered  # noqa: PLC0415 - the models need Django to be set up

    operations = vocabulary().operations
    carried = [operation for operation in operations if operation.id in registered()]
    rows = [
        f"| `{operation.method} {operation.path}` | [{operation.id}]({operation.doc}) | {_needs(operation)} |"
        for operation in sorted(carried, key=lambda operation: (operation.path, operation.method))
    ]
    standing = Counter(operation.standing for operation in operations)
    numbers = (
        f"{len(carried)} of {len(operations)} documented operations are carried out. The table behind the others: "
        f"{standing[Standing.PERMISSIONED]} need permissions, {standing[Standing.PERMISSIONLESS]} need none, "
        f"{standing[Standing.UNAVAILABLE]} are not available to fine-grained tokens and "
        f"{standing[Standing.UNLISTED]} are not listed, which denies them."
    )
    return "\n".join([numbers, "", "| request | operation | needs |", "|---|---|---|", *rows])


def _needs(operation: Operation) -> str:
    if operation.standing is Standing.PERMISSIONLESS:
        return "nothing"
    public = "; nothing on a public repository" if operation.public_ok else ""
    return " or ".join(f"`{needed}`" for needed in operation.accepted.split("; ")) + public


def filled(text: str) -> str:
    """The document with the present table between its marks. ValueError when it has no marks."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the document has no place for the table")
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


if __name__ == "__main__":
    import django

    django.setup()
    place = Path(sys.argv[1])
    place.write_text(filled(place.read_text("utf-8")), "utf-8")
