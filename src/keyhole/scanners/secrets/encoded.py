"""Base64 in a text: noticed by the fast pass for all rules, then decoded and examined like any other text.

Looking for all that could be base64 would take as long as all rules together. So the fast pass looks for the words of
the rules as base64 writes them, which is three ways, as a word may begin at each byte of three; that costs nothing
that can be measured. Only a text where one of those stands is looked at closely, and then everything in it is decoded.
Source: RFC 4648, sections 4 and 5.
"""

from __future__ import annotations

import binascii
import bisect
import re
import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from keyhole.scanners.lazily import pattern
from keyhole.scanners.secrets.exact import linear
from keyhole.scanners.secrets.spans import Spans

DEPTH = 2
"""How often base64 in base64 is decoded."""
KUBERNETES = rb"kind[\"']?:[ \t]{0,4}[\"']?Secret\b"
"""Pattern of a text whose values are base64 however short they are."""
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_DIGITS = {character: number for number, character in enumerate(_ALPHABET)}
_FEWEST = 3
_MOST_UNKNOWN = 4
_IN = rb"[0-9A-Za-z+/_-]"
_BREAK = linear(rb"(?:\r?\n|\\r\\n|\\n)[ \t]*")
_RUN = linear(rb"%b+(?:(?:\r?\n|\\r\\n|\\n)[ \t]*%b{4,})*" % (_IN, _IN))
# Four characters are three bytes; if these are ASCII, the first bit of each is 0. Hashes and keys rarely have fifteen
# such bytes in a row, texts do.
_BEGIN = linear(rb"(?:[A-Za-f][A-HQ-Xg-nw-z0-3][ABEFIJMNQRUVYZcdghklopstwx014589]%b){5}|H4sIA" % _IN)
_VALUE = pattern(
    rb"^[ \t]*[\"']?[\w.-]+[\"']?:[ \t]*[\"']?((?:%b{4})+(?:%b{2}==|%b{3}=)?)[\"']?,?[ \t]*\r?$"
    % (_IN, _IN, _IN),
    re.MULTILINE,
)
_ARMOUR = b"-----BEGIN "
_PUBLIC = linear(rb"-----BEGIN [0-9A-Z ]*(?:CERTIFICATE|PUBLIC KEY|PUBLIC KEY BLOCK|SIGNATURE|CRL)-----[^-]*")
_READABLE = linear(rb"[\t\n\r -~]{10,}")
_WIDE = linear(rb"(?:[\t\n\r -~]\0){8,}")
_ALL_READABLE = pattern(rb"[\t\n\r -~]{4,}")
_GZIP = b"\x1f\x8b\x08"
_MOST_INFLATED = 32 << 20
CUT = f"compressed texts in base64, of more than {_MOST_INFLATED >> 20} MiB together, were read in part"
"""What is said of stretches that are `cut`."""
_CONTEXT = 96
_LONG = 20
_CHARACTERS = _ALPHABET + b"-_"
_STANDARD = bytes.maketrans(b"-_", b"+/")


class Stretch(NamedTuple):
    """A part of a text that is base64, decoded."""

    text: bytes
    """Decoded, behind what stands before it in its line: a rule may need to see a name to know a value."""
    context: int
    """How many bytes of that are not from the encoded part."""
    start: int
    """Offset of the encoded part in the text around it."""
    end: int
    pieces: tuple[tuple[int, int], ...]
    """For each line of the encoded part: how many of its characters come before it, and where it begins."""
    skipped: int
    bytes_each: int
    """How many decoded bytes became one byte of `text`; 0 where that cannot be said."""
    cut: bool = False
    """Whether there is more than was decoded."""

    def where(self, start: int, end: int) -> tuple[int, int]:
        """From offsets in the decoded text to those of the encoded characters that hold it."""
        if not self.bytes_each:
            return self.start, self.end
        first = (start - self.context) * self.bytes_each * 4 // 3
        last = ((end - self.context) * self.bytes_each * 4 + 2) // 3 - 1
        return self._at(first), min(self.end, self._at(last) + 1)

    def _at(self, character: int) -> int:
        number = character + self.skipped
        piece = bisect.bisect_right(self.pieces, number, key=lambda each: each[0]) - 1
        before, begin = self.pieces[piece]
        return begin + number - before


class Inflater:
    """Opens what is compressed in one text, in base64 of base64 too, as far as its one allowance goes."""

    def __init__(self) -> None:
        self._left = _MOST_INFLATED

    def inflated(self, content: bytes) -> tuple[bytes, bool]:
        """What a gzip stream holds, as far as it may be inflated, and whether there is more."""
        if not self._left:
            return b"", True
        stream = zlib.decompressobj(31)
        try:
            text = stream.decompress(content, self._left)
            more = not stream.eof and bool(text) and bool(stream.decompress(stream.unconsumed_tail, 1))
        except zlib.error:
            return b"", False
        self._left -= len(text)
        return text, more


