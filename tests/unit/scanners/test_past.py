"""A scan that remembers finds exactly what one that reads everything does, whatever happened to the history since."""

from __future__ import annotations

import random

import pytest

from keyhole.scanners.limits import Limits
from tests.unit.scanners.growing import grow, looked, one_rule, secret, unpacked, unpacked_again


@pytest.fixture(scope="module")
def engine():
    return one_rule()


@pytest.fixture
def look(history, engine):
    def run(memory=None, tips=(), limits=Limits()):  # noqa: B008  # frozen
        return looked(history, engine, memory, tips, limits)

    return run


@pytest.mark.parametrize("seed", range(8))
def test_remembering_changes_no_result(history, look, seed):
    chance = random.Random(seed)
    tokens = [secret(seed * 10 + number) for number in range(3)]
    history.commit({"a/d": tokens[0], "z": b"1"})
    _, _, memory = look()
    used = 0
    for _ in range(10):
        for _ in range(chance.randrange(1, 4)):
            grow(history, chance, tokens)
        cold, all_of_it, _ = look()
        warm, now, memory = look(memory)
        assert warm == cold
        assert memory is not None
        used += now < all_of_it
    assert used >= 3


def test_only_what_is_new_is_read(history, look):
    history.commit({f"f{number}": b"%d" % number for number in range(20)})
    _, first, memory = look()
    assert first == 21
    history.commit({"new": secret(1)})
    told, now, memory = look(memory)
    assert now == 2
    assert told[0][0].locations[0].commit == history.tip()
    assert look(memory)[1] == 0


def test_what_an_abandoned_commit_brought_first_is_found_where_it_stays(history, look):
    root = history.commit({"a": b"1"})
    abandoned = history.commit({"k": secret(2)}, branch="side", parents=[root])
    kept = history.commit({"k": secret(2)}, branch="other", parents=[root])
    told, _, memory = look()
    assert told[0][0].locations[0].commit == abandoned
    history.git("branch", "-D", "side")
    told, now, _ = look(memory)
    assert told[0][0].locations[0].commit == kept
    assert now == 0


@pytest.mark.parametrize("late", [False, True])
def test_what_only_a_tag_leads_to_is_found_however_many_there_are(history, look, late):
    """Texts of tags, a tag of a tag, a tagged tree and tagged files, with several refs that are no commits before."""
    who = ("-c", "user.name=A", "-c", "user.email=a@example.invalid")
    history.commit({"a": b"1"})
    memory = look()[2] if late else None
    tokens = [secret(40 + number) for number in range(6)]
    for number in range(3):
        history.git(*who, "tag", "-a", "-m", f"text {tokens[number].decode()}", f"text{number}", "main")
    history.git(*who, "tag", "-a", "-m", f"of a tag {tokens[3].decode()}", "nested", "text0")
    blob = history.git("hash-object", "-w", "--stdin", stdin=tokens[4])
    history.git("tag", "file", blob)
    other = history.git("hash-object", "-w", "--stdin", stdin=tokens[5])
    tree = history.git("mktree", stdin=f"100644 blob {other}\tkey\n".encode())
    history.git(*who, "tag", "-a", "-m", "a tree", "tree", tree)
    told, _, memory = look(memory)
    assert len(told[0]) == len(tokens)
    assert look(memory)[0] == told


def test_what_only_head_leads_to_is_found(history, look):
    """No git writes the id of a tag there, but somebody can."""
    who = ("-c", "user.name=A", "-c", "user.email=a@example.invalid")
    history.commit({"a": b"1"})
    history.git(*who, "tag", "-a", "-m", f"text {secret(50).decode()}", "text", "main")
    tag = history.git("rev-parse", "text")
    history.git("tag", "-d", "text")
    (history.path / "HEAD").write_text(f"{tag}\n")
    assert len(look()[0][0]) == 1


def test_a_branch_deleted_and_pruned_takes_its_finding_along(history, look):
    root = history.commit({"a": b"1"})
    history.commit({"k": secret(3)}, branch="side", parents=[root])
    told, _, memory = look()
    assert len(told[0]) == 1
    history.git("branch", "-D", "side")
    told, _, memory = look(memory)
    assert not told[0]
    history.git("repack", "-adq")
    history.git("prune", "--expire=now")
    assert look(memory)[0] == look()[0]


