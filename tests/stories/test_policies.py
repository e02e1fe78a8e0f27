"""Policies as a team meets them: on a command line, without a server, and kept for everybody."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.stories.test_scan_durable import github_token


@pytest.fixture
def keyhole(keyhole_data, tmp_path):
    """Runs one command against a data folder of its own, with no settings but those that commands choose."""
    environment = {name: text for name, text in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}

    def run(*args, code=0, stdin=""):
        command = [sys.executable, "-m", "keyhole.cli", *map(str, args)]
        done = subprocess.run(
            command, input=stdin, capture_output=True, text=True, check=False, cwd=tmp_path, env=environment
        )
        assert done.returncode == code, f"{args}: {done.returncode}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        return done

    return run


@pytest.fixture
def leaky(tmp_path):
    """A repository with one secret."""
    work = tmp_path / "planted" / "harbour" / "tide"
    work.mkdir(parents=True)
    (work / "deploy.env").write_text(f"TOKEN={github_token()}\n")
    for args in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "first")):
        subprocess.run(["git", *args], cwd=work, check=True)
    return work


def policy(tmp_path, *gates, name="Mine"):
    path = tmp_path / "policy.json"
    path.write_text(json.dumps({"name": name, "gates": gates}))
    return path


SECRETS = {"gate": "findings", "kinds": ["secret"], "because": "We promised."}


def test_a_folder_passes_or_fails_by_a_file(keyhole, leaky, tmp_path):
    told = keyhole("scan", leaky, "--policy", policy(tmp_path, SECRETS), code=1).stdout
    assert "BREACH of the policy Mine: 1 gate not passed." in told
    assert "1. No secrets" in told
    assert "We promised." in told
    assert "Do:  " in told
    passed = keyhole("scan", leaky, "--policy", policy(tmp_path, {**SECRETS, "most": 1}))
    assert "Passed: every gate of the policy Mine." in passed.stdout
    as_json = json.loads(
        keyhole("scan", leaky, "--policy", policy(tmp_path, SECRETS), "--json", code=1).stdout
    )
    assert as_json["verdict"]["passed"] is False
    assert as_json["verdict"]["breaches"][0]["findings"] == [as_json["findings"][0]["id"]]


def test_the_verdict_is_in_the_report_whatever_its_format(keyhole, leaky, tmp_path):
    judged = ("scan", leaky, "--policy", policy(tmp_path, SECRETS))
    report, sarif = tmp_path / "report", tmp_path / "scan.sarif"
    breached = "Breached Mine: No secrets"
    for form in ("text", "json", "html", "cyclonedx", "spdx", "sarif"):
        keyhole(*judged, "--format", form, "--output", report, "--sarif", sarif, code=1)
        assert breached in report.read_text()
        assert breached in sarif.read_text()
    (scan,) = json.loads(keyhole(*judged, "--format", "json", code=1).stdout)["report"]["scans"]
    assert scan["policy"] == breached
    assert breached not in keyhole(*judged, code=1).stdout  # it is told there at length


@pytest.mark.parametrize(
    "option",
    ["--policy", "--environment", "--ref", "--sarif", "--output", "-s", "--rules", "--tell-github"],
)
def test_a_name_that_is_empty_is_not_taken_for_none(keyhole, leaky, option):
    said = keyhole("scan", leaky, option, "", code=2).stderr
    assert "It names nothing. Give it a name, or leave the option out." in said


@pytest.mark.parametrize(
    "line",
    [
        ("environment", "new", "Live", "--policy", ""),
        ("schedule", "new", "Nightly", "a/b", "--every", "nightly", "--environment", ""),
        ("schedule", "new", "Nightly", "a/b", "--every", "nightly", "--ref", ""),
        ("policy", "try", "absent", "--environment", ""),
        ("report", "--repo", ""),
        ("mailing", "new", "Board", "--channel", "Board", "--repo", ""),
        ("evidence", "verify", "/etc/passwd", "--key", ""),
    ],
    ids=lambda line: " ".join(line[:2]),
)
def test_nor_is_it_where_that_would_ask_for_less_or_tell_more(keyhole, line):
    assert "It names nothing." in keyhole(*line, code=2).stderr


def test_a_gate_of_one_scanner_does_not_pass_because_another_one_says_the_same(keyhole, leaky, tmp_path):
    (leaky / "deploy.env").write_text("")
    (leaky / "app.py").write_text(f'token = "{github_token()}"\n')
    for args in (("add", "-A"), ("commit", "-q", "--amend", "-m", "first")):
        subprocess.run(["git", *args], cwd=leaky, check=True)
    by_bandit = policy(tmp_path, {"gate": "findings", "scanners": ["bandit"]})
    both = ("scan", leaky, "--head", "-s", "secrets", "-s", "bandit", "--policy")
    for line in ((*both[:3], "-s", "bandit", "--policy", by_bandit), (*both, by_bandit)):
        assert "BREACH of the policy Mine: 1 gate not passed.\n" in keyhole(*line, code=1).stdout
    passed = keyhole(*both, policy(tmp_path, {"gate": "findings", "most": 1}), "--json").stdout
    assert len(json.loads(passed)["findings"]) == 2
    assert json.loads(passed)["verdict"] == {
        "passed": True,
        "policy": "Mine",
        "breaches": [],
        "counted": 1,
        "accepted": 0,
    }


@pytest.mark.parametrize(
    ("scanner", "gate", "more"),
    [
        ("secrets", {"gate": "findings", "kinds": ["vulnerability"]}, "-s secrets -s dependencies"),
        ("secrets", {"gate": "findings", "scanners": ["dependencies"]}, "-s secrets -s dependencies"),
        ("secrets", {"gate": "findings", "kev": True}, "-s secrets -s dependencies"),
        ("secrets", {"gate": "licences", "unknown": "deny"}, "-s secrets -s dependencies"),
        ("dependencies", SECRETS, "-s dependencies -s secrets"),
    ],
)
def test_a_gate_of_what_was_not_looked_for_is_no_pass(keyhole, leaky, tmp_path, scanner, gate, more):
    by = policy(tmp_path, gate)
    told = keyhole("scan", leaky, "-s", scanner, "--policy", by, code=1).stdout
    assert "BREACH of the policy Mine: 1 gate not passed." in told
    assert f"too (keyhole scan {more})." in told


def test_what_was_not_seen_is_never_a_pass(keyhole, leaky, tmp_path):
    lax = policy(tmp_path, {"gate": "findings", "kinds": ["malicious"]})
    (leaky / "requirements.txt").write_text("requests==2.19.0\n")
    for args in (("add", "-A"), ("commit", "-q", "-m", "second")):
        subprocess.run(["git", *args], cwd=leaky, check=True)
    unknown = keyhole("scan", leaky, "-s", "dependencies", "--policy", lax, code=3)
    assert "as far as the scan saw" in unknown.stdout
    strict = policy(tmp_path, {"gate": "complete"})
    assert "It did not: " in keyhole("scan", leaky, "-s", "dependencies", "--policy", strict, code=1).stdout


def test_the_newest_commit_alone_is_not_everything_where_history_is_looked_at(keyhole, leaky, tmp_path):
    (leaky / "deploy.env").write_text("")
    subprocess.run(["git", "commit", "-q", "-a", "-m", "hidden"], cwd=leaky, check=True)
    no_secret, whole = policy(tmp_path, SECRETS), policy(leaky.parent, {"gate": "complete"})
    head = ("scan", leaky, "--head")
    told = keyhole(*head, "--policy", whole, code=1).stdout
    assert "It did not: history was not read, only the files of the newest commit (--head)." in told
    verdict = json.loads(keyhole(*head, "--policy", whole, "--json", code=1).stdout)["verdict"]
    assert [breach["gate"] for breach in verdict["breaches"]] == ["complete"]
    told = keyhole(*head, "--policy", no_secret).stdout
    assert "Passed: every gate of the policy Mine; history was not read" in told
    keyhole("scan", leaky, "--policy", no_secret, code=1)
    keyhole("scan", leaky, "--policy", whole)
    told = keyhole(*head, "-s", "zizmor", "--policy", whole).stdout
    assert "Passed: every gate of the policy Mine.\n" in told


def test_wrong_usage_says_what_and_where(keyhole, leaky, tmp_path):
    assert "neither a file here nor" in keyhole("scan", leaky, "--policy", "absent", code=2).stderr
    wrong = policy(tmp_path, {"gate": "findings", "severity": "worst"})
    said = keyhole("scan", leaky, "--policy", wrong, code=2).stderr
    assert "gates[1].severity is one of critical, high, medium, low." in said
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    assert "not UTF-8" in keyhole("policy", "check", "bytes.toml", code=2).stderr
    assert "cannot be read" in keyhole("policy", "check", "absent.toml", code=2).stderr
    typo = policy(tmp_path, {"gate": "findings", "scanners": ["secret"]})
    for line in (("policy", "check", typo), ("policy", "new", typo), ("scan", leaky, "--policy", typo)):
        said = keyhole(*line, code=2).stderr
        assert "no scanner named 'secret'" in said
        assert "Did you mean secrets?" in said
    imported = policy(tmp_path, {"gate": "findings", "scanners": ["sarif-codeql"]})
    assert "is imported under that name" in keyhole("policy", "check", imported).stderr
    assert "no such scan policy" in keyhole("policy", "show", "absent", code=2).stderr
    assert "no due date" in keyhole("environment", "new", "Live", "--due", "critical=soon", code=2).stderr
    assert "no such environment" in keyhole("environment", "change", "absent", code=2).stderr
    assert "no channel" in keyhole("environment", "new", "Live", "--notify", "absent", code=2).stderr


def test_a_policy_is_kept_selected_changed_and_read_as_it_was(keyhole, tmp_path):
    example = keyhole("policy", "example", "production").stdout
    (tmp_path / "production.toml").write_text(example)
    told = keyhole("policy", "check", "production.toml").stdout
    assert "a scan passes 8 gates" in told
    assert "without these scanners: keyhole scan -s secrets -s dependencies\n" in told
    keyhole("policy", "new", "production.toml")
    keyhole("environment", "new", "Live", "--policy", "Production", "--due", "critical=2", "--due", "low=90")
    (row,) = json.loads(keyhole("environment", "list", "--json").stdout)
    assert (row["policy"], row["due_days"]) == ("Production", {"critical": 2, "low": 90})
    (kept,) = json.loads(keyhole("policy", "list", "--json").stdout)
    assert (kept["version"], kept["environments"], len(kept["gates"])) == (1, ["Live"], 8)
    keyhole("policy", "change", "Production", policy(tmp_path, SECRETS, name="Production"))
    now = json.loads(keyhole("policy", "show", "Production", "--json").stdout)
    then = json.loads(keyhole("policy", "show", "Production", "--version", "1", "--json").stdout)
    assert (now["version"], len(now["gates"])) == (2, 1)
    assert (then["version"], len(then["gates"])) == (1, 8)
    assert "judges the scans of Live" in keyhole("policy", "remove", "Production", "--yes", code=2).stderr
    keyhole(
        "environment", "change", "Live", "--policy", "-", "--due", "low=-", "--description", "for customers"
    )
    (row,) = json.loads(keyhole("environment", "list", "--json").stdout)
    assert (row["policy"], row["due_days"], row["description"]) == (None, {"critical": 2}, "for customers")
    keyhole("policy", "remove", "Production", "--yes")
    keyhole("environment", "remove", "Live", stdin="n\n", code=130)
    keyhole("environment", "remove", "Live", "--yes")
    assert "No environments yet" in keyhole("environment", "list").stdout


def test_removing_an_environment_says_which_schedules_lose_their_gates(keyhole, leaky, tmp_path):
    keyhole("repo", "connect", leaky.parent.parent)
    keyhole("policy", "new", policy(tmp_path, SECRETS))
    for name in ("Live", "Bare"):
        keyhole("environment", "new", name, *(("--policy", "Mine") if name == "Live" else ()))
        for which in ("Nightly", "Weekly")[: 2 if name == "Live" else 1]:
            keyhole(
                "schedule",
                "new",
                f"{name} {which}",
                "harbour/tide",
                "--every",
                "nightly",
                "--environment",
                name,
            )
    asked = keyhole("environment", "remove", "Live", stdin="n\n", code=130).stderr
    assert "2 schedules lose their gates and scan on without: Live Nightly, Live Weekly. Remove" in asked
    done = keyhole("environment", "remove", "Live", "--yes").stdout
    assert "Live is removed. 2 schedules lose their gates and scan on without" in done
    told = json.loads(keyhole("environment", "remove", "Bare", "--yes", "--json").stdout)
    assert [each["name"] for each in told["schedules"]] == ["Bare Nightly"]
    rows = json.loads(keyhole("schedule", "list", "--json").stdout)
    assert [row["environment"] for row in rows] == [None, None, None]
