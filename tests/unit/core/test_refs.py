"""Names of refs: our rule against git's own, and what a token may move at all."""

from __future__ import annotations

import random
import subprocess

import pytest

from keyhole.core.refs import can_be_chosen, is_name, is_pushable, is_text, is_well_formed
from tests.oracle.model import may_move

PIECES = [
    "a",
    "Z",
    "0",
    "-",
    "_",
    ".",
    "..",
    "/",
    "//",
    "@",
    "{",
    "@{",
    "}",
    "~",
    "^",
    ":",
    "?",
    "*",
    "[",
    "]",
    "\\",
    " ",
    "\t",
    "\x01",
    "\x7f",
    ".lock",
    "lock",
    "heads",
    "refs/",
    "\u00e9",
    "\u200b",
    "HEAD",
    "#",
    "!",
    "'",
    '"',
    "$",
    ";",
    "|",
]


def gits_verdict(ref):
    done = subprocess.run(["git", "check-ref-format", ref], check=False, capture_output=True)
    return done.returncode == 0


def generated(count):
    dice = random.Random(7)
    for _ in range(count):
        tail = "".join(dice.choice(PIECES) for _ in range(dice.randint(1, 6)))
        yield dice.choice(("refs/heads/", "refs/tags/", "refs/heads/x/", "")) + tail


def test_generated_names_are_judged_as_git_judges_them():
    good = bad = 0
    for ref in generated(1500):
        ours, gits = is_well_formed(ref), gits_verdict(ref)
        assert is_name(ref) == gits, ref
        if any(part.startswith("-") for part in ref.split("/")):
            assert not ours, ref
            continue
        assert ours == gits, ref
        good, bad = good + ours, bad + (not ours)
    assert good > 200
    assert bad > 200


def test_a_name_of_other_bytes_is_one_for_git_alone():
    assert is_name("refs/heads/\udcff")
    assert not is_text("refs/heads/\udcff")
    assert not is_well_formed("refs/heads/\udcff")
    assert not is_name("refs/heads/\ud800")


@pytest.mark.parametrize("name", ["main", "-x", "a/-b", "refs/heads/-x", "refs/tags/v1", "\u00e9"])
def test_whatever_git_takes_can_be_chosen(name):
    assert can_be_chosen(name)


@pytest.mark.parametrize("name", ["", "a b", "a..b", "refs/heads/", "x.lock", "\udcff", "refs/heads/\udcff"])
def test_what_git_refuses_or_nothing_stores_cannot_be_chosen(name):
    assert not can_be_chosen(name)


def test_generated_names_are_moved_as_the_oracle_says():
    names = list(generated(20_000))
    assert [ref for ref in names if is_pushable(ref) != may_move(ref)] == []
    assert any(map(is_pushable, names))


@pytest.mark.parametrize(
    "ref",
    [
        "refs/heads/main",
        "refs/tags/v1.0",
        "refs/heads/feature/x",
        "refs/heads/\u00e9",
        "refs/heads/a@b",
        "refs/heads/@",
        "refs/heads/Main",
        "refs/heads/refsx",
        "refs/heads/x/HEAD",
        "refs/heads/headless",
        "refs/tags/" + "x" * 990,
    ],
)
def test_branches_and_tags_may_move(ref):
    assert is_pushable(ref)


BAD = {
    "N9-dots": "refs/heads/a..b",
    "N9-climbs": "refs/heads/feature/../main",
    "N9-reflog": "refs/heads/a@{1}",
    "N9-two-slashes": "refs/heads//x",
    "N9-trailing-slash": "refs/heads/x/",
    "N9-leading-slash": "/refs/heads/x",
    "N9-option": "refs/heads/-x",
    "N9-long-option": "refs/heads/--upload-pack=x",
    "N9-option-below": "refs/heads/a/-x",
    "N9-branch-named-like-a-ref": "refs/heads/refs/heads/x",
    "N9-tag-named-like-a-ref": "refs/tags/refs/x",
    "N9-branch-named-head": "refs/heads/HEAD",
    "N9-1001-bytes": "refs/heads/" + "x" * 990,
    "N9-1001-bytes-of-accents": "refs/heads/" + "\u00e9" * 495,
    "N9-lone-surrogate": "refs/heads/\udcff",
    "N9-nul": "refs/heads/a\x00b",
    "N9-line-feed": "refs/heads/a\nb",
    "N9-trailing-line-feed": "refs/heads/main\n",
    "N9-delete": "refs/heads/a\x7f",
    "N9-space": "refs/heads/a b",
    "N9-tilde": "refs/heads/a~1",
    "N9-caret": "refs/heads/a^",
    "N9-colon": "refs/heads/a:b",
    "N9-question-mark": "refs/heads/a?",
    "N9-star": "refs/heads/*",
    "N9-bracket": "refs/heads/[a]",
    "N9-backslash": "refs/heads/a\\b",
    "N9-lock": "refs/heads/a.lock",
    "N9-lock-inside": "refs/heads/a.lock/b",
    "N9-hidden": "refs/heads/.a",
    "N9-trailing-dot": "refs/heads/a.",
    "N9-no-name": "refs/heads",
    "N9-no-name-slash": "refs/heads/",
    "N9-empty": "",
    "N9-one-part": "main",
    "N9-upper-case": "REFS/HEADS/main",
    "N9-prefix-of-heads": "refs/headsx/main",
    "G7-pull": "refs/pull/1/head",
    "G7-notes": "refs/notes/commits",
    "G7-replace": "refs/replace/" + "a" * 40,
    "G7-remotes": "refs/remotes/origin/main",
    "G7-stash": "refs/stash",
    "G7-head": "HEAD",
    "G7-fetch-head": "FETCH_HEAD",
    "G7-hidden-area": "refs/keyhole/x",
}


@pytest.mark.parametrize("name", BAD)
def test_everything_else_stays(name):
    assert not is_pushable(BAD[name])
