"""Somebody fetches advisories and learns what is wrong with what a repository uses, and whose it is to upgrade."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import subprocess
import sys

import pytest

from tests.unit.advisories.source import serving
from tests.unit.scanners.dependencies.advisories import record

pytestmark = pytest.mark.loopback

LOCK = {
    "lockfileVersion": 3,
    "packages": {
        "": {"dependencies": {"express": "^4"}},
        "node_modules/express": {"version": "4.17.1", "dependencies": {"body-parser": "1"}},
        "node_modules/body-parser": {"version": "1.19.0", "dependencies": {"qs": "6"}},
        "node_modules/qs": {"version": "6.7.0", "license": "BSD-3-Clause"},
    },
}


@pytest.fixture
def source():
    with serving() as (server, address):
        events = [{"introduced": "0"}, {"fixed": "6.7.3"}]
        aliases = ["CVE-2022-1111"]
        server.publish("npm", record("GHSA-qs", name="qs", ecosystem="npm", aliases=aliases, events=events))
        server.files["/epss.csv"] = b"cve,epss,percentile\nCVE-2022-1111,0.25,0.9\n"
        server.files["/kev.json"] = b'{"vulnerabilities": [{"cveID": "CVE-2022-1111"}]}'
        server.address = address
        yield server


@pytest.fixture
def keyhole(keyhole_data, tmp_path, source):
    def run(*args, **more):
        environment = os.environ | {
            "KEYHOLE_ALLOW_PRIVATE_ADDRESSES": "yes",
            "KEYHOLE_ADVISORIES_URL": source.address,
            "KEYHOLE_EPSS_URL": f"{source.address}/epss.csv",
            "KEYHOLE_KEV_URL": f"{source.address}/kev.json",
        }
        command = [sys.executable, "-m", "keyhole.cli", *map(str, args)]
        more = more or {"capture_output": True, "text": True}
        return subprocess.run(command, check=False, cwd=tmp_path, env=environment, **more)

    return run


@pytest.fixture
def repository(tmp_path):
    path = tmp_path / "shop"
    path.mkdir()
    (path / "package-lock.json").write_text(json.dumps(LOCK, indent=1))
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "first"]):
        subprocess.run(["git", "-C", str(path), *command], check=True)
    return path


def test_from_nothing_to_what_to_upgrade(keyhole, repository, source):
    nothing = keyhole("scan", repository, "--scanner", "dependencies")
    assert (
        "3 packages were not assessed: there are no advisories yet; keyhole advisories sync" in nothing.stdout
    )
    assert keyhole("advisories", "status").returncode == 1

    assert keyhole("advisories", "sync", "--ecosystem", "npm").returncode == 0
    status = json.loads(keyhole("advisories", "status", "--json").stdout)
    assert (status["ecosystems"], status["feeds"]["EPSS"]["entries"]) == ({"npm": 1}, 1)
    assert (status["keep"], status["hours"]) == (True, 24)

    done = keyhole("scan", repository, "--scanner", "dependencies", "--json")
    result = json.loads(done.stdout)
    assert (done.returncode, result["status"], result["advisories_at"]) == (1, "complete", status["at"])
    (finding,) = result["findings"]
    assert finding["fix"].startswith(
        "Upgrade qs to 6.7.3 or later. It comes with express (express > body-parser > qs)"
    )
    (package,) = finding["package"]
    assert (package["purl"], package["relation"], package["via"]) == (
        "pkg:npm/qs@6.7.0",
        "transitive",
        ["express", "body-parser"],
    )
    assert (package["fixed"], package["epss"], package["kev"]) == ("6.7.3", 0.25, True)
    assert [(each["name"], each["licences"]) for each in result["libraries"]] == [
        ("express", []),
        ("body-parser", []),
        ("qs", ["BSD-3-Clause"]),
    ]

    source.took()
    assert keyhole("advisories", "sync", "--ecosystem", "npm").returncode == 0
    assert sorted(source.took()) == ["/epss.csv", "/kev.json", "/npm/modified_id.csv"]


def on_a_terminal(keyhole, monkeypatch, columns, *args):
    """What a command prints on a terminal of this width."""
    monkeypatch.setenv("COLUMNS", str(columns))
    reading, terminal = pty.openpty()
    try:
        assert keyhole(*args, stdout=terminal).returncode == 0
        return os.read(reading, 1 << 16).decode()
    finally:
        os.close(reading)
        os.close(terminal)


def test_a_library_is_shown_with_what_was_found_about_it_also_where_there_is_little_room(
    keyhole, repository, tmp_path, monkeypatch
):
    folder = tmp_path / "repos" / "harbour" / "shop-of-everything"
    shutil.copytree(repository, folder)
    for args in (("advisories", "sync", "--ecosystem", "npm"), ("repo", "connect", folder.parent.parent)):
        assert keyhole(*args).returncode == 0
    assert keyhole("scan", "harbour/shop-of-everything", "--scanner", "dependencies").returncode == 1

    shown = keyhole("library", "show", "npm", "qs").stdout
    assert "package-lock.json:" in shown
    (found,) = json.loads(keyhole("library", "show", "npm", "qs", "--json").stdout)["findings"]
    assert f"{found['id']}   {found['severity']}" in shown
    assert (found["title"] in shown, "6.7.3" in shown) == (True, True)
    assert "No finding is about it." in keyhole("library", "show", "npm", "express").stdout
    beyond = keyhole("library", "list", "--page", "5")
    assert (beyond.stdout, beyond.stderr) == ("Page 5 has none: there are 3 libraries, 100 a page.\n", "")
    assert keyhole("library", "list", "--page", "0").returncode == 2

    lines = on_a_terminal(keyhole, monkeypatch, 76, "library", "show", "npm", "qs").splitlines()
    assert any(re.search(r"package-lock\.json:\d+ ", line) for line in lines)
    assert max(len(line.replace("\x1b[1m", "").replace("\x1b[0m", "")) for line in lines) <= 76
    assert "…" in "".join(lines)


def test_a_source_that_is_gone_leaves_what_there_was(keyhole, repository, source):
    assert keyhole("advisories", "sync", "--ecosystem", "npm").returncode == 0
    source.files.clear()
    failed = keyhole("advisories", "sync", "--ecosystem", "npm")
    assert failed.returncode != 0
    assert "is not there" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert keyhole("scan", repository, "--scanner", "dependencies").returncode == 1


def test_somebody_says_who_keeps_them_fresh(keyhole):
    assert "does not fetch them by itself" in keyhole("advisories", "status").stdout
    assert "as soon as it runs" in keyhole("advisories", "keep", "on", "--every", "6").stdout
    assert json.loads(keyhole("advisories", "status", "--json").stdout)["hours"] == 6
    assert keyhole("advisories", "keep", "on", "--every", "0").returncode != 0
    assert keyhole("advisories", "keep", "off", "--every", "6").returncode == 2
    assert json.loads(keyhole("advisories", "keep", "off", "--json").stdout)["next_at"] is None
