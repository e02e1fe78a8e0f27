"""Which files are Python, which are tests, and whose word counts about severity."""

from __future__ import annotations

import pytest

from keyhole.core.terms import Severity
from keyhole.scanners.programs.python import in_tests, is_python, is_script, may_be_python, remark


@pytest.mark.parametrize(
    "path", [b"tests/a.py", b"a/test/b.py", b"a/test_b.py", b"conftest.py", b"a/b_test.py"]
)
def test_tests_by_their_names(path):
    assert in_tests(path)
    assert is_python(path)


@pytest.mark.parametrize("path", [b"contest/a.py", b"latest.py", b"a/attest_b.py", b"testing.py"])
def test_what_only_sounds_like_a_test(path):
    assert not in_tests(path)


def test_the_program_decides_first_then_we():
    said = {"name": "a", "line": 1, "rule": "r", "title": "some call", "references": (), "detail": ""}
    assert remark(check="602", **said).severity is Severity.HIGH
    assert remark(check="602", severity=Severity.LOW, **said).severity is Severity.LOW
    assert remark(check="999", **said).severity is Severity.MEDIUM
    assert remark(check="602", **said).title == "Some call"


def test_what_has_no_ending_may_be_a_script():
    assert is_python(b"X.PY")
    assert all(may_be_python(path) for path in (b"a.py", b"a.b/tool"))
    assert not may_be_python(b"a/tool.sh")
    for line in (
        b"#!/usr/bin/env python3",
        b"#!/usr/bin/python3.11 -E\nx",
        b"#!/usr/bin/env -S uv run --script",
    ):
        assert is_script(line)
    for line in (b"#!/bin/sh\n# python", b"python", b" #!/usr/bin/python"):
        assert not is_script(line)
