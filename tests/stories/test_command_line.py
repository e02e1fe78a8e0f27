"""The command line as a new user meets it: what works says so, what does not says why and what to do."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import canaries


@pytest.fixture
def keyhole(keyhole_data, tmp_path):
    """Runs one command against a data folder of its own, with no settings but those that commands choose."""

    def run(*args, stdin=""):
        environment = {name: text for name, text in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
        command = [sys.executable, "-m", "keyhole.cli", *map(str, args)]
        return subprocess.run(
            command, input=stdin, capture_output=True, text=True, check=False, cwd=tmp_path, env=environment
        )

    return run


@pytest.fixture
def folder(tmp_path):
    """A folder with one repository in it."""
    path = tmp_path / "code" / "team" / "tide-api"
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(path)], check=True)
    subprocess.run(["git", "-C", str(path), "commit", "--quiet", "--allow-empty", "-m", "first"], check=True)
    return path.parents[1]


def generated(done):
    return canaries.watch("token generated on the command line", done.stdout.strip())


def test_a_token_is_printed_once_and_alone_on_standard_output(keyhole, folder):
    assert "1 repository connected" in keyhole("repo", "connect", folder).stdout
    done = keyhole("token", "new", "Scanner", "-r", "team/tide-api", "-p", "contents=read")
    assert done.returncode == 0
    token = generated(done)
    assert token.startswith("khp_")
    assert "team/tide-api with contents: read, metadata: read. Nothing else." in done.stderr
    for again in (
        keyhole("token", "list"),
        keyhole("token", "show", "Scanner"),
        keyhole("token", "list", "--json"),
    ):
        assert again.returncode == 0
        assert "Scanner" in again.stdout
        assert token not in again.stdout + again.stderr


def test_revoking_asks_unless_told_not_to(keyhole, folder):
    keyhole("repo", "connect", folder)
    generated(keyhole("token", "new", "Scanner", "-r", "team/tide-api"))
    assert keyhole("token", "revoke", "Scanner", stdin="n\n").returncode == 130
    assert json.loads(keyhole("token", "show", "Scanner", "--json").stdout)["state"] == "active"
    assert keyhole("token", "revoke", "Scanner", stdin="y\n").returncode == 0
    assert json.loads(keyhole("token", "show", "Scanner", "--json").stdout)["state"] == "revoked"


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["tokn"], 2, "Did you mean `keyhole token`?"),
        (["token", "new"], 2, "Missing argument"),
        (["token", "new", "x" * 41, "--all-repositories"], 2, "40"),
        (["token", "new", "a\x1b[31mb", "--all-repositories"], 2, "characters"),
        (["token", "new", "T", "-r", "team/absent"], 2, "No repository team/absent"),
        (["token", "new", "T", "--all-repositories", "-p", "contents=admin"], 2, "no level"),
        (["token", "new", "T", "--all-repositories", "-p", "content=read"], 2, "no permission called"),
        (["token", "new", "T", "--all-repositories", "-p", "contents"], 2, "NAME=LEVEL"),
        (["token", "new", "T", "-p", "contents=read"], 2, "public access grants none"),
        (["token", "new", "T", "--all-repositories", "--expires", "0"], 2, "expir"),
        (["token", "new", "T", "--all-repositories", "--expires", "367"], 2, "366"),
        (["token", "new", "T", "--all-repositories", "--expires", "none"], 2, "366"),
        (["token", "new", "T", "--all-repositories", "--expires", "2020-01-01"], 2, "expir"),
        (["token", "new", "T", "--all-repositories", "--expires", "soon"], 2, "not a number of days"),
        (["token", "new", "T", "--all-repositories", "-r", "team/x"], 2, "Choose either"),
        (["token", "show", "999"], 2, "no such token"),
        (["token", "revoke", "nobody", "--yes"], 2, "There is no token"),
        (["repo", "connect", "absent"], 2, "not a folder"),
        (["repo", "import", "ext::sh -c true", "x"], 2, "neither a repository"),
        (["repo", "disconnect", "team/absent", "--yes"], 2, "No repository"),
        (["scan", "team/absent"], 2, "neither a folder here nor a connected repository"),
        (["explain", "ex_nonsense"], 2, "no record"),
        (["findings", "12345"], 2, "no such code scan"),
    ],
)
def test_wrong_usage_ends_with_its_code_and_a_reason(keyhole, args, code, said):
    done = keyhole(*args)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_t15_a_name_that_looks_like_a_formula_is_harmless_in_the_export(keyhole, tmp_path):
    generated(keyhole("token", "new", "=cmd|' /C calc'!A0", "--all-repositories"))
    assert keyhole("audit", "export", "--format", "csv", "--output", tmp_path / "audit.csv").returncode == 0
    assert '"=' not in (tmp_path / "audit.csv").read_text().replace('""=', "")


def test_empty_states_say_what_to_do_first(keyhole):
    for command in (["token", "list"], ["repo", "list"], ["integration", "list"], ["findings"]):
        done = keyhole(*command)
        assert done.returncode == 0
        assert "yet." in done.stdout


def test_a_refresh_counts_what_was_renamed_and_what_is_missing(keyhole, folder, tmp_path):
    keyhole("repo", "connect", folder)
    (folder / "team" / "tide-api").rename(folder / "team" / "elsewhere")
    done = keyhole("repo", "refresh")
    assert "0 repositories connected, 0 known before, 1 renamed, 0 missing, 0 skipped." in done.stdout
    (folder / "team" / "elsewhere").rename(tmp_path / "gone")
    assert " 0 renamed, 1 missing, 0 skipped." in keyhole("repo", "refresh").stdout


def test_doctor_finds_everything_in_order_and_then_not(keyhole, folder):
    keyhole("repo", "connect", folder)
    assert keyhole("doctor").returncode == 0
    (folder / "team" / "tide-api").rename(folder / "team" / "elsewhere")
    done = keyhole("doctor")
    assert done.returncode == 1
    assert "keyhole repo refresh" in done.stdout


def test_scanning_a_path_needs_nothing_and_keeps_nothing(keyhole, folder, tmp_path):
    done = keyhole("scan", folder / "team" / "tide-api", "--sarif", tmp_path / "report.sarif")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Clean: ")
    assert json.loads((tmp_path / "report.sarif").read_text())["version"] == "2.1.0"


def test_a_report_in_a_file_is_told_of_with_what_came_out(keyhole, folder, tmp_path):
    place, target = folder / "team" / "tide-api", tmp_path / "report.html"
    done = keyhole("scan", place, "--format", "html", "--output", target)
    assert (done.returncode, done.stdout) == (0, "")
    assert re.fullmatch(
        rf"Wrote {target} \([\d,]+ bytes\): Nothing open, and everything was read\.\n", done.stderr
    )
    assert keyhole("scan", place, "--json", "--output", target).returncode == 2
    assert keyhole("scan", place, "--json", "--format", "csv").returncode == 2


_WITHOUT_DJANGO = """
import sys
from pathlib import Path
from keyhole.cli.main import main
sys.argv = ["keyhole", "--help"]
try:
    main()