def spellings(words: Iterable[bytes]) -> list[bytes]:
    """Patterns, one of which is in every base64 of a text with one of the words. Standard and URL-safe alike."""
    return sorted({pattern for word in words for before in range(3) if (pattern := _spelling(word, before))})


def _spelling(word: bytes, before: int) -> bytes:
    """How the word looks behind `before` unknown bytes; empty if too little of that is certain."""
    after = -(before + len(word)) % 3
    low, high = (
        binascii.b2a_base64(unknown * before + word + unknown * after, newline=False)
        for unknown in (b"\0", b"\xff")
    )
    unknown = [_DIGITS[one] ^ _DIGITS[other] for one, other in zip(low, high, strict=True)]
    certain = unknown.count(0)
    if certain < _FEWEST:
        return b""
    # Only words that say little by their certain characters need the others, too; these take long to compile.
    wanted = [not bits or (certain == _FEWEST and bits.bit_count() <= _MOST_UNKNOWN) for bits in unknown]
    return b"".join(
        _any_of(_DIGITS[character], bits)
        for character, bits, is_wanted in zip(low, unknown, wanted, strict=True)
        if is_wanted
    )


def _any_of(digit: int, unknown: int) -> bytes:
    fitting = bytes(_ALPHABET[number] for number in range(64) if number & ~unknown == digit)
    if len(fitting) == 1 and fitting.isalnum():
        return fitting
    return b"[" + fitting.replace(b"+", b"+\\-").replace(b"/", b"/_") + b"]"


def stretches(text: bytes, values: bool, inflater: Inflater) -> Iterator[Stretch]:
    """Everything in the text that is base64 of something readable; with `values`, short ones in YAML or JSON too."""
    position = 0
    public = Spans(each.span() for each in _PUBLIC.finditer(text)) if _ARMOUR in text else Spans(())
    while begin := _BEGIN.search(text, position):
        start = begin.start()
        if end := public.end_of(start):
            position = end
            continue
        nearby = text[max(position, start - 4) : start]  # the first letter of a text may be among three bytes
        start -= len(nearby) - len(nearby.rstrip(_CHARACTERS))
        position = _RUN.match(text, start).end()
        yield from _decoded(text, start, position, inflater)
    if values:
        for value in _VALUE.finditer(text):
            yield from _short(text, *value.span(1))


class _Run(NamedTuple):
    """An encoded part."""

    text: bytes
    start: int
    end: int
    pieces: tuple[tuple[int, int], ...]

    def stretch(self, content: bytes, skipped: int, bytes_each: int, *, cut: bool = False) -> Stretch:
        nearby = max(0, self.start - _CONTEXT)
        line = max(self.text.rfind(b"\n", nearby, self.start) + 1, nearby)
        before = self.text[line : self.start]
        return Stretch(
            before + content, len(before), self.start, self.end, self.pieces, skipped, bytes_each, cut
        )


def _decoded(text: bytes, start: int, end: int, inflater: Inflater) -> Iterator[Stretch]:
    pieces, characters = _pieces(text, start, end)
    run = _Run(text, start, end, pieces)
    # What stands before it without a gap may look like it, too (`/path/`), so that any of four may be the first.
    for skipped in range(4):
        content = _decode(characters[skipped:])
        inflated, cut = inflater.inflated(content) if content.startswith(_GZIP) else (b"", False)
        if inflated or cut:
            yield run.stretch(inflated, skipped, 0, cut=cut)
        elif _READABLE.search(content):
            yield run.stretch(content, skipped, 1)
        elif wide := _WIDE.search(content):
            # UTF-16 of ASCII has nothing to say in every second byte.
            yield run.stretch(content[wide.start() % 2 :: 2], skipped, 2)


def _short(text: bytes, start: int, end: int) -> Iterator[Stretch]:
    content = _decode(text[start:end].rstrip(b"="))
    if end - start < _LONG and _ALL_READABLE.fullmatch(content):
        yield _Run(text, start, end, ((0, start),)).stretch(content, 0, 1)


def _pieces(text: bytes, start: int, end: int) -> tuple[tuple[tuple[int, int], ...], bytes]:
    """The lines of the encoded part, and all their characters together."""
    pieces, parts, count = [], [], 0
    for gap in _BREAK.finditer(text, start, end):
        pieces.append((count, start))
        parts.append(text[start : gap.start()])
        count += gap.start() - start
        start = gap.end()
    return (*pieces, (count, start)), b"".join((*parts, text[start:end]))


def _decode(characters: bytes) -> bytes:
    rest = len(characters) % 4
    whole = characters[:-1] if rest == 1 else characters + b"=" * (-rest % 4)
    return binascii.a2b_base64(whole.translate(_STANDARD))
