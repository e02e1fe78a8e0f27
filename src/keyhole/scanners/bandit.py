"""Insecure Python code, found by bandit.

What: the Python files of the newest commit are read by bandit, the older and slower of two programs with much the same
checks; it has some that ruff has not, and follows values a little further.

Why: these are the calls and habits by which Python programs are taken over most often.

Fix: see each finding. Comments that ask bandit to overlook something (nosec) are not followed, and its settings in the
repository are not read. Assertions in tests are not reported: that is what tests are made of.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from keyhole.core.terms import Confidence, Kind, Severity
from keyhole.scanners.programs.answers import items, mapping, number, parsed, rule_name, text
from keyhole.scanners.programs.located import Program
from keyhole.scanners.programs.python import ASSERT, in_tests, is_python, is_script, may_be_python, remark
from keyhole.scanners.programs.ran import Ran
from keyhole.scanners.programs.scanner import Answer, File, Malformed, ProgramScanner, Remark

_SEVERITIES = {"HIGH": Severity.HIGH, "MEDIUM": Severity.MEDIUM}
_CRASHED = re.compile(rb"Bandit internal error running: (\w+) on file (?:\./)?(\S+) at line [0-9]")
_CONFIDENCES = {"HIGH": Confidence.HIGH, "MEDIUM": Confidence.MEDIUM}


class Bandit(ProgramScanner):
    """The scanner, before it is made ready."""

    id = "bandit"
    title = "Insecure Python code (bandit)"
    kind = Kind.CODE
    program = Program("bandit", "bandit", "pip install 'keyhole[code]' installs bandit.")
    what = "Python file"
    overlooks = (b"nosec",)

    def wants(self, path: bytes) -> bool:
        """Python; stubs do nothing."""
        return may_be_python(path) and not path.lower().endswith(b".pyi")

    def cares(self, path: bytes, content: bytes) -> bool:
        """Without an ending, only what says that Python runs it."""
        return is_python(path) or is_script(content)

    def alike(self, path: bytes, other: bytes) -> bool:
        """A name without an ending may be that of anything."""
        return is_python(other) or not is_python(path)

    def name(self, number: int, path: bytes) -> str:
        """By a number, and with an ending that bandit looks at."""
        return f"{number // 1000}/{number}.py"

    def arguments(self, folder: Path) -> list[str]:
        """Every check, nothing left out, comments not followed."""
        return ["--recursive", "--format", "json", "--ignore-nosec", "--quiet", "--exclude", "", "."]

    def read(self, ran: Ran, files: Mapping[str, File]) -> Answer:
        """Its findings; a file that is not among those it measured was not looked at, nor all of one on which a check
        crashed, of which only its log tells.
        """
        if ran.code not in {0, 1}:
            raise Malformed("which says that it failed")
        said = parsed(ran.output)
        measured = {name.removeprefix("./") for name in mapping(said, "metrics")}
        answer = Answer(
            unread=dict.fromkeys([name for name in files if name not in measured], "it was passed over")
        )
        for check, name in _CRASHED.findall(ran.errors):
            why = f"its check {check.decode('ascii', 'replace')} crashed"
            answer.unread[name.decode("ascii", "replace")] = why
        for error in items(said.get("errors")):
            answer.unread[_name(error)] = "it is not valid Python"
        for found in items(said.get("results")):
            name = _name(found)
            if text(found, "test_id") != f"B{ASSERT}" or not _in_tests(name, files):
                answer.remarks.append(_remark(name, found))
        return answer


def _name(found: Any) -> str:
    return text(found, "filename").removeprefix("./")


def _in_tests(name: str, files: Mapping[str, File]) -> bool:
    return name in files and in_tests(files[name].path)


def _remark(name: str, found: Any) -> Remark:
    code = text(found, "test_id")
    rule = text(found, "test_name")
    words = rule.replace("_", " ")
    if rule == "blacklist":  # one check for many calls: the address of its page says which
        rule = text(found, "more_info").rpartition("#")[2].removeprefix(f"{code.lower()}-")
        words = f"use of {rule.replace('-', ' ')}"
    return remark(
        name=name,
        line=number(found, "line_number"),
        check=code.removeprefix("B"),
        rule=rule_name(f"{code}-{rule}"),
        # Not its text: that may quote the password it is about.
        title=words,
        references=(text(found, "more_info"), str(mapping(found, "issue_cwe").get("link", ""))),
        detail=str(number(found, "col_offset")),
        severity=_SEVERITIES.get(text(found, "issue_severity"), Severity.LOW),
        confidence=_CONFIDENCES.get(text(found, "issue_confidence"), Confidence.LOW),
    )


SCANNER = Bandit()
