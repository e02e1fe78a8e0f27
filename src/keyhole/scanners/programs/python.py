"""What the two programs for Python have in common."""

from __future__ import annotations

import re

from keyhole.core.summary import capitalised
from keyhole.core.terms import Confidence, Severity
from keyhole.scanners.programs.advice import Advice, advice
from keyhole.scanners.programs.scanner import Remark

ASSERT = "101"
"""Number of the check for assert statements."""
_RUN_BY_PYTHON = re.compile(rb"#![^\r\n]*\b(python|pypy|uv run)")
_TESTS = re.compile(rb"(.*/)?(tests?/.*|test_[^/]*|conftest\.py|[^/]*_test\.py)", re.DOTALL)


def is_python(path: bytes) -> bool:
    """Whether the name is that of a file of Python."""
    return path.lower().endswith((b".py", b".pyi", b".pyw"))


def may_be_python(path: bytes) -> bool:
    """Whether it is a file of Python by its name, or has a name without an ending: then its first line tells."""
    return is_python(path) or b"." not in path.rpartition(b"/")[2]


def is_script(content: bytes) -> bool:
    """Whether its first line says that Python runs it."""
    return _RUN_BY_PYTHON.match(content) is not None


def in_tests(path: bytes) -> bool:
    """Whether the file is part of tests, by its name."""
    return _TESTS.fullmatch(path) is not None


def remark(
    *,
    name: str,
    line: int,
    check: str,
    rule: str,
    title: str,
    references: tuple[str, ...],
    detail: str,
    severity: Severity | None = None,
    confidence: Confidence | None = None,
) -> Remark:
    """One finding of the check with this number; what the program says itself about how bad it is counts first."""
    about = advice("python").get(check, Advice())
    return Remark(
        name=name,
        line=line,
        rule=rule,
        title=capitalised(title),
        severity=severity or about.severity or Severity.MEDIUM,
        confidence=confidence or about.confidence or Confidence.MEDIUM,
        why=about.why or f"{capitalised(title)}: the page about the rule says what can come of it.",
        fix=about.fix or "See the page about the rule.",
        references=references,
        detail=detail,
    )
