"""Git objects by id, read with `git cat-file --batch`, whose names come on standard input, never as arguments."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from keyhole.core.errors import Unavailable
from keyhole.gateway.rest.gitread.process import LIMIT, output

_OBJECT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_ABBREVIATED = re.compile(r"[0-9a-f]{4,64}")


def is_object_id(text: str) -> bool:
    """Whether `text` is a whole object id, SHA-1 or SHA-256, in lower-case hexadecimal."""
    return _OBJECT_ID.fullmatch(text) is not None


def may_be_abbreviated(text: str) -> bool:
    """Whether `text` can be the beginning of an object id."""
    return _ABBREVIATED.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Info:
    """An object that exists."""

    oid: str
    kind: str
    """`commit`, `tree`, `blob` or `tag`."""
    size: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class Content:
    """An object with its bytes."""

    info: Info
    data: bytes


async def look_up(git_dir: Path, names: Sequence[str]) -> list[Info | None]:
    """What each name is; None for a name that is no object or not one only.

    Names are object ids or what the caller built from a well-formed ref, such as `refs/heads/main^{commit}`;
    a name with white space in it is not looked up.
    """
    if any(not name or re.search(r"\s", name) for name in names):
        return [None for _ in names]
    if not names:
        return []
    said = await output(git_dir, "cat-file", "--batch-check", stdin=_lines(names), limit=1 << 24)
    answers = said.split(b"\n")[:-1]
    if len(answers) != len(names):
        raise Unavailable("git did not answer every question.")
    return [_info(answer) for answer in answers]


async def read(git_dir: Path, oids: Sequence[str], *, limit: int = LIMIT) -> list[Content | None]:
    """The objects with these ids, in order; Unavailable when they are more than `limit` bytes together."""
    if any(not is_object_id(oid) for oid in oids):
        raise ValueError("not an object id")
    if not oids:
        return []
    said = await output(git_dir, "cat-file", "--batch", stdin=_lines(oids), limit=limit)
    found: list[Content | None] = []
    at = 0
    for _ in oids:
        end = said.index(b"\n", at)
        info = _info(said[at:end])
        at = end + 1
        if info is None:
            found.append(None)
            continue
        found.append(Content(info, said[at : at + info.size]))
        at += info.size + 1
    return found


def _lines(names: Sequence[str]) -> bytes:
    return "".join(f"{name}\n" for name in names).encode("utf-8", "surrogateescape")


def _info(answer: bytes) -> Info | None:
    words = answer.rsplit(b" ", 2)
    if len(words) != 3 or not words[2].isdigit() or words[1] not in (b"commit", b"tree", b"blob", b"tag"):
        return None
    return Info(words[0].decode("ascii"), words[1].decode("ascii"), int(words[2]))
