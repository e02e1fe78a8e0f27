"""A scan that remembers finds exactly what one that reads everything does, whatever happened to the history since."""

from __future__ import annotations

import hashlib
import random

import pytest

from keyhole.scanners.gitpipe import Git
from keyhole.scanners.interface import Limits
from keyhole.scanners.memory.memory import understood
from keyhole.scanners.objects import Trouble
from keyhole.scanners.past import Past
from keyhole.scanners.secrets.engine import Engine
from keyhole.scanners.secrets.rules import all_rules
from keyhole.scanners.secrets.shapes import make
from tests import canaries


class Quiet:
    def phase(self, _name):
        return None

    def tick(self, _done, _total):
        return None


@pytest.fixture(scope="module")
def engine():
    rules = [rule for rule in all_rules() if rule.id == "github-personal-token"]
    return Engine(rules, lambda value: hashlib.sha256(value).hexdigest()[:32])


@pytest.fixture
def look(history, engine):
    """Scans; returns what a person is told, how many objects were read now, and what is to be remembered."""

    def run(memory=None, tips=()):
        trouble = Trouble()
        git = Git(history.path, tips)
        past = Past(git, {"secrets": engine}, Limits(), trouble, Quiet(), memory)
        past.read(git.facts())

        findings = past.collector.findings({"secrets": engine}, past.places())
        kept = past.to_remember("these rules")
        left = understood(kept.written(), "these rules") if kept is not None else None
        now = past.reading.objects - (memory.objects if past.notes() else 0)
        told = (findings, past.reading.objects, past.reading.bytes, trouble.sentences())
        return told, now, left

    return run


def secret(number):
    return canaries.watch("a GitHub token", make("ghp_<alnum:30><crc32>", number)).encode()


def grow(history, chance, tokens):
    """One thing that happens to repositories."""
    branches = history.git("for-each-ref", "--format=%(refname:short)", "refs/heads").split()
    branch = chance.choice(branches)
    name = f"{chance.choice('abc')}/{chance.choice('defg')}"
    content = b"%d %b\n" % (chance.randrange(4), chance.choice([b"", b"", *tokens]))
    match chance.randrange(11):
        case 0 | 1 | 2:
            history.commit(
                {name: content}, branch=branch, message=f"work {chance.choice(['', tokens[0].decode()])}"
            )
        case 3:
            history.commit({name: content}, branch=f"b{chance.randrange(5)}", parents=[history.tip(branch)])
        case 4:
            other = chance.choice(branches)
            if other != branch:
                parents = [history.tip(branch), history.tip(other)]
                history.commit({"merged": content}, branch=branch, parents=parents)
        case 5:
            if branch != "main":
                history.git("branch", "-D", branch)
        case 6:
            history.commit(
                {name: content}, branch=branch, parents=[history.git("rev-list", "--all").split()[-1]]
            )
        case 7:
            history.git("repack", "-adq")
        case 8:
            history.git("repack", "-dq")
        case 9:
            history.git("repack", "-adq")
            history.git("prune", "--expire=now")
        case 10:
            blob = history.git("hash-object", "-w", "--stdin", stdin=content + b"tagged")
            history.git("tag", "-f", f"t{chance.randrange(3)}", chance.choice([blob, history.tip(branch)]))


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


def unpacked(history):
    history.git("repack", "-adq")
    (pack,) = (history.path / "objects/pack").glob("*.pack")
    content = pack.read_bytes()
    for file in (history.path / "objects/pack").iterdir():
        file.unlink()
    return content


def test_a_scan_of_a_part_neither_remembers_nor_is_remembered(history, look):
    first = history.commit({"a": secret(4)})
    _, _, memory = look()
    _, now, left = look(memory, tips=(first,))
    assert now == 2
    assert left is None
