"""The log written out: whole, in order, and harmless to a spreadsheet and a terminal."""

import csv
import io
import json

import pytest

from keyhole.audit.export import export
from keyhole.audit.log import ALLOWED, DENIED, Draft, append
from keyhole.audit.models import Entry

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def three():
    for action in ("token:create", "=cmd|' /c calc'!A1", "@SUM(1+1)*cmd"):
        append(
            Draft(
                action,
                ALLOWED if action.startswith("token") else DENIED,
                {"name": "-2+3\x1b[2J"},
                {"a": "\n"},
            )
        )


def test_json_is_one_whole_record_a_line(three):
    stream = io.StringIO()
    assert export(stream, "json") == 3
    rows = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [row["hash"] for row in rows] == list(Entry.objects.values_list("hash", flat=True))
    assert [row["previous"] for row in rows[1:]] == [row["hash"] for row in rows[:-1]]


def test_no_cell_of_the_table_is_a_formula_or_steers_a_terminal(three):
    stream = io.StringIO()
    assert export(stream, "csv") == 3
    head, *rows = list(csv.reader(io.StringIO(stream.getvalue())))
    assert (head[0], len(rows)) == ("seq", 3)
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert "\x1b" not in stream.getvalue()


def test_an_empty_log_is_an_empty_file():
    stream = io.StringIO()
    assert export(stream, "json") == 0
    assert stream.getvalue() == ""
