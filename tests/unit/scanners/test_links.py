"""Where links of a commit lead is asked of git's objects, and nothing outside of the commit is ever opened."""

from __future__ import annotations

import pytest

from keyhole.scanners import links
from keyhole.scanners.gitpipe import Git
from keyhole.scanners.links import BEYOND, NOWHERE, OUTSIDE, UNKNOWN, followed

LINK = "120000"


def nobody(_done, _total):
    return None


def where(history, *paths):
    """For each link the content that it leads to, or where it leads instead."""
    return {
        led.path: led.astray or history.git("cat-file", "blob", led.object_id.decode())
        for led in followed(Git(history.path), paths, nobody)
    }


def linked(history, files, **targets):
    names = {name.replace("_", "/"): target.encode() for name, target in targets.items()}
    history.commit({**files, **names}, modes=dict.fromkeys(names, LINK))


def test_inside_of_the_commit_it_leads_to_a_file_through_other_links_and_folders(history):
    linked(
        history,
        {"deps/base": b"base", "d/e/f": b"deep"},
        a="deps/base",
        d_b="../deps/base",
        c="d/b",
        folder="d/e",
        e="folder/f",
    )
    found = where(history, b"a", b"d/b", b"c", b"e")
    assert found == {b"a": "base", b"d/b": "base", b"c": "base", b"e": "deep"}


def test_of_a_branch_it_is_followed_in_its_own_files(history):
    linked(history, {"base": b"1"}, a="base")
    side = history.commit({"base": b"2", "a": b"base"}, branch="side", modes={"a": LINK})
    (led,) = followed(Git(history.path, [side]), [b"a"], nobody)
    assert led.object_id.decode() == history.git("rev-parse", "side:base")


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/etc/passwd", OUTSIDE),
        ("../../etc/passwd", OUTSIDE),
        ("d/../../base", OUTSIDE),
        ("gone", NOWHERE),
        ("link", NOWHERE),
        ("base/x", NOWHERE),
        ("d", NOWHERE),
        ("", NOWHERE),
        ("gone\nHEAD:base", NOWHERE),
    ],
)
def test_what_leads_to_no_file_is_told_and_the_next_one_followed(history, target, expected):
    linked(history, {"base": b"base", "d/x": b"1"}, link=target, z="base")
    assert where(history, b"link", b"z") == {b"link": expected, b"z": "base"}


def test_a_chain_without_end_ends(history):
    linked(history, {}, **{f"l{number}": f"l{number + 1}" for number in range(100)})
    assert where(history, b"l0") == {b"l0": NOWHERE}


def test_a_path_that_git_would_take_for_something_else_is_not_asked_about(history):
    linked(history, {"base": b"base"}, a="base")
    assert where(history, b"x\ny", b"./a", b"../a", b"a") == {
        b"x\ny": UNKNOWN,
        b"./a": UNKNOWN,
        b"../a": UNKNOWN,
        b"a": "base",
    }


def test_a_target_that_is_missing_is_nowhere(history):
    linked(history, {"base": b"base"}, a="base")
    blob = history.git("rev-parse", "main:base")
    (history.path / "objects" / blob[:2] / blob[2:]).unlink()
    assert where(history, b"a") == {b"a": NOWHERE}


def test_where_git_ends_the_rest_is_told(history, monkeypatch):
    linked(history, {"base": b"base"}, a="base", b="/" + "x" * 100, c="base")
    monkeypatch.setattr(links, "_LONGEST", 50)
    assert where(history, b"a", b"b", b"c") == {b"a": "base", b"b": UNKNOWN, b"c": UNKNOWN}


def test_of_too_many_the_rest_is_told(history, monkeypatch):
    linked(history, {"base": b"base"}, a="base", b="base")
    monkeypatch.setattr(links, "MOST_LINKS", 1)
    assert where(history, b"a", b"b") == {b"a": "base", b"b": BEYOND}
