"""A company writes a rule for its own keys, checks it as the guide says, and scans with it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from keyhole.scanners.secrets.shapes import make

GUIDE = Path(__file__).parents[2] / "docs" / "secret-rules.md"


@pytest.fixture
def keyhole(keyhole_data, tmp_path):
    """Runs one command against a data folder of its own."""

    def run(*args, **environment):
        command = [sys.executable, "-m", "keyhole.cli", *map(str, args)]
        return subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=tmp_path, env=os.environ | environment
        )

    return run


@pytest.fixture
def rules(tmp_path):
    (tmp_path / "rules").mkdir()
    path = tmp_path / "rules" / "acme.toml"
    path.write_text(re.search(r"```toml\n(.*?)```", GUIDE.read_text(), re.DOTALL)[1])
    return path


@pytest.fixture
def repository(tmp_path):
    path = tmp_path / "planted" / "anvils"
    path.mkdir(parents=True)
    (path / "settings.py").write_text(make("KEY = 'acme_<hex:32>'\n", 3))
    subprocess.run(["git", "init", "--quiet", str(path)], check=True)
    subprocess.run(["git", "-C", str(path), "add", "."], check=True)
    subprocess.run(["git", "-C", str(path), "commit", "--quiet", "-m", "first"], check=True)
    return path


def found(done):
    return [finding["rule"] for finding in json.loads(done.stdout)["findings"]]


def test_a_key_of_ones_own_is_found_with_a_rule_and_not_without(keyhole, rules, repository):
    checked = keyhole("rules", "check", rules, "--no-timing")
    assert (checked.returncode, checked.stdout) == (0, "2 rules, nothing wrong.\n")
    without = keyhole("scan", repository, "--json")
    assert (without.returncode, found(without)) == (0, [])
    once = keyhole("scan", repository, "--rules", rules, "--json")
    assert (once.returncode, found(once)) == (1, ["acme-api-key"])
    always = keyhole("scan", repository, "--json", KEYHOLE_RULES=str(rules.parent))
    assert found(always) == ["acme-api-key"]
    versions = {json.loads(done.stdout)["rules_version"] for done in (without, once, always)}
    assert len(versions) == 2
    assert "acme-legacy-key" in keyhole("rules", "list", "--own", KEYHOLE_RULES=str(rules.parent)).stdout


def test_a_rule_that_would_match_everything_is_refused_with_its_figure(keyhole, rules, repository):
    rules.write_text(rules.read_text().replace("'acme_[0-9a-f]{32}'", "'[a-z]{5}'"))
    checked = keyhole("rules", "check", rules)
    assert checked.returncode == 1
    assert re.search(r"acme-api-key: scan: stops \d+ times per MB of ordinary text", checked.stdout)
    scanned = keyhole("scan", repository, "--rules", rules)
    assert scanned.returncode == 2
    assert "acme-api-key: scan: has nothing to look for" in scanned.stderr
    assert "keyhole rules check" in scanned.stderr


def test_a_wrong_file_names_itself_its_rule_and_the_field(keyhole, rules, repository):
    rules.write_text(rules.read_text().replace('severity = "high"', 'severity = "worst"', 1))
    for command in (["rules", "check", rules], ["scan", repository, "--rules", rules]):
        done = keyhole(*command)
        assert done.returncode == 2
        assert "acme.toml, rule acme-api-key: severity: must be critical, high, medium, low" in done.stderr
        assert ("keyhole rules check" in done.stderr) == (
            command[0] == "scan"
        )  # nobody is told what they just did
    rules.write_text(rules.read_text().replace("[0-9a-f]{40}", "[0-9a-f]+"))
    done = keyhole("rules", "check", rules)
    assert "severity: must be" in done.stderr
    assert "rule acme-legacy-key: value: may match without end" in done.stderr
    assert done.stderr.endswith("\n2 faults.\n")


def test_a_file_without_a_rule_is_not_taken_for_one_that_finds_nothing(keyhole, rules, repository):
    rules.write_text("# [[rule]]\n")
    for command in (["rules", "check", rules], ["scan", repository, "--rules", rules]):
        done = keyhole(*command)
        assert (done.returncode, done.stderr.splitlines()[0]) == (2, "Error: acme.toml has no rule.")


def test_rules_for_one_scan_are_not_for_a_scan_that_is_kept(keyhole, rules):
    done = keyhole("scan", "team/app", "--rules", rules)
    assert done.returncode == 2
    assert "KEYHOLE_RULES" in done.stderr
