"""What is remembered as two files: the ids of a repository, which hardly change, and all that is different each time.

The ids are most of it, and a scan of fifty commits adds a thousandth to them. So what joined them is written to the
other file, until it is worth writing all of them anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from keyhole.scanners.attribution import Places
from keyhole.scanners.collect import Record
from keyhole.scanners.examination import Site
from keyhole.scanners.hits import Hit
from keyhole.scanners.introduction import Introduction
from keyhole.scanners.memory.ids import Ids, joined, names_of
from keyhole.scanners.memory.memory import Grown, Memory
from keyhole.scanners.remembered import DIGEST

if TYPE_CHECKING:
    from keyhole.scanners.packs.index import Numbers

_FORMAT = 6
_LENGTH = 8
_LEAST, _SHARE = 1 << 16, 8
"""What joined is written beside the ids while it has at most so many bytes, or is at most such a part of them."""


class Written(NamedTuple):
    """What to write to each file."""

    changing: bytes
    ids: bytes
    """Empty if those that are there are to stay."""


def written(memory: Memory) -> Written:
    """For `understood`."""
    grown, ids = memory.grown, b""
    if grown is None or _worth_writing(memory, grown):
        ids = _packed(memory.read.raw, memory.commits.raw, memory.seconds.astype("<i8").tobytes())
        grown = Grown(hashlib.sha256(ids).digest(), Ids.of(), Ids.of(), memory.seconds[:0])
        ids = grown.beside + ids
    objects = Ids.of_names(
        *{site.object_id for each in memory.found for site in each.sites}, *memory.places.keys()
    )
    number = {name: at for at, name in enumerate(names_of(objects.rows))}
    head = {
        "format": _FORMAT,
        "identity": memory.identity,
        "part": memory.part,
        "packs": sorted(memory.packs),
        "tips": [tip.decode() for tip in memory.tips],
        "objects": memory.objects,
        "size": memory.size,
        "closed": memory.closed,
        "found": [[each.scanner, each.hit, _columns(each.sites, number)] for each in memory.found],
        "places": [
            [
                number[object_id],
                [[path.decode("latin-1"), place.order[0], *place[1:]] for path, place in paths.items()],
            ]
            for object_id, paths in memory.places.items()
            if paths
        ],
    }
    changing = grown.beside + _packed(
        json.dumps(head, separators=(",", ":")).encode(),
        objects.raw,
        memory.loose.raw,
        grown.read.raw,
        grown.commits.raw,
        grown.seconds.astype("<i8").tobytes(),
    )
    return Written(changing, ids)


def understood(changing: bytes, ids: bytes, identity: str) -> Memory | None:
    """What `written` wrote, if it holds for these rules; None if not, or if it is anything else."""
    try:
        if changing[:DIGEST] != ids[:DIGEST]:
            return None
        text, raw, loose, *more = _parts(changing[DIGEST:], 6)
        data = json.loads(text)
        if data["format"] != _FORMAT or data["identity"] != identity:
            return None
        grown = Grown(ids[:DIGEST], Ids(more[0]), Ids(more[1]), _seconds(more[2]))
        read, commits, seconds = _parts(ids[DIGEST:], 3)
        objects = names_of(Ids(raw).rows)
        all_commits, all_seconds = _together(Ids(commits), _seconds(seconds), grown)
        return Memory(
            identity,
            frozenset(data["packs"]),
            Ids(loose),
            Ids(read) | grown.read,
            all_commits,
            all_seconds,
            tuple(tip.encode() for tip in data["tips"]),
            int(data["objects"]),
            int(data["size"]),
            [[str(why), int(count), list(map(str, objects))] for why, count, objects in data["closed"]],
            tuple(
                Record(scanner, Hit(*hit), _sites(columns, objects))
                for scanner, hit, columns in data["found"]
            ),
            _places(data["places"], objects),
            bool(data["part"]),
            grown,
        )
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError):
        return None


def _worth_writing(memory: Memory, grown: Grown) -> bool:
    more = len(grown.read.raw) + len(grown.commits.raw)
    return more > max(_LEAST, len(memory.read.raw) // _SHARE)


def _together(commits: Ids, seconds: Numbers, grown: Grown) -> tuple[Ids, Numbers]:
    if not (len(commits) == len(seconds) and len(grown.commits) == len(grown.seconds)):
        raise ValueError("not as many seconds as commits")
    more = dict(zip(names_of(grown.commits.rows), grown.seconds.tolist(), strict=True))
    return joined(commits, seconds, more)


def _columns(sites: list[Site], number: Mapping[bytes, int]) -> list[list[Any]]:
    """The sites, field by field."""
    objects, *others = map(list, zip(*sites, strict=True))
    return [[number[each] for each in objects], *others]


def _sites(columns: list[list[Any]], objects: list[bytes]) -> list[Site]:
    numbers, *others = columns
    return list(map(Site._make, zip(map(objects.__getitem__, numbers), *others, strict=True)))


def _places(data: Iterable[list[Any]], objects: list[bytes]) -> Places:
    return {
        objects[number]: {
            path.encode("latin-1"): Introduction((since, commit), commit, date, shown)
            for path, since, commit, date, shown in paths
        }
        for number, paths in data
    }


def _seconds(raw: bytes) -> Numbers:
    return np.frombuffer(raw, "<i8").astype(np.int64)


def _packed(*parts: bytes) -> bytes:
    return b"".join([len(part).to_bytes(_LENGTH, "big") for part in parts]) + b"".join(parts)


def _parts(content: bytes, count: int) -> list[bytes]:
    """What `_packed` put together."""
    at = count * _LENGTH
    lengths = [int.from_bytes(content[each * _LENGTH : (each + 1) * _LENGTH], "big") for each in range(count)]
    if at + sum(lengths) != len(content):
        raise ValueError("not as long as it says")
    parts = []
    for length in lengths:
        parts.append(content[at : at + length])
        at += length
    return parts
