"""`keyhole inspect` as a new user meets it: exit codes, JSON, and a token that is nowhere afterwards."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from keyhole.testing.github import GitHub
from tests import canaries


@pytest.fixture(scope="module")
def github(tmp_path_factory):
    with GitHub(folder=tmp_path_factory.mktemp("sandbox")) as sandbox:
        sandbox.alice = sandbox.add_user("alice")
        sandbox.add_organization("harbour", owners=[sandbox.alice])
        sandbox.add_repository("harbour/tide-api")
        yield sandbox


@pytest.fixture
def text(github):
    made = github.add_fine_grained_token(
        github.alice, owner="harbour", repositories=["harbour/tide-api"], permissions={"contents": "write"}
    )
    return canaries.watch("a token sent to a command", made.text)


@pytest.fixture
def inspect(keyhole_data, github, tmp_path):
    """Runs the command where sandboxes may be asked."""

    def run(*args, stdin="", address=None):
        return subprocess.run(
            [sys.executable, "-m", "keyhole.cli", "inspect", "--github", address or github.url, *args],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env={**os.environ, "KEYHOLE_ALLOW_PRIVATE_ADDRESSES": "yes"},
        )

    return run


def test_it_fits_or_it_does_not_and_the_exit_code_says_so(inspect, text, github):
    fits = inspect("-p", "contents=write", stdin=text)
    assert fits.returncode == 0, fits.stderr
    assert "it has what the plan needs." in fits.stdout
    much = inspect("-p", "contents=read", stdin=text + "\n")
    assert much.returncode == 1
    assert "On GitHub, set Contents to Read" in much.stdout
    missing = inspect(
        "--plan", "https://keyhole.example/plan?endpoint=GET%20/repos/{owner}/{repo}/issues", stdin=text
    )
    assert missing.returncode == 1
    assert "1 planned permission missing" in missing.stdout
    assert inspect(stdin=text).returncode == 0
    assert text not in fits.stdout + fits.stderr + much.stdout + missing.stdout
    assert github.changes == 0


def test_json_has_the_report_and_the_comparison(inspect, text):
    told = json.loads(inspect("-p", "contents=write", "-p", "workflows=write", "--json", stdin=text).stdout)
    assert told["owner"] == "harbour"
    assert told["comparison"]["fits"] is True
    assert told["comparison"]["unknowable"] == {"workflows": "write"}
    assert text not in json.dumps(told)


def test_everything_is_shown_with_its_evidence(inspect, text):
    shown = inspect("--all", stdin=text).stdout
    assert "GET /repos/harbour/tide-api/stargazers: 200" in shown
    assert "No documented REST operation needs it." in shown


@pytest.mark.parametrize("place", ["argument", "--owner", "--repository", "-p"])
def test_a_token_on_the_command_line_is_refused_and_not_repeated(inspect, text, github, place):
    before = len(github.requests)
    done = inspect(*([text] if place == "argument" else [place, text]))
    assert done.returncode == 2
    assert "shell's history" in done.stderr
    assert "Revoke it" in done.stderr
    assert text not in done.stdout + done.stderr
    assert len(github.requests) == before


def test_wrong_usage_says_what_to_do(inspect, text):
    assert inspect("harbour/tide-api", stdin=text).returncode == 2
    assert "--repository" in inspect("harbour/tide-api", stdin=text).stderr
    nothing = inspect(stdin="")
    assert nothing.returncode == 2
    assert "nothing was given" in nothing.stderr
    wrong = inspect("-p", "contens=read", stdin=text)
    assert wrong.returncode == 2
    assert "keyhole token permissions" in wrong.stderr
    mistyped = inspect(stdin="ghp_" + "A" * 36)
    assert mistyped.returncode == 2
    assert "checksum" in mistyped.stderr


def test_what_github_does_not_accept_and_what_does_not_answer(inspect, text, github):
    assert inspect(stdin=text, address="http://127.0.0.1:9").returncode == 4
    github.revoke(text)
    gone = inspect(stdin=text)
    assert gone.returncode == 5
    assert "does not accept the credential" in gone.stderr
