"""Rules of one's own before the real semgrep, where it is installed; its answers as documented, everywhere."""

from __future__ import annotations

import json

import pytest

from keyhole.core.terms import Confidence, Severity, Status
from keyhole.scanners.programs import configured as module
from keyhole.scanners.programs.configured import Configured, configure, configured
from keyhole.scanners.programs.located import locate
from keyhole.scanners.programs.ran import Ran
from keyhole.scanners.programs.scanner import File, Malformed, ProgramExaminer
from keyhole.scanners.semgrep import SCANNER
from tests import canaries

RULE = """\
rules:
  - id: no-eval
    languages: [python]
    severity: ERROR
    message: eval of $X
    pattern: eval($X)
    metadata: {why: Eval is forbidden here., fix: Use ast.literal_eval., confidence: HIGH}
"""
FILES = {"e.py": File(b"e.py", b"eval(x)\n")}


@pytest.fixture
def rules(tmp_path, monkeypatch):
    path = tmp_path / "rules.yaml"
    path.write_text(RULE)
    monkeypatch.setattr(module, "_now", [configured()])
    configure(Configured(configured().places, path))
    return path


def answer(**changes):
    found = {
        "check_id": "rules.no-eval",
        "path": "e.py",
        "start": {"line": 1, "col": 1},
        "end": {"line": 1, "col": 8},
        "extra": {
            "severity": "ERROR",
            "message": "eval of x",
            "metadata": {"why": "Because.", "confidence": "LOW"},
        },
    }
    said = {"results": [found | changes.pop("found", {})], "errors": [], "paths": {"scanned": ["e.py"]}}
    return Ran(0, "", json.dumps(said | changes).encode(), b"")


def test_an_answer_becomes_remarks_in_the_words_of_the_rule():
    (remark,) = SCANNER.read(answer(), FILES).remarks
    assert (remark.rule, remark.name, remark.line, remark.why) == ("no-eval", "e.py", 1, "Because.")
    assert (remark.severity, remark.confidence) == (Severity.HIGH, Confidence.LOW)


def test_errors_are_gaps():
    said = SCANNER.read(answer(errors=[{"path": "e.py"}, {"message": "no"}]), FILES)
    assert list(said.unread) == ["e.py"]
    assert len(said.gaps) == 1


@pytest.mark.parametrize(
    "ran",
    [Ran(2, "", b"{}", b""), answer(results={}), answer(paths=[])],
)
def test_an_answer_that_is_not_as_documented_is_refused(ran):
    with pytest.raises(Malformed):
        SCANNER.read(ran, FILES)


def test_other_rules_are_another_version(rules):
    before = SCANNER.rules_version()
    rules.write_text(RULE + "# more\n")
    assert SCANNER.rules_version() != before
    assert list(SCANNER.readable()) == [rules.resolve()]


@pytest.fixture
def languages(tmp_path, monkeypatch):
    """An environment with a semgrep that knows two languages."""
    monkeypatch.setattr(module, "_now", [Configured((tmp_path / "bin",))])
    packages = tmp_path / "lib/python3.11/site-packages"
    (packages / "semgrep-9.8.7.dist-info").mkdir(parents=True)
    (packages / "semgrep/semgrep_interfaces").mkdir(parents=True)
    table = packages / "semgrep/semgrep_interfaces/lang.json"
    table.write_text(json.dumps([{"exts": [".js"]}, {"exts": [""]}]))
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/semgrep").write_text("#!/bin/sh\n")
    (tmp_path / "bin/semgrep").chmod(0o755)
    return table


@pytest.mark.usefixtures("languages")
def test_binary_files_are_left_out():
    assert SCANNER.wants(b"a.bin")
    assert not SCANNER.cares(b"a.bin", b"\0\xff")
    assert SCANNER.content(b"x  # nosemgrep") == b"x  # no_emgrep"


@pytest.mark.usefixtures("languages")
def test_a_byte_that_is_nul_hides_no_code():
    assert SCANNER.cares(b"a.js", b"/* \0\xff */ eval(x)")
    assert SCANNER.cares(b"a.conf", b"# \0\nallow(all)\n")
    assert SCANNER.cares(b"a.conf", "allow(all)".encode("utf-16"))
    assert SCANNER.content("x  # nosemgrep".encode("utf-16")) == b"x  # no_emgrep"


def test_where_semgrep_does_not_say_what_is_code_all_may_be(languages):
    languages.write_text("[1]")
    assert SCANNER.cares(b"a.bin", b"\0\xff")


@pytest.mark.usefixtures("languages")
def test_how_many_were_left_out_is_said_and_a_link_to_nothing_is_none():
    class Program:
        def run(self, scanner, files, seconds):
            return answer(results=[])

    examiner = ProgramExaminer(SCANNER, Program())
    examiner.astray(b"a.js", "to no file of the commit")
    assessment = examiner.assess([(b"e.py", b"x\n"), (b"a.png", b"\0\xff"), (b"b.png", b"\0\xff")])
    assert assessment.gaps == ()
    assert assessment.notes[1].startswith("2 files not looked at by semgrep: ")


def test_a_link_with_another_ending_is_in_another_language():
    assert SCANNER.alike(b"a/run.py", b"b/other.py")
    assert not SCANNER.alike(b"run.py", b"run.txt")
    assert not SCANNER.alike(b"run.py", b"a.py/run")


def test_rules_whose_ids_end_alike_stay_apart(rules):
    ids = ("py.danger", "gen.danger", "py.alone")
    rules.write_text(json.dumps({"rules": [{"id": each} for each in ids]}))
    found = [answer(found={"check_id": each}) for each in ids]
    remarks = [SCANNER.read(each, FILES).remarks[0].rule for each in found]
    assert remarks == ["py-danger", "gen-danger", "alone"]
    rules.write_text("[: no rules")
    assert SCANNER.read(found[0], FILES).remarks[0].rule == "danger"


@pytest.mark.skipif(
    locate(SCANNER.program) is None, reason="semgrep is not installed; PYTEST_KEYHOLE_PROGRAMS says where"
)
@pytest.mark.usefixtures("rules")
def test_real_code_and_nothing_that_hides_it(history, scan):
    value = canaries.watch("what semgrep quotes", "quoted-by-semgrep-42")
    history.commit(
        {
            "e.py": f'eval("{value}")  # nosemgrep\n'.encode(),
            "node_modules/e.py": b"eval(x)\n",
            ".semgrepignore": b"*\n",
            ".gitignore": b"*\n",
        }
    )
    result = scan(history, scanners=["semgrep"])
    assert result.status is Status.COMPLETE, result.reasons
    assert {(one.rule, one.locations[0].path) for one in result.findings} == {
        ("no-eval", "e.py"),
        ("no-eval", "node_modules/e.py"),
    }
    assert value not in json.dumps(result.to_json())
