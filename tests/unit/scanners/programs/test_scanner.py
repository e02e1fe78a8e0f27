"""From the words of a program to issues: limits, gaps, identities."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from keyhole.core.terms import Confidence, Kind, Severity
from keyhole.scanners.interface import Tools
from keyhole.scanners.links import FollowsLinks
from keyhole.scanners.programs import scanner as module
from keyhole.scanners.programs.located import Program
from keyhole.scanners.programs.ran import Ran
from keyhole.scanners.programs.scanner import Answer, Malformed, ProgramScanner, Remark


class Tide(ProgramScanner):
    """Says of each line that begins with `bad` that it does; what it answers with is its input."""

    id = "tide"
    title = "Tides"
    kind = Kind.OTHER
    program = Program("ruff", "ruff", "")
    what = "tide file"
    overlooks = (b"be kind",)

    def wants(self, path: bytes) -> bool:
        return True

    def arguments(self, folder: Path) -> list[str]:
        return []

    def read(self, ran: Ran, names: Mapping[str, bytes]) -> Answer:
        if ran.code:
            raise Malformed("and that is that")
        said = [line.decode().split(":") for line in ran.output.splitlines()]
        return Answer([_remark(name, int(line)) for name, line in said], unread={})


def _remark(name, line):
    return Remark(
        name, line, "bad-line", "Bad", Severity.LOW, Confidence.LOW, "why", "fix", ("https://a.invalid", "x")
    )


class Programs:
    def __init__(self, ran=None):
        self.ran, self.given, self.runs = ran, [], []

    def run(self, scanner, files, seconds):
        self.given = list(files)
        self.runs.append((len(self.given), seconds))
        if self.ran is not None:
            return self.ran
        if any(content.startswith(b"crash") for _, content in files):
            return Ran(-11, "was ended by signal 11", b"", b"")
        said = [
            f"{name}:{number}"
            for name, content in files
            for number, line in enumerate(content.split(b"\n"), 1)
            if line.startswith(b"bad")
        ]
        return Ran(0, "", "\n".join(said).encode(), b"")


def assess(files, programs=None):
    tools = Tools(lambda _value: "0" * 32, None, programs or Programs())
    return Tide().open(tools).assess(files)


def test_issues_have_the_real_path_and_keep_their_identity_when_lines_move():
    first = assess([(b"a b/\xff.txt", b"good\nbad  x\nbad x\n")]).issues
    assert [(issue.path, issue.line) for issue in first] == [(b"a b/\xff.txt", 2), (b"a b/\xff.txt", 3)]
    assert first[0].about.references == ("https://a.invalid",)
    assert first[0].identity != first[1].identity
    moved = assess([(b"a b/\xff.txt", b"\n\n\nbad x\ngood\n\tbad x\nbad\tx\n")]).issues
    assert [issue.identity for issue in moved] == [issue.identity for issue in first]
    assert assess([(b"other", b"bad x\n")]).issues[0].identity not in {issue.identity for issue in first}


@pytest.mark.parametrize(
    ("ran", "reason"),
    [
        (Ran(0, "was stopped after 600 seconds", b"", b""), "was stopped after 600 seconds"),
        (Ran(0, "was ended by signal 11", b"", b""), "was ended by signal 11"),
    ],
)
def test_a_run_that_failed_is_a_gap_and_no_finding(ran, reason):
    assessment = assess([(b"a", b"bad"), (b"b", b"bad")], Programs(ran))
    assert assessment.issues == ()
    assert "2 tide files" in assessment.gaps[0]
    assert reason in assessment.gaps[0]


def test_files_that_each_end_it_are_named():
    found = assess([(b"a", b"bad"), (b"b", b"bad")], Programs(Ran(2, "", b"", b"")))
    assert (found.issues, len(found.gaps)) == ((), 2)
    assert found.gaps[0].startswith("a was not assessed by ruff ")
    assert found.gaps[0].endswith(": the program ended with exit code 2, and that is that")


def test_a_file_that_ends_it_takes_nothing_from_the_others():
    files = [(b"%d.txt" % number, b"crash" if number == 77 else b"bad") for number in range(100)]
    programs = Programs()
    found = assess(files, programs)
    assert sorted(issue.path for issue in found.issues) == sorted({path for path, _ in files} - {b"77.txt"})
    (gap,) = found.gaps
    assert gap.startswith("77.txt was not assessed by ruff ")
    assert gap.endswith(": the program was ended by signal 11")
    assert found.notes[0].startswith("99 tide files looked at")
    assert len(programs.runs) < 20
    assert programs.runs[0] == (100, None)
    assert all(0 < seconds <= 150 for _, seconds in programs.runs[1:])


def test_a_program_that_looks_at_all_files_together_is_not_run_for_some(monkeypatch):
    monkeypatch.setattr(Tide, "apart", False)
    found = assess([(b"a", b"crash"), (b"b", b"bad")])
    assert found.issues == ()
    assert found.gaps[0].startswith("2 tide files not assessed: ruff ")


def test_what_could_not_be_written_is_a_gap():
    assessment = assess([(b"a\x1b", b"x")], Programs(Ran(0, "", b"", b"", ("0/0",))))
    assert assessment.gaps[0].startswith("a\\u001b was not assessed by ruff")


def test_limits_leave_gaps(monkeypatch):
    monkeypatch.setattr(module, "LARGEST", 10)
    monkeypatch.setattr(module, "MOST_FILES", 2)
    programs = Programs()
    assessment = assess([(b"big", b"x" * 11), (b"a", b"bad"), (b"b", b"bad"), (b"c", b"bad")], programs)
    assert len(assessment.issues) == len(programs.given) == 2
    assert len(assessment.gaps) == 2
    monkeypatch.setattr(module, "MOST_BYTES", 5)
    assert len(assess([(b"a", b"bad"), (b"b", b"bad")]).gaps) == 1


def test_comments_that_ask_to_overlook_are_counted():
    notes = assess([(b"a", b"bad # Be kind\nbad\n")]).notes
    assert notes[0].startswith("1 tide file looked at by ruff")
    assert notes[1].startswith("1 line with a finding has a comment")


def test_nothing_to_look_at_starts_nothing():
    programs = Programs()
    assert assess([], programs).notes[0].startswith("No tide files")
    assert programs.given == []


def test_links_are_looked_at_where_what_they_lead_to_is_not_and_told_where_they_lead_astray():
    examiner = Tide().open(Tools(lambda _value: "0" * 32, None, Programs()))
    assert isinstance(examiner, FollowsLinks)
    assert examiner.same(b"link", [b"file"])
    assert not examiner.same(b"link", [])
    for name in (b"d", b"c", b"\x1b", b"a"):
        examiner.astray(name, "out of the repository")
    gaps = examiner.assess([(b"a.txt", b"good")]).gaps
    assert gaps == ("4 links out of the repository not assessed: \\u001b, a, c and 1 more",)


def test_a_link_that_would_have_to_be_read_to_know_is_not_missed(monkeypatch):
    monkeypatch.setattr(Tide, "cares", lambda _self, _path, content: content != b"")
    examiner = Tide().open(Tools(lambda _value: "0" * 32, None, Programs()))
    examiner.astray(b"a", "out of the repository")
    assert examiner.assess([]).gaps == ()
