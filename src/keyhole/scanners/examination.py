"""What scanners see of an object, and where in it their hits are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import takewhile
from typing import Any, NamedTuple

from keyhole.core.escaping import escape
from keyhole.scanners.archives import ends_as_zip, is_archive, may_be_archive, unpacked
from keyhole.scanners.archives.budget import Member, NotOpened
from keyhole.scanners.hits import Hit
from keyhole.scanners.interface import Examiner, Follower, LeavesOut
from keyhole.scanners.limits import Limits
from keyhole.scanners.objects import Piece, Trouble
from keyhole.scanners.ruler import Ruler

_MARKS = frozenset({b"\xff\xfe", b"\xfe\xff"})
_WIDE_MARKS = {b"\xff\xfe\0\0": "utf-32-le", b"\0\0\xfe\xff": "utf-32-be"}
_MERGED = b"\nmergetag "
_SAMPLE = 512
_FEWEST = 8
_LANES = (("utf-16-le", 2, 0), ("utf-16-be", 2, 1), ("utf-32-le", 4, 0), ("utf-32-be", 4, 3))
"""Encodings, how many bytes a character has in them, and in which of these an ASCII one has its own."""


class Site(NamedTuple):
    """One hit in one object."""

    object_id: bytes
    kind: str
    line: int
    column: int
    note: str = ""
    """See `keyhole.core.finding.Location.note`."""
    inner: str = ""
    """Where in the object, if it is an archive: names from the outermost inwards, with `!` between them, escaped."""


class Found(NamedTuple):
    """A hit, by which scanner and where."""

    scanner: str
    hit: Hit
    site: Site


class Examination:
    """The scanners at work, on one object after the other."""

    def __init__(self, examiners: Mapping[str, Examiner], limits: Limits) -> None:
        self._examiners = examiners
        self._followers = {name: each for name, each in examiners.items() if isinstance(each, Follower)}
        self._limits = limits
        self._left_out = Trouble()
        self._closed = Trouble()
        self._asked: dict[str, tuple[bytes, list[Hit]]] = {}
        self._message = b"", b""
        self._parts: list[bytes] = []
        self._held: list[Found] = []
        self._too_large = False
        self._wide, self._lines = "", 0

    def examine(self, piece: Piece) -> list[Found]:
        """Everything that the scanners find in a piece of an object; in an archive's last one, what is inside it."""
        found = self._found(piece)
        archive = self._archive(piece)
        if self._parts:  # wait for the whole of it
            self._held += found
            return []
        found, self._held = self._held + found, []
        if not archive:
            return found
        inside = list(self._inside(piece, archive))
        return _without(found, inside) + inside

    def needs(
        self, text: bytes, before: Mapping[str, Any] | None = None, difference: bytes = b""
    ) -> tuple[bool, dict[str, Any] | None]:
        """Whether there is anything to say about the whole text of a file. Most have nothing, which is seen fast.

        Also what is to be known of it `before` a text that is stored as a difference from it, by scanner; None if that
        is nothing. The `difference` is as it is stored; see `keyhole.scanners.packs.difference`.
        """
        begin = text[:2]
        if (
            begin in _MARKS
            or (b"\0" in text[:_SAMPLE] and (b"\0" in begin or _encoding(text)))
            or is_archive(text)
        ):
            return True, None
        notes: dict[str, Any] = {}
        needed = False
        for name in self._examiners:
            follower = self._followers.get(name)
            if follower is None:
                hits = self._hits(name, text)
            else:
                hits, notes[name] = follower.follow(text, before.get(name) if before else None, difference)
                self._asked[name] = text, hits
            needed = needed or bool(hits)
        return needed, notes

    def needs_message(self, text: bytes) -> bool:
        """The same about the whole text of a commit or tag."""
        # Kept, as what is in it is asked for again where there is anything, and known by being the same object.
        self._message = text, message(text)
        return any([self._hits(name, self._message[1]) for name in self._examiners])  # noqa: C419  # each is asked

    def _hits(self, name: str, text: bytes) -> list[Hit]:
        """What a scanner finds in a text. Asked twice in a row where there is something: whether, and then what."""
        before, hits = self._asked.get(name, (b"", []))
        if text is not before:
            hits = self._examiners[name].examine(text)
            self._asked[name] = text, hits
        return hits

    def taken(self) -> dict[str, list[list[Any]]]:
        """What `Trouble.told` since the last time: `left_out` because of a limit, `closed` to everybody."""
        for examiner in self._examiners.values():
            if isinstance(examiner, LeavesOut):
                for reason, count in examiner.left_out().items():
                    self._left_out.note(reason, count)
        told = {"left_out": self._left_out.told(), "closed": self._closed.told()}
        self._left_out, self._closed = Trouble(), Trouble()
        return told

    def _found(self, piece: Piece) -> list[Found]:
        """What is in the text; of one that seems to be in wide characters also what is in its bytes, as it may lie."""
        text, said = self._message
        if _is_first(piece):  # later ones have no mark
            self._wide, self._lines = "" if piece.is_last else _encoding(piece.text), 0
        first = (said, 0, len(said)) if piece.text is text else readable(piece, self._wide)
        texts = [(self._lines_counted(piece, *first) if self._wide else piece, *first)]
        if piece.entry.kind == "blob" and first[0] is not piece.text:
            texts.append((piece, piece.text, piece.keep_from, piece.keep_to))
        return [
            Found(name, hit, site)
            for part, text, from_, to in texts
            for name in self._examiners
            if (hits := self._hits(name, text))
            for hit, site in _sites(part, text, (each for each in hits if from_ <= each.start < to))
        ]

    def _lines_counted(self, piece: Piece, text: bytes, from_: int, to: int) -> Piece:
        """The piece of a file of wide characters with the lines before it: in its bytes others seem to break, too."""
        before = self._lines - text.count(b"\n", 0, from_)
        self._lines += text.count(b"\n", from_, to)
        return piece._replace(lines_before=before)

    def _archive(self, piece: Piece) -> bytes:
        """The whole archive of which this is the last piece; empty if it is none, or not yet."""
        if _is_first(piece):
            self._begin(piece)
        elif self._parts:
            self._parts.append(piece.text[piece.keep_from : piece.keep_to])
        if not piece.is_last:
            return b""
        if self._too_large and ends_as_zip(piece.text):
            self._note_too_large(piece)
        whole = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts.clear()
        return whole if whole and is_archive(whole) else b""

    def _begin(self, piece: Piece) -> None:
        """Another object: it is kept if it may be an archive that is opened."""
        self._parts.clear()
        self._held.clear()
        self._too_large = False
        if piece.entry.kind != "blob" or not (is_archive if piece.is_last else may_be_archive)(piece.text):
            return
        if piece.is_last or piece.entry.size <= self._limits.archive_size:
            self._parts.append(piece.text[: piece.keep_to])
        elif is_archive(piece.text):
            self._note_too_large(piece)
        else:
            self._too_large = True  # if it is one, which its end will tell

    def _note_too_large(self, piece: Piece) -> None:
        why = f"an archive larger than {self._limits.archive_size >> 20} MiB was not opened"
        self._left_out.note(why, objects=[piece.entry.object_id])

    def _inside(self, piece: Piece, archive: bytes) -> Iterator[Found]:
        below: dict[int, list[Found]] = {}
        for member in unpacked(archive, self._limits):
            if isinstance(member, NotOpened):
                trouble = self._left_out if member.is_limit else self._closed
                trouble.note(member.reason, objects=[piece.entry.object_id])
                continue
            inside = below.pop(member.depth + 1, [])
            found = _without(self._in_member(piece, member), inside)
            below.setdefault(member.depth, []).extend(inside + found)
            yield from found

    def _in_member(self, piece: Piece, member: Member) -> list[Found]:
        """What is in a file of an archive, in its bytes as they are."""
        whole = Piece(piece.entry, member.text, 0, len(member.text), 0, 0)
        found = []
        for each in self._found(whole):
            site = each.site
            note = site.note if member.path else ", ".join(filter(None, (site.note, "compressed")))
            found.append(each._replace(site=site._replace(inner=escape(member.path), note=note)))
        return found


