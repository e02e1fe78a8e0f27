"""Real Python files before the real ruff."""

from __future__ import annotations

import json

import pytest

from keyhole.core.terms import Kind, Severity, Status
from keyhole.scanners.programs.ran import Ran
from keyhole.scanners.programs.scanner import File
from keyhole.scanners.ruff import SCANNER

SHELL = b"import subprocess\nsubprocess.call(x, shell=True)\n"


def found(result):
    return {
        (finding.rule, finding.locations[0].path, finding.locations[0].line) for finding in result.findings
    }


SHELL_RULE = "s602-subprocess-popen-with-shell-equals-true"


def test_insecure_calls_are_found_wherever_they_lie(history, scan):
    history.commit({"a.py": SHELL, "build/lib/b.py": SHELL, ".venv/c.pyw": SHELL, "node_modules/d.py": SHELL})
    result = scan(history, scanners=["ruff"])
    assert result.status is Status.COMPLETE, result.reasons
    assert found(result) == {
        (SHELL_RULE, path, 2) for path in ("a.py", "build/lib/b.py", ".venv/c.pyw", "node_modules/d.py")
    }
    assert {finding.kind for finding in result.findings} == {Kind.CODE}
    assert {finding.severity for finding in result.findings} == {Severity.HIGH}


def test_neither_comments_nor_settings_of_the_repository_hide_anything(history, scan):
    history.commit(
        {
            "a.py": b"# ruff: noqa\n" + SHELL.replace(b")\n", b")  # noqa: S602\n"),
            "ruff.toml": b'exclude = ["*"]\n',
            "pyproject.toml": b'[tool.ruff]\nexclude = ["*"]\n[tool.ruff.lint]\nignore = ["S"]\n',
            ".gitignore": b"*\n",
        }
    )
    result = scan(history, scanners=["ruff"])
    assert found(result) == {(SHELL_RULE, "a.py", 3)}
    assert any("such comments are not followed" in note for note in result.notes)


def test_what_is_not_python_is_a_gap_and_other_encodings_are_read(history, scan):
    history.commit(
        {
            "broken.py": b"def (:\n",
            "bytes.py": b"x = '\xff\xfe'\n",
            "latin.py": b"# coding: latin-1\nname = '\xe9'\nexec(name)\n",
            "deep.py": b"(" * 100_000,
            "-rf.py": SHELL,
            "new\nline.py": SHELL,
        }
    )
    result = scan(history, scanners=["ruff"])
    assert result.status is Status.INCOMPLETE
    for name in ("broken.py", "bytes.py", "deep.py"):
        assert f"{name} was not assessed" in " ".join(result.reasons)
    assert found(result) == {
        ("s102-exec-builtin", "latin.py", 3),
        (SHELL_RULE, "-rf.py", 2),
        (SHELL_RULE, "new\\u000aline.py", 2),
    }


def test_assertions_count_outside_of_tests_only(history, scan):
    history.commit({"a.py": b"assert x\n", "tests/b.py": b"assert x\n"})
    assert found(scan(history, scanners=["ruff"])) == {("s101-assert", "a.py", 1)}


def test_a_password_is_not_quoted(history, scan):
    from tests import canaries

    value = canaries.watch("a password in Python code", "correct-horse-battery-9")
    history.commit({"a.py": f'password = "{value}"\n'.encode()})
    (finding,) = scan(history, scanners=["ruff"]).findings
    assert value not in str(finding.to_json())


def test_the_version_of_the_program_is_part_of_the_rules():
    assert "ruff 0." in SCANNER.rules_version()
    assert SCANNER.missing() == ""


def test_a_renamed_file_has_other_ids_and_the_same_surroundings(history, scan):
    history.commit({"a.py": b"x = 1\n" + SHELL})
    (first,) = scan(history, scanners=["ruff"]).findings
    history.commit({"b/c.py": b"x = 1\n" + SHELL}, delete=["a.py"])
    (second,) = scan(history, scanners=["ruff"]).findings
    assert first.id != second.id
    assert first.surroundings == second.surroundings != ""


def test_a_file_that_ends_ruff_is_named_and_the_others_are_looked_at(history, scan):
    many = {f"{number}.py": SHELL for number in range(5)}
    history.commit({**many, "deep.py": b"x = " + b"-" * 30_000 + b"1\n"})
    result = scan(history, scanners=["ruff"])
    assert found(result) == {(SHELL_RULE, name, 2) for name in many}
    (reason,) = result.reasons
    assert reason.startswith("deep.py was not assessed by ruff ")
    assert "the program was ended by signal" in reason


@pytest.mark.parametrize(
    "hidden",
    [
        b"# -*- coding: utf-7 -*-\n# +AAo-import os; os.system(input())\n",
        b"# coding: unicode_escape\n# \\x0aimport os; os.system(input())\n",
        b"\r# coding: raw_unicode_escape\r# \\u000aimport os; os.system(input())\n",
        b"# coding: of_our_own\nx = 1\n",
    ],
)
def test_code_that_only_python_would_read_is_a_gap(history, scan, hidden):
    history.commit({"a.py": hidden})
    (reason,) = scan(history, scanners=["ruff"]).reasons
    assert reason.startswith("a.py was not assessed by ruff")
    assert reason.endswith("Python may read it in an encoding in which ruff does not")


def test_scripts_and_names_in_capitals_are_looked_at(history, scan):
    script = b"#!/usr/bin/env python3\n" + SHELL
    history.commit(
        {"bin/tool": script, "X.PY": SHELL, "x.PYI": b"x: int\n", "README": SHELL, "run.sh": script}
    )
    result = scan(history, scanners=["ruff"])
    assert result.status is Status.COMPLETE, result.reasons
    assert found(result) == {(SHELL_RULE, "bin/tool", 3), (SHELL_RULE, "X.PY", 2)}
    assert result.notes[0].startswith("3 Python files looked at")


def test_a_link_is_read_where_nothing_else_is():
    assert SCANNER.alike(b"a.py", b"b.py")
    assert SCANNER.alike(b"tool", b"tool.py")
    assert not SCANNER.alike(b"a.py", b"tool")


def test_the_folder_that_it_runs_in_may_have_any_name():
    files = {name: File(name.encode(), b"x = 1\n") for name in ("0/0.py", "0/1.py")}
    errors = b"[x][DEBUG] Checking: /a b: c/0/0.py\n[x][DEBUG] Checking: /a b: c/0/1.py\n"
    failed = b"warning: Failed to lint /a b: c/0/1.py: stream did not contain valid UTF-8\n"
    answer = SCANNER.read(Ran(0, "", json.dumps([]).encode(), errors + failed), files)
    assert answer.unread == {"0/1.py": "it could not be read as text"}
