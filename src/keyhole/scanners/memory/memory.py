"""What is remembered of a repository from one complete scan to the next: what was read, what was in it, and where.

No value of a secret is in it, only what findings say anyway. It belongs to one repository, one set of rules and one
key: for any other it is as good as nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from keyhole.scanners.attribution import Places
from keyhole.scanners.collect import Record
from keyhole.scanners.examination import Site
from keyhole.scanners.hits import Hit
from keyhole.scanners.introduction import Introduction
from keyhole.scanners.memory.ids import Ids

_FORMAT = 5
_LENGTH = 8
_BYTES_OF_A_HIT = 200
MOST_BYTES = 256 << 20
"""Of a memory. A repository that would need more is read anew each time."""


@dataclass(frozen=True, slots=True)
class Memory:
    """One repository as it was when a scan ended."""

    identity: str
    """Rules, limits and scanners that it holds for."""
    packs: frozenset[str]
    """Names of the packs that there were. All of them was read, but of a part."""
    loose: Ids
    """Objects that were in files of their own."""
    read: Ids
    """All files and messages that were read."""
    commits: Ids
    """All commits that refs reached, or those of the part."""
    seconds: np.ndarray[Any, np.dtype[np.int64]]
    """Of each commit, in the order of `commits`, the seconds that its place in the order is made of."""
    tips: tuple[bytes, ...]
    """Commits that refs named; of a part, what was asked for, which may be a tag."""
    objects: int
    """How many were read, of all kinds that are."""
    size: int
    """Bytes of those."""
    closed: list[list[Any]]
    """What nobody could look into, as `Trouble.told` told it."""
    found: tuple[Record, ...]
    """Every hit."""
    places: Places
    """Of the objects with hits that a commit leads to."""
    part: bool = False
    """Whether it is of one branch or tag: then packs hold objects that were not read, and all that were are its."""

    @property
    def closed_in(self) -> frozenset[bytes]:
        """The objects that `closed` counts something in."""
        return frozenset(each.encode() for _, _, objects in self.closed for each in objects)

    @property
    def bytes_at_least(self) -> int:
        """How much `written` makes, without most of the words between."""
        hits = sum(len(each.sites) for each in self.found) + sum(map(len, self.places.values()))
        return len(self.read.raw) + len(self.loose.raw) + 28 * len(self.commits) + _BYTES_OF_A_HIT * hits

    def written(self) -> bytes:
        """As bytes for `understood`."""
        head = {
            "format": _FORMAT,
            "identity": self.identity,
            "part": self.part,
            "packs": sorted(self.packs),
            "tips": [tip.decode() for tip in self.tips],
            "objects": self.objects,
            "size": self.size,
            "closed": self.closed,
            "found": [
                [each.scanner, each.hit, [[site.object_id.decode(), *site[1:]] for site in each.sites]]
                for each in self.found
            ],
            "places": [
                [
                    object_id.decode(),
                    [[path.decode("latin-1"), place.order[0], *place[1:]] for path, place in paths.items()],
                ]
                for object_id, paths in self.places.items()
                if paths
            ],
        }
        parts = [
            json.dumps(head, separators=(",", ":")).encode(),
            self.loose.raw,
            self.read.raw,
            self.commits.raw,
            self.seconds.astype("<i8").tobytes(),
        ]
        return b"".join([len(part).to_bytes(_LENGTH, "big") for part in parts]) + b"".join(parts)


def understood(content: bytes, identity: str) -> Memory | None:
    """What `written` wrote, if it holds for these rules; None if not, or if it is anything else."""
    try:
        head, loose, read, commits, seconds = _parts(content)
        data = json.loads(head)
        if data["format"] != _FORMAT or data["identity"] != identity:
            return None
        places: Places = {
            object_id.encode(): {
                path.encode("latin-1"): Introduction((since, commit), commit, date, shown)
                for path, since, commit, date, shown in paths
            }
            for object_id, paths in data["places"]
        }
        memory = Memory(
            identity,
            frozenset(data["packs"]),
            Ids(loose),
            Ids(read),
            Ids(commits),
            np.frombuffer(seconds, "<i8").astype(np.int64),
            tuple(tip.encode() for tip in data["tips"]),
            data["objects"],
            data["size"],
            [[str(why), int(count), list(map(str, objects))] for why, count, objects in data["closed"]],
            tuple(
                Record(scanner, Hit(*hit), [Site(object_id.encode(), *rest) for object_id, *rest in sites])
                for scanner, hit, sites in data["found"]
            ),
            places,
            bool(data["part"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return memory if len(memory.seconds) == len(memory.commits) else None


def _parts(content: bytes) -> list[bytes]:
    count = 5
    at = count * _LENGTH
    lengths = [int.from_bytes(content[each * _LENGTH : (each + 1) * _LENGTH], "big") for each in range(count)]
    if at + sum(lengths) != len(content):
        raise ValueError("not as long as it says")
    parts = []
    for length in lengths:
        parts.append(content[at : at + length])
        at += length
    return parts