finally:
    print("django" in sys.modules, file=sys.stderr)
"""


def test_a_report_is_written_to_what_is_no_plain_file_and_not_put_in_its_place(keyhole, folder, tmp_path):
    place = folder / "team" / "tide-api"
    link, target, pipe = tmp_path / "link.json", tmp_path / "target.json", tmp_path / "pipe"
    link.symlink_to(target)
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)  # so that the writer does not wait for anybody
    reports = []
    for output in (link, pipe):
        assert keyhole("scan", place, "--format", "json", "--output", output).returncode == 0
    reports.append(target.read_bytes())
    reports.append(os.read(reading, 1 << 16))
    os.close(reading)
    said = keyhole("scan", place, "--format", "json", "--output", "/dev/stdout")
    reports.append(said.stdout.encode())
    assert all(json.loads(report)["findings"] == [] for report in reports)
    assert link.is_symlink()
    assert pipe.is_fifo()


def test_a_disk_that_is_full_is_told(keyhole, folder):
    done = keyhole("scan", folder / "team" / "tide-api", "--format", "json", "--output", "/dev/full")
    assert (done.returncode, "/dev/full cannot be written: No space left" in done.stderr) == (2, True)
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "keyhole.cli", "scan", str(folder / "team" / "tide-api"), "--json"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    said = "Error: No space left on device: not everything could be written.\n"
    assert (done.returncode, done.stderr) == (4, said)


def test_a_data_folder_that_cannot_be_used_is_told(keyhole, tmp_path, monkeypatch):
    (tmp_path / "file").touch(mode=0o600)
    monkeypatch.setenv("KEYHOLE_DATA", str(tmp_path / "file" / "data"))
    for command in (("findings",), ("report", "1"), ("schedule", "list")):
        done = keyhole(*command)
        assert done.returncode == 4
        assert done.stderr.startswith(f"Error: {tmp_path}/file/data cannot be used: Not a directory.")
    done = keyhole("up")
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)


def test_help_does_not_load_django(keyhole):
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT_DJANGO], capture_output=True, text=True, check=False
    )
    assert "Fine-grained tokens" in done.stdout
    assert done.stderr.strip() == "False"


def test_a_folder_is_scanned_where_nothing_can_be_kept(folder):
    command = [sys.executable, "-m", "keyhole.cli", "scan", str(folder / "team" / "tide-api")]
    nowhere = {"PATH": os.environ["PATH"], "KEYHOLE_DATA": "/proc/nowhere"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=nowhere)
    assert (done.returncode, done.stderr) == (0, "")
    assert "read in" in done.stdout
