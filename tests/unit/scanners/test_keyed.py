"""Digests are the same for the same key and value, and for nothing else."""

from __future__ import annotations

import re

from keyhole.core.secret import Secret
from keyhole.scanners.keyed import keyed_digest


def test_a_digest_depends_on_the_key_and_the_value():
    digest, other = keyed_digest(Secret("one")), keyed_digest(Secret("two"))
    assert re.fullmatch(r"[0-9a-f]{32}", digest(b"x"))
    assert digest(b"x") == keyed_digest(Secret("one"))(b"x")
    assert len({digest(b"x"), digest(b"y"), other(b"x")}) == 3
