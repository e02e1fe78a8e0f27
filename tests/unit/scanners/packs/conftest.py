"""Packs as git makes them, and as nobody should."""

from __future__ import annotations

import random

import pytest


@pytest.fixture
def packed(history):
    """A repository of many versions of some files, in one pack with long chains of differences."""
    source = random.Random(7)
    words = [b"line %d %d\n" % (number, source.randrange(10**9)) for number in range(400)]
    for version in range(40):
        words[source.randrange(len(words))] = b"changed in %d\n" % version
        history.commit({"long": b"".join(words), f"d{version % 5}/short": b"%d" % (version % 7)})
    history.git("tag", "-a", "-m", "a tag with a message", "v1", "main")
    history.git("repack", "-adfq", "--depth=50", "--window=50")
    return history


def everything(history):
    """Ids, kinds and texts as git reads them."""
    lines = history.git("cat-file", "--batch-all-objects", "--batch-check").splitlines()
    return {object_id.encode(): kind for object_id, kind, _ in map(str.split, lines) if kind != "tree"}
