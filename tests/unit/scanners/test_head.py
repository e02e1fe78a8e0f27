"""The newest commit alone: what stands in its files is found at every path, and what only history has is not."""

from __future__ import annotations

import subprocess

import pytest

from keyhole.scanners.gitpipe import Git
from keyhole.scanners.head import Head
from keyhole.scanners.limits import Limits
from keyhole.scanners.objects import OutOfTime, Trouble
from keyhole.scanners.secrets.engine import Engine
from keyhole.scanners.secrets.rules import all_rules
from tests.unit.scanners.conftest import only
from tests.unit.scanners.growing import Quiet


def test_what_is_there_now_is_found_under_this_commit_and_history_is_not_read(history, token, scan):
    history.commit({"old": token})
    history.commit({"a": b"x\n" + token, "d/b": b"x\n" + token}, delete=["old"])
    history.commit({"c": b"1"})
    result = scan(history, head=True)
    finding = only(result)
    assert [(where.path, where.line, where.commit) for where in finding.locations] == [
        ("a", 2, history.tip()),
        ("d/b", 2, history.tip()),
    ]
    assert finding.locations[0].author_date
    assert "not its history" in result.notes[0]
    assert result.objects == 2
    history.commit({"a": b"", "d/b": b""})
    assert scan(history, head=True).clean
    assert len(only(scan(history)).locations) == 3


def test_a_link_is_its_text(history, token, scan):
    history.commit({"link": token}, modes={"link": "120000"})
    assert only(scan(history, head=True)).locations[0].path == "link"


def test_of_a_branch_its_newest_commit(history, token, scan):
    history.commit({"a": b"1"})
    side = history.commit({"a": token}, branch="side")
    assert scan(history, head=True).clean
    assert only(scan(history, head=True, tips=[side])).locations[0].commit == side


def test_where_nothing_was_ever_committed_there_is_nothing(history, scan):
    assert scan(history, head=True).clean


def test_an_object_that_is_missing_is_told(history, scan):
    history.commit({"a": b"1"})
    blob = history.git("rev-parse", "main:a")
    (history.path / "objects" / blob[:2] / blob[2:]).unlink()
    assert scan(history, head=True).reasons == ("an object is missing or damaged: a",)


def test_a_history_that_is_cut_off_does_not_matter_where_none_is_read(history, token, scan, tmp_path):
    history.commit({"a": token})
    history.commit({"a": b"1"})
    shallow = tmp_path / "shallow.git"
    history.git("clone", "-q", "--bare", "--depth=1", f"file://{history.path}", str(shallow))
    assert scan(shallow, head=True).clean
    assert "history is cut off" in scan(shallow).verdict
    blob = history.git("rev-parse", "main:a")
    for kept in shallow.glob("objects/pack/*"):
        kept.rename(tmp_path / kept.name)
    with next(tmp_path.glob("*.pack")).open("rb") as pack:
        subprocess.run(["git", "-C", str(shallow), "unpack-objects", "-q"], stdin=pack, check=True)
    (shallow / "objects" / blob[:2] / blob[2:]).unlink()
    assert "missing or damaged" in scan(shallow, head=True).verdict


def test_it_is_not_remembered_and_remembers_nothing(history, token, scan, tmp_path):
    history.commit({"a": b"1"})
    scan(history, kept=tmp_path / "kept")
    history.commit({"a": token})
    scan(history, kept=tmp_path / "kept", head=True)
    assert list((tmp_path / "kept").glob("history-*"))
    assert only(scan(history, kept=tmp_path / "kept")).rule == "github-personal-token"


@pytest.mark.parametrize("damage", ["garbage", "1" * 40, "gone"])
def test_a_branch_that_leads_nowhere_is_not_an_empty_repository(history, token, scan, damage):
    commit = history.commit({"a": token})
    if damage == "gone":
        (history.path / "objects" / commit[:2] / commit[2:]).unlink()
    else:
        (history.path / "refs/heads/main").write_text(f"{damage}\n")
    assert "could not all be listed" in scan(history, head=True).verdict
    if damage == "gone":
        history.git("pack-refs", "--all")
        assert "could not all be listed" in scan(history, head=True).verdict


def test_out_of_time_findings_still_name_their_commit(history, token):
    commit = history.commit({"a": token})

    class Late(Quiet):
        def tick(self, done, _total):
            if done:
                raise OutOfTime

    rules = [rule for rule in all_rules() if rule.id == "github-personal-token"]
    git = Git(history.path)
    one = Head(git, {"secrets": Engine(rules, lambda _: "0" * 32)}, Limits(), Trouble(), Late())
    with pytest.raises(OutOfTime):
        one.read(git.facts())
    ((place,),) = one.places().values()
    assert place.commit == commit


def test_damaged_objects_among_many_are_told_and_the_others_read(history, token, scan):
    """Enough for two processes, each of which begins with a git that was started for it and goes on with others."""
    history.commit({f"{number:02}": b"%d" % number + b"x" * 60_000 for number in range(40)} | {"39": token})
    damaged = [f"{number:02}" for number in (0, 1, 17, 38)]
    for path in damaged:
        blob = history.git("rev-parse", f"main:{path}")
        file = history.path / "objects" / blob[:2] / blob[2:]
        file.chmod(0o600)
        file.write_bytes(file.read_bytes()[:-20] + b"y" * 20)
    result = scan(history, head=True)
    assert [finding.locations[0].path for finding in result.findings] == ["39"]
    assert result.reasons == ("an object is missing or damaged (4 times): 00, 01, 17 and 1 more",)
    assert result.objects == 36
