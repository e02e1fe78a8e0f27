"""Repositories that things happen to, and scans of them that remember: what tests of remembering have in common."""

from __future__ import annotations

import hashlib
import json

from keyhole.core.finding import Finding
from keyhole.scanners.branch import Branch
from keyhole.scanners.gitpipe import Git
from keyhole.scanners.limits import Limits
from keyhole.scanners.memory.written import understood, written
from keyhole.scanners.named import Named
from keyhole.scanners.objects import Trouble
from keyhole.scanners.past import Past
from keyhole.scanners.remembered import DIGEST
from keyhole.scanners.secrets.engine import Engine
from keyhole.scanners.secrets.rules import all_rules
from keyhole.scanners.secrets.shapes import make
from keyhole.scanners.shown import Shown
from tests import canaries


class Quiet:
    def phase(self, _name):
        return None

    def tick(self, _done, _total):
        return None


def one_rule():
    """A scanner that is made quickly."""
    rules = [rule for rule in all_rules() if rule.id == "github-personal-token"]
    return Engine(rules, lambda value: hashlib.sha256(value).hexdigest()[:32])


def looked(history, engine, memory=None, tips=(), limits=Limits(), trouble=None):  # noqa: B008  # frozen
    """Scans; returns what a person is told, how many objects were read now, and what is to be remembered."""
    trouble = trouble or Trouble()
    git = Git(history.path, tips)
    kind = Branch if tips else Past
    past = kind(git, {"secrets": engine}, limits, trouble, Quiet(), memory)
    past.read(git.facts())

    places, shown = past.places(), Shown([engine])
    findings = tuple(
        map(
            Finding.from_json,
            json.loads(json.dumps(past.collector.findings({"secrets": engine}, places, shown))),
        )
    )
    named = Named(places, shown)
    kept = past.to_remember("these rules")
    left = _kept(kept) if kept is not None else None
    now = past.reading.objects - past._recalled
    told = (findings, past.objects, past.size, trouble.sentences(named), past.closed.sentences(named))
    return told, now, left


_ids = {}
"""What was written of ids, by the digest that it begins with: some scans write none."""


def _kept(memory):
    changing, ids = written(memory)
    if ids:
        _ids[ids[:DIGEST]] = ids
    return understood(changing, ids or _ids[memory.grown.beside], "these rules")


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


def unpacked(history):
    history.git("repack", "-adq")
    (pack,) = (history.path / "objects/pack").glob("*.pack")
    content = pack.read_bytes()
    for file in (history.path / "objects/pack").iterdir():
        file.unlink()
    return content


def unpacked_again(history):
    """Every object in a file of its own, what nothing reaches gone."""
    pack = unpacked(history)
    for folder in (history.path / "objects").iterdir():
        for file in folder.iterdir() if len(folder.name) == 2 else ():
            file.unlink()
    history.git("unpack-objects", "-q", stdin=pack)