def _without(found: list[Found], inside: Iterable[Found]) -> list[Found]:
    """What is found in the bytes of an archive, without what is found in a file of it, and so has a better place.

    A tar file is its texts one behind the other, so that most of it is found twice.
    """
    again = {(each.scanner, each.hit.fingerprint) for each in inside}
    return [each for each in found if (each.scanner, each.hit.fingerprint) not in again] if again else found


def message(text: bytes) -> bytes:
    """What a commit or tag says. The lines before are ids and names.

    A merge of a signed tag keeps a copy of it there, what it says included: that stands behind the rest here.
    """
    lines, _, said = text.partition(b"\n\n")
    if _MERGED not in lines:
        return said
    return b"\n".join((said, *(tag.partition(b"\n\n")[2] for tag in _merged(lines))))


def _merged(lines: bytes) -> Iterator[bytes]:
    """The tags in the lines before a message. Each line of one but the first has a blank before it."""
    for part in lines.split(_MERGED)[1:]:
        first, *more = part.split(b"\n")
        yield b"\n".join((first, *(line[1:] for line in takewhile(lambda line: line[:1] == b" ", more))))


def _is_first(piece: Piece) -> bool:
    return piece.keep_from == 0 and piece.lines_before == 0 and piece.column_before == 0


def readable(piece: Piece, wide: str = "") -> tuple[bytes, int, int]:
    """The text to examine, and the offsets between which hits count. `wide` is the encoding that its file began in."""
    text = piece.text
    if piece.entry.kind != "blob" and not piece.keep_from:  # one of many MiB comes in pieces
        said = message(text)
        return said, 0, len(said)
    encoding = (_encoding(text) or wide) if piece.entry.kind == "blob" else ""
    if not encoding:
        return text, piece.keep_from, piece.keep_to
    before, kept, after = (
        part.decode(encoding, "replace").encode("utf-8", "replace")
        for part in (
            text[: piece.keep_from],
            text[piece.keep_from : piece.keep_to],
            text[piece.keep_to :],
        )
    )
    return before + kept + after, len(before), len(before) + len(kept)


