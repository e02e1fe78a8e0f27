"""A program that breaks in a real scan: never a clean result, nothing left behind, nothing of the server in reach."""

from __future__ import annotations

import json
import subprocess
import threading

import pytest

from keyhole.core.terms import Status
from keyhole.scanners import bandit, ruff, semgrep, zizmor
from keyhole.scanners.interface import NotInstalled
from keyhole.scanners.limits import Limits
from keyhole.scanners.programs.client import Bench
from keyhole.scanners.programs.ran import Ran
from keyhole.scanners.programs.scanner import ProgramExaminer
from keyhole.scanners.registry import chosen, missing
from tests import canaries
from tests.unit.scanners.conftest import History
from tests.unit.scanners.conftest import scan as scan_fixture

scan = scan_fixture
DOCKERFILE = {"Dockerfile": b"FROM x\n"}
ELSEWHERE = json.dumps(
    {
        "check_type": "dockerfile",
        "summary": {"parsing_errors": 0, "skipped": 0},
        "results": {
            "failed_checks": [
                {
                    "repo_file_path": "/../../etc/passwd",
                    "file_line_range": [1, 1],
                    "check_id": "CKV_1",
                    "check_name": "x",
                    "resource": "x",
                }
            ]
        },
    }
)


@pytest.fixture
def history(tmp_path):
    return History(tmp_path / "planted" / "repository.git")


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("kill -SEGV $$", "was ended by signal 11"),
        ("echo not json", "its answer is no JSON"),
        ("exit 2", "ended with exit code 2"),
        ("exit 0", "its answer is no JSON"),
        ('echo \'[{"check_type": "dockerfile", "summary": {}}]\'', "is not what it documents"),
        ('echo "[1]"', "is not what it documents"),
        ("exec yes", "wrote more than 64 MiB"),
        (
            f"echo '{ELSEWHERE}'",
            "1 answer of checkov 9.8.7 left out: about files that it was not given",
        ),
    ],
)
def test_a_program_that_breaks_makes_the_scan_incomplete(history, scan, fake, script, reason):
    fake("checkov", script)
    history.commit(DOCKERFILE)
    result = scan(history, scanners=["checkov"])
    assert result.status is Status.INCOMPLETE
    assert reason in result.reasons[0]
    assert "checkov 9.8.7" in result.reasons[0]
    assert not result.findings


def test_one_that_hangs_is_ended_with_all_it_started(history, scan, fake):
    fake("checkov", "sleep 4321 & (setsid sleep 4321 &) ; exec sleep 4321")
    history.commit(DOCKERFILE)
    result = scan(history, scanners=["checkov"], limits=Limits(seconds=5))
    assert result.status is Status.INCOMPLETE
    # On a busy machine the time may be over before the program has begun; that is said, too.
    assert any(word in " ".join(result.reasons) for word in ("was stopped after", "used up", "time limit"))
    left = subprocess.run(["pgrep", "-x", "-f", "sleep 4321"], capture_output=True, check=False)
    assert not left.stdout


def test_a_scan_that_is_stopped_takes_the_program_with_it(history, scan, fake, tmp_path):
    fake("checkov", "exec sleep 4322")
    history.commit(DOCKERFILE)
    stop = threading.Event()

    def running(_progress):
        seen = subprocess.run(["pgrep", "-x", "-f", "sleep 4322"], capture_output=True, check=False)
        if seen.stdout:
            stop.set()

    threading.Timer(1.5, stop.set).start()
    result = scan(history, scanners=["checkov"], stop=stop, on_progress=running)
    assert result.reasons == ("stopped",)
    deadline = 200
    while (
        deadline
        and subprocess.run(["pgrep", "-x", "-f", "sleep 4322"], capture_output=True, check=False).stdout
    ):
        deadline -= 1
    assert deadline


