"""A ref that leads nowhere costs what it led to, and nothing of what the others lead to."""

from __future__ import annotations

import pytest

from keyhole.core.terms import Status
from keyhole.scanners.broken import REASON, broken_refs
from keyhole.scanners.gitpipe import Git

NOWHERE = "1" * 40


def point(history, ref, at):
    place = history.path / ref
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(at if isinstance(at, bytes) else f"{at}\n".encode())


BROKEN = {"refs/heads/missing": NOWHERE, "refs/heads/d/junk": b"\xff\x00", "refs/tags/v1": b""}
HARMLESS = {"refs/heads/later": "ref: refs/heads/unborn", "refs/heads/main.lock": b""}


def test_they_are_named_and_those_that_stand_for_others_are_not(history):
    history.commit({"a": b"x"})
    assert broken_refs(Git(history.path)) == frozenset()
    for ref, at in (BROKEN | HARMLESS).items():
        point(history, ref, at)
    assert broken_refs(Git(history.path)) == {each.encode() for each in BROKEN}
    point(history, "HEAD", NOWHERE)
    assert b"HEAD" in broken_refs(Git(history.path))


@pytest.mark.parametrize("ref", [*BROKEN, "HEAD"])
@pytest.mark.parametrize("packed", [True, False])
def test_findings_keep_their_places(history, scan, token, ref, packed):
    first = history.commit({"deploy.env": token})
    history.commit({"other": b"x"})
    if packed:
        history.git("repack", "-adq")
    before = scan(history).findings
    point(history, ref, BROKEN.get(ref, NOWHERE))
    result = scan(history)
    assert result.findings == before
    assert [(each.path, each.commit) for each in result.findings[0].locations] == [("deploy.env", first)]
    assert (result.status, result.reasons) == (Status.INCOMPLETE, (f"{REASON}: {ref}",))


def test_a_secret_in_the_name_of_one_is_not_told(history, scan, token):
    history.commit({"a": b"x"})
    point(history, f"refs/heads/{token.decode()}", NOWHERE)
    (reason,) = scan(history).reasons
    assert reason == f"{REASON}: refs/heads/***"