def _encoding(text: bytes) -> str:
    """What the text is in, if most of its bytes are for other alphabets; empty for all else."""
    if text[:4] in _WIDE_MARKS:
        return _WIDE_MARKS[text[:4]]
    if text[:2] in _MARKS:
        return "utf-16-le" if text[:2] == b"\xff\xfe" else "utf-16-be"
    start = text[:_SAMPLE]
    if b"\0" not in start:
        return ""
    # Without a mark: ASCII has a zero in all but one byte of a character, and nothing else that is text has.
    return next((name for name, width, at in _LANES if _is_wide(start, width, at)), "")


def _is_wide(start: bytes, width: int, at: int) -> bool:
    """Whether characters of so many bytes have zeros nearly everywhere but in this one."""
    whole = len(start) // width
    zeros = [start[lane::width].count(0) for lane in range(width)]
    return whole >= _FEWEST and not zeros.pop(at) and all(count * 10 >= whole * 9 for count in zeros)


def _sites(piece: Piece, text: bytes, hits: Iterable[Hit]) -> Iterator[tuple[Hit, Site]]:
    ruler = Ruler(text, piece.lines_before, piece.column_before)
    entry = piece.entry
    for hit in hits:
        yield hit, Site(entry.object_id, entry.kind, *ruler.measure(hit.start), hit.note)


def plain(each: Found) -> list[Any]:
    """A hit and its place as JSON."""
    return [each.scanner, each.hit, [each.site.object_id.decode(), *each.site[1:]]]


def from_plain(data: list[Any]) -> Found:
    """What `plain` made JSON of."""
    scanner, hit, site = data
    return Found(scanner, Hit(*hit), Site(site[0].encode(), *site[1:]))