def test_what_a_taken_over_program_can_reach(fake, tmp_path, monkeypatch):
    secret = canaries.watch("a file of the server", "the-servers-own-secret-77")
    planted = tmp_path / "planted"
    planted.mkdir()
    (planted / "secret").write_text(secret)
    (tmp_path / "own").mkdir()
    monkeypatch.setenv("KEYHOLE_TEST_OF_ENVIRONMENT", "x")
    attempts = {
        "READ": f"cat {planted}/secret",
        "LISTED": f"ls {planted}",
        "WROTE": f"echo x > {tmp_path}/written",
        "ESCAPED": f"echo x > {tmp_path}/../keyhole-escaped",
        "LINKED": f"ln -s {planted}/secret link && cat link",
        "ENVIRONMENT": "env | grep KEYHOLE_",
        "CONNECTED": "python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", 22), 1)'",
        "OWN": "echo x > own && cat own",
    }
    script = "".join(f"({each}) > /dev/null 2>&1 && echo {word}\n" for word, each in attempts.items())
    fake("checkov", script)
    with Bench(["checkov"], tmp_path / "own", Limits(seconds=60)) as bench:
        if not any("Landlock" in held for held in bench.held):
            pytest.skip("this kernel does not offer Landlock")
        assert bench.run("checkov", [("Dockerfile", b"FROM x\n")]).output == b"OWN\n"


def test_what_is_not_installed_is_an_error_before_the_scan(history, scan, programs):
    programs()
    history.commit(DOCKERFILE)
    with pytest.raises(NotInstalled) as problem:
        scan(history, scanners=["secrets", "checkov"])
    assert "checkov" in problem.value.message
    assert "pip install checkov" in problem.value.hint


def test_rules_of_ones_own_are_needed_for_semgrep(fake, tmp_path):
    fake("semgrep", "exit 0", semgrep_rules=None)
    with pytest.raises(NotInstalled) as problem:
        chosen(["semgrep"])
    assert "KEYHOLE_SEMGREP_RULES" in problem.value.hint
    assert missing(chosen(["secrets"])[0]) == ""


_ZIZMOR = {
    "ident": "template-injection",
    "desc": "x",
    "url": "https://example.invalid",
    "fixes": [],
    "determinations": {"severity": "High", "confidence": "High"},
    "locations": [
        {
            "symbolic": {"kind": "Primary", "key": {"Local": {"verbatim_path": "./elsewhere.yml"}}},
            "concrete": {"location": {"start_point": {"row": 1, "column": 1}}},
        }
    ],
}
_FOUND = {
    "ruff": {
        "filename": "/9/9.py",
        "code": "S101",
        "name": "assert",
        "url": "https://example.invalid",
        "location": {"row": 1, "column": 1},
    },
    "bandit": {
        "filename": "./9.py",
        "test_id": "B101",
        "test_name": "assert_used",
        "line_number": 1,
        "col_offset": 1,
        "more_info": "https://example.invalid",
        "issue_cwe": {},
        "issue_severity": "LOW",
        "issue_confidence": "LOW",
    },
    "semgrep": {
        "path": "./elsewhere.py",
        "check_id": "a.rule",
        "extra": {"severity": "ERROR"},
        "start": {"line": 1, "col": 1},
        "end": {"line": 1},
    },
    "zizmor": _ZIZMOR,
}


@pytest.mark.parametrize(
    ("module", "output", "errors"),
    [
        (
            bandit,
            {"metrics": {"0/0.py": {}}, "errors": [{"filename": "./8.py"}], "results": [_FOUND["bandit"]]},
            "",
        ),
        (ruff, [_FOUND["ruff"]], "Checking: /x/0/0.py\nFailed to lint 8/8.py: x"),
        (semgrep, {"errors": [], "paths": {"scanned": ["0/0.py"]}, "results": [_FOUND["semgrep"]] * 2}, ""),
        (zizmor, [_FOUND["zizmor"]] * 2, "completed ./0/0.py"),
    ],
)
def test_what_is_said_of_a_file_that_nobody_knows_is_left_out_and_told(module, output, errors):
    class Program:
        def run(self, scanner, files, seconds):
            return Ran(0, "", json.dumps(output).encode(), errors.encode())

    class Named(type(module.SCANNER)):
        def name(self, number, path):
            return "0/0.py"

    assessment = ProgramExaminer(Named(), Program()).assess([(b"a.py", b"x = 1\n")])
    assert assessment.issues == ()
    assert len(assessment.gaps) == 1
    assert assessment.gaps[0].startswith("2 answers of ")
    assert assessment.gaps[0].endswith("left out: about files that it was not given")
    strange = ProgramExaminer(Named(), type("P", (), {"run": lambda *_: Ran(0, "", b"[1]", b"")})())
    assert "not assessed" in strange.assess([(b"a.py", b"x = 1\n")]).gaps[0]
