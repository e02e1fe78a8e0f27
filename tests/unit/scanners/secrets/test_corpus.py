"""The text that rules are measured against is the same everywhere."""

from __future__ import annotations

import hashlib

from keyhole.scanners.secrets import corpus


def test_the_corpus_never_changes_unseen():
    assert len(corpus.text()) == corpus.SIZE
    assert hashlib.sha256(corpus.text()).hexdigest()[:16] == "ec9b7451691b120e"
