"""The pieces of the child that can be told apart: what is examined, when progress is said, how errors leave."""

from __future__ import annotations

import errno
import io
import json

import pytest

from keyhole.core.finding import ScanResult
from keyhole.core.secret import Secret
from keyhole.scanners.collect import Collector
from keyhole.scanners.examination import Found, Site, readable
from keyhole.scanners.gitpipe import Git
from keyhole.scanners.hits import Hit
from keyhole.scanners.interface import Tools
from keyhole.scanners.keyed import keyed_digest
from keyhole.scanners.limits import Limits
from keyhole.scanners.objects import Entry, OutOfTime, Piece, Trouble
from keyhole.scanners.registry import named
from keyhole.scanners.reporter import Reporter
from keyhole.scanners.worker import Scan, _why


def piece(text, kind="blob"):
    return Piece(Entry(b"a" * 40, kind, len(text)), text, 0, len(text), 0, 0)


def test_of_a_commit_only_the_message_is_examined():
    text, start, end = readable(piece(b"tree x\nauthor a\n\nfix\n", "commit"))
    assert (text, start, end) == (b"fix\n", 0, 4)


@pytest.mark.parametrize("raw", [b"\xff\xfe", b"\xfe\xff\xd8", b"\xff\xfe" + b"\x00\xd8" * 9])
def test_broken_utf_16_does_no_harm(raw):
    text, _, end = readable(piece(raw))
    assert len(text) == end


def test_progress_is_said_at_once_and_then_not_too_often():
    out = io.StringIO()
    report = Reporter(out, 60)
    report.phase("reading")
    for done in range(1000):
        report.tick(done, 1000)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert lines[0] == {"progress": {"phase": "reading", "done": 0, "total": 1000}}
    assert len(lines) < 100


def test_time_runs_out_and_can_be_granted():
    report = Reporter(io.StringIO(), -1)
    with pytest.raises(OutOfTime):
        report.tick(1, 2)
    report.allow(60)
    report.tick(1, 2)


def test_the_time_of_a_scan_begins_when_it_may_look():
    report = Reporter(io.StringIO(), 5)
    report._end -= 10  # so long was looked at how things stand
    with pytest.raises(OutOfTime):
        report.tick(1, 2)
    report.begin()
    report.tick(1, 2)


class _Greedy:
    id = title = "greedy"
    kinds = frozenset()

    def rules_version(self):
        return "1"

    def open(self, _tools):
        return self

    def wants(self, _path):
        return True

    def assess(self, files):
        raise MemoryError(list(files))


def test_want_of_memory_for_files_takes_nothing_from_what_others_found(history, token):
    history.commit({"a.txt": token})
    tools = Tools(keyed_digest(Secret("k" * 32)))
    report = Reporter(io.StringIO(), 60)
    result = Scan(Git(history.path), [named("secrets"), _Greedy()], tools, Limits(), report).run(())
    result = ScanResult.from_json(json.loads(json.dumps(result)))
    assert len(result.findings) == 1
    assert result.reasons == ("there was not enough memory for all files that greedy looks at",)


def test_an_error_leaves_as_its_class_and_line_without_its_message():
    try:
        raise KeyError("what was being read")
    except KeyError as error:
        said = _why(error)
    assert said.startswith("KeyError in test_worker.py:")
    assert "read" not in said.removeprefix("KeyError in test_worker.py:")


@pytest.mark.parametrize("error", [MemoryError(), OSError(errno.ENOMEM, "no memory for a process")])
def test_want_of_memory_is_named_whoever_wanted_it(error):
    assert _why(error) == "out of memory"


def test_too_many_findings_or_places_are_noted_and_each_finding_keeps_one_place():
    trouble = Trouble()
    collector = Collector(Limits(findings=2, sites=1), trouble)
    for number in range(3):
        found = Found("secrets", Hit("r", 0, 1, f"r:{number:032x}", ""), Site(b"a" * 40, "blob", 1, 1))
        collector.add(found)
        collector.add(found)
    assert collector.objects() == {b"a" * 40}
    assert "more than 2 findings" in " ".join(trouble.sentences())
    assert "more than 1 places" in " ".join(trouble.sentences())
