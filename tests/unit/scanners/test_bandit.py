"""Real Python files before the real bandit."""

from __future__ import annotations

from keyhole.core.terms import Confidence, Severity, Status
from keyhole.scanners.bandit import SCANNER
from tests import canaries

SHELL = b"import subprocess\nsubprocess.call(x, shell=True)\n"


def found(result):
    return {
        (finding.rule, finding.locations[0].path, finding.locations[0].line) for finding in result.findings
    }


SHELL_RULE = "b602-subprocess-popen-with-shell-equals-true"


def test_insecure_calls_are_found_wherever_they_lie_and_whatever_asks_to_overlook_them(history, scan):
    hidden = SHELL.replace(b")\n", b")  # nosec\n")
    history.commit(
        {
            "a.py": hidden,
            ".tox/b.py": SHELL,
            ".bandit": b"[bandit]\nexclude: /\nskips: B602\n",
            "pyproject.toml": b'[tool.bandit]\nskips = ["B602"]\nexclude_dirs = ["."]\n',
        }
    )
    result = scan(history, scanners=["bandit"])
    assert result.status is Status.COMPLETE, result.reasons
    assert {(SHELL_RULE, "a.py", 2), (SHELL_RULE, ".tox/b.py", 2)} <= found(result)
    shell = next(finding for finding in result.findings if finding.rule == SHELL_RULE)
    assert (shell.severity, shell.confidence) == (Severity.HIGH, Confidence.HIGH)
    assert any("such comments are not followed" in note for note in result.notes)


def test_what_is_not_python_is_a_gap(history, scan):
    history.commit({"broken.py": b"def (:\n", "a.py": b"import pickle\npickle.loads(x)\n"})
    result = scan(history, scanners=["bandit"])
    assert result.status is Status.INCOMPLETE
    assert "broken.py was not assessed by bandit" in result.reasons[0]
    assert ("b301-pickle", "a.py", 2) in found(result)


def test_a_password_is_not_quoted(history, scan):
    value = canaries.watch("a password before bandit", "correct-horse-battery-8")
    history.commit({"a.py": f'password = "{value}"\n'.encode(), "tests/b.py": b"assert x\n"})
    (finding,) = scan(history, scanners=["bandit"]).findings
    assert finding.rule == "b105-hardcoded-password-string"
    assert value not in str(finding.to_json())


def test_stubs_are_not_wanted():
    assert SCANNER.wants(b"a.py")
    assert not SCANNER.wants(b"a.pyi")
    assert not SCANNER.wants(b"a.PYI")


def test_a_check_that_crashes_leaves_a_gap(history, scan):
    crashing = b'from django.utils.safestring import mark_safe\nmark_safe(s=request.GET["q"])\n'
    history.commit({"a.py": crashing, "b.py": SHELL})
    result = scan(history, scanners=["bandit"])
    assert (SHELL_RULE, "b.py", 2) in found(result)
    (reason,) = result.reasons
    assert reason.startswith("a.py was not assessed by bandit")
    assert reason.endswith(": its check django_mark_safe crashed")


def test_scripts_and_names_in_capitals_are_looked_at(history, scan):
    history.commit({"tool": b"#!/usr/bin/env python3\n" + SHELL, "X.PY": SHELL, "README": SHELL})
    result = scan(history, scanners=["bandit"])
    assert result.status is Status.COMPLETE, result.reasons
    assert {path for rule, path, _ in found(result) if rule == SHELL_RULE} == {"tool", "X.PY"}
