"""`keyhole plan` as a new user meets it: every example of docs/plan.md runs, and wrong usage says what to do."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import canaries

GUIDE = Path(__file__).parents[2] / "docs/plan.md"
EXAMPLES = "".join(re.findall(r"```sh\n(.*?)```", GUIDE.read_text(), re.DOTALL)).splitlines()


@pytest.fixture
def run(keyhole_data, tmp_path):
    """Runs a shell line in which `keyhole` is this one."""
    place = tmp_path / "bin"
    place.mkdir()
    (place / "keyhole").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m keyhole.cli "$@"\n')
    (place / "keyhole").chmod(0o755)

    def line(text, stdin=""):
        environment = {**os.environ, "PATH": f"{place}:{os.environ['PATH']}"}
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env=environment,
            timeout=120,
        )

    return line


@pytest.fixture
def tide(run, tmp_path):
    """acme/tide-api is connected."""
    path = tmp_path / "code" / "acme" / "tide-api"
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(path)], check=True)
    subprocess.run(["git", "-C", str(path), "commit", "--quiet", "--allow-empty", "-m", "first"], check=True)
    assert run("keyhole repo connect code").returncode == 0


def test_the_guide_has_examples_of_every_way():
    options = (
        "--preset",
        "--feature",
        "-e ",
        "--har",
        "--access-log",
        "--token",
        "--list-presets",
        "--as keyhole",
    )
    assert all(any(option in example for example in EXAMPLES) for option in options)


def test_every_example_of_the_guide_runs(run, tide, tmp_path):
    url = "https://api.github.com/repos/acme/tide-api/pulls"
    entries = [{"request": {"method": "GET", "url": url}}]
    (tmp_path / "recording.har").write_text(json.dumps({"log": {"entries": entries}}))
    made = run("keyhole token new Scanner -r acme/tide-api -p contents=read")
    canaries.watch("token of the guide", made.stdout.strip())
    for example in EXAMPLES:
        if "--access-log" in example:
            (tmp_path / "audit.jsonl").unlink(missing_ok=True)
        done = run(example)
        assert done.returncode == 0, f"{example}\n{done.stdout}{done.stderr}"
        if "--as keyhole" in example:
            canaries.watch("planned token", done.stdout.strip())
            assert done.stdout.startswith("khp_")
            assert done.stdout.count("\n") == 1
            assert "acme/tide-api with contents: read, metadata: read. Nothing else." in done.stderr
        elif "--list-presets" not in example and "--token" not in example and "audit" not in example:
            assert "Nothing else." in done.stdout
            assert "13. Copy the token now" in done.stdout


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ("", 2, "Say what the token is for"),
        ("--preset nothing", 2, "no preset 'nothing'"),
        ("--preset cursor", 2, "could not be verified"),
        ("--feature scans", 2, "no feature"),
        ("--feature scan --days soon", 2, "not a number of days"),
        ("--feature scan --days 367", 2, "1 to 366"),
        ("--feature scan --owner-kind team", 2, "is not one of"),
        ("--feature scan --owner a/b", 2, "owner's name"),
        ("--feature scan -r a/b -r c/d", 2, "one resource owner"),
        ("--feature scan -r ../b", 2, "name has"),
        ("--feature scan --github 'ftp://x y'", 2, "address"),
        ("--feature scan --name " + "x" * 41, 2, "at most 40"),
        ("--har absent.har", 2, "cannot be read: No such file"),
        ("--har .", 2, "Is a directory"),
        ("--access-log absent", 2, "No such file"),
        ("--token nobody", 2, "There is no token"),
        ("--feature scan --as keyhole", 2, "none was chosen"),
        ("-e 'GET /user' --as keyhole", 2, "nothing to grant"),
        ("--feature scan -r acme/absent --as keyhole", 2, "No repository acme/absent"),
        ("--feature scan --as classic", 2, "is not one of"),
    ],
)
def test_wrong_usage_ends_with_its_code_and_a_reason(run, options, code, said):
    done = run(f"keyhole plan {options}")
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_what_cannot_be_planned_for_ends_with_1_and_says_so(run):
    done = run("keyhole plan -e 'GET /repos/a/b/check-runs/1' -e 'GET /repos/a/b/pulls'")
    assert done.returncode == 1
    assert "only a GitHub App" in done.stdout
    assert "Pull requests" in done.stdout
    told = json.loads(run("keyhole plan -e 'GET /repos/a/b/check-runs/1' --json").stdout)
    assert told["permissions"] == {}
    assert told["unmatched"][0]["what"] == "GET /repos/{owner}/{repo}/check-runs/{check_run_id}"


@pytest.mark.parametrize("content", ["", "\\x00\\x01", "{}", "[[[["])
def test_files_that_are_none_are_refused(run, tmp_path, content):
    (tmp_path / "file").write_bytes(content.encode().decode("unicode_escape").encode("latin-1"))
    for option in ("--har", "--access-log"):
        done = run(f"keyhole plan {option} file")
        assert done.returncode == 2
        assert "Traceback" not in done.stderr


def test_pasted_credentials_are_not_printed(run):
    token = canaries.plant("pasted on the command line")
    line = (
        f"curl -H 'Authorization: Bearer {token}' https://api.github.com/user?x={token}\nnonsense?{token}\n"
    )
    done = run("keyhole plan -e - --json", stdin=line)
    assert done.returncode == 1
    assert json.loads(done.stdout)["no_permission"] == ["GET /user"]


def test_planning_needs_no_data_folder(run, keyhole_data):
    assert run("keyhole plan -P semgrep").returncode == 0
    assert not (keyhole_data / "keyhole.sqlite3").exists()


def test_names_from_outside_do_not_steer_the_terminal(run):
    done = run(r"keyhole plan -e $'GET /repos/\x1b[31m/x/nothing' -F scan")
    assert "\x1b[31m" not in done.stdout