def test_a_file_that_went_missing_is_told_although_it_was_read_before(history, look):
    history.commit({"a": b"1", "b": b"2"})
    history.git("unpack-objects", "-q", stdin=unpacked(history))
    _, _, memory = look()
    blob = history.git("rev-parse", "main:b")
    (history.path / "objects" / blob[:2] / blob[2:]).unlink()
    told, _, left = look(memory)
    assert told[3]
    assert left is None


def test_what_is_packed_since_is_not_read_again(history, look):
    history.commit({"a": b"1"})
    unpacked_again(history)
    _, _, memory = look()
    history.git("repack", "-dq")
    assert look(memory)[1] == 0


def test_a_part_is_known_from_everything_and_not_the_other_way_round(history, look):
    first = history.commit({"a": secret(4)})
    _, _, of_all = look()
    _, now, of_part = look(of_all, tips=(first,))
    assert now == 0
    assert look(of_part)[1] == 2


SMALL = Limits(object_bytes=1000)
TOO_LARGE = "an object larger than 0 MiB was not read"


def test_what_a_limit_kept_out_is_no_trouble_where_nothing_reaches_it(history, look):
    root = history.commit({"a": b"1"})
    history.commit({"large": b"x" * 2000}, branch="side", parents=[root])
    history.git("repack", "-adq")
    assert look(limits=SMALL)[0][3] == (f"{TOO_LARGE}: large",)
    side = history.tip("side")
    history.git("branch", "-D", "side")
    told, _, memory = look(limits=SMALL)
    assert told[3] == ()
    assert memory is None  # or it would not be told when something reaches it again
    history.git("branch", "side", side)
    assert look(limits=SMALL)[0][3] == (f"{TOO_LARGE}: large",)


def test_of_a_reason_that_stays_only_what_something_reaches_is_told(history, look):
    root = history.commit({"a": b"1", "kept": b"y" * 2000})
    history.commit({"large": b"x" * 2000}, branch="side", parents=[root])
    history.git("repack", "-adq")
    assert look(limits=SMALL)[0][3] == (f"{TOO_LARGE} (2 times): kept, large",)
    history.git("branch", "-D", "side")
    assert look(limits=SMALL)[0][3] == (f"{TOO_LARGE}: kept",)


def test_what_joined_since_and_what_no_commit_leads_to_is_reached_all_the_same(history, look):
    history.commit({"a": b"1"})
    _, _, memory = look(limits=SMALL)
    blob = history.git("hash-object", "-w", "--stdin", stdin=b"x" * 2000)
    history.git("tag", "lonely", blob)
    assert look(memory, limits=SMALL)[0][3] == look(limits=SMALL)[0][3] == (f"{TOO_LARGE}: object {blob}",)
    inside = history.git("hash-object", "-w", "--stdin", stdin=b"y" * 2000)
    tree = history.git("mktree", stdin=f"100644 blob {inside}\tin-tree\n".encode())
    history.git("tag", "-f", "lonely", tree)
    assert look(memory, limits=SMALL)[0][3] == look(limits=SMALL)[0][3] == (f"{TOO_LARGE}: in-tree",)
    who = ("-c", "user.name=A", "-c", "user.email=a@example.invalid")
    history.git(*who, "tag", "-f", "-a", "-m", "z" * 2000, "lonely", "main")
    assert look(memory, limits=SMALL)[0][3] == look(limits=SMALL)[0][3] == (f"{TOO_LARGE}: lonely",)
    history.git("tag", "-d", "lonely")
    commit = history.commit({"b": b"2"}, message="m" * 2000)
    assert look(memory, limits=SMALL)[0][3] == look(limits=SMALL)[0][3] == (f"{TOO_LARGE}: object {commit}",)


@pytest.mark.parametrize("limits", [{"history_lines": 0}, {}])
def test_a_history_that_cannot_be_compared_loses_no_reason(history, look, limits):
    history.git("config", "fastimport.unpackLimit", "1000")
    first = history.commit({"large": b"x" * 2000})
    history.commit({}, delete=["large"])
    if not limits:
        tree = history.git("rev-parse", f"{first}^{{tree}}")
        (history.path / "objects" / tree[:2] / tree[2:]).unlink()
    told = look(limits=Limits(object_bytes=1000, **limits))[0][3]
    assert any(each.startswith(TOO_LARGE) for each in told), told
