"""Ruby's versions: numbers and words in segments, words before numbers, zeros at the end without meaning.

Source: `Gem::Version#<=>` and `#canonical_segments`, https://docs.ruby-lang.org/en/master/Gem/Version.html.
"""

from __future__ import annotations

import re
from itertools import takewhile

ECOSYSTEMS = ("RubyGems",)
_VERSION = re.compile(r"\s*(?:[0-9]+(?:\.[0-9a-zA-Z]+)*(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?)?\s*")
_SEGMENT = re.compile(r"[0-9]+|[a-zA-Z]+")
_ZERO = (1, 0, "")
_WIDTH = 32
"""A missing segment counts as zero, so all keys are filled up with zeros. Nobody has so many segments."""

Segment = tuple[int, int, str]


def key(text: str) -> tuple[Segment, ...]:
    """Segments without the zeros before the first word and at the end, filled up."""
    if not _VERSION.fullmatch(text):
        raise ValueError("not a version")
    segments = [_segment(part) for part in _SEGMENT.findall(text.strip().replace("-", ".pre."))]
    numbers = list(takewhile(lambda segment: segment[0] == 1, segments))
    canonical = _without_zeros(numbers) + _without_zeros(segments[len(numbers) :])
    return (*canonical, *[_ZERO] * (_WIDTH - len(canonical)))


def _segment(part: str) -> Segment:
    return (1, int(part), "") if part.isdigit() else (0, 0, part)


def _without_zeros(segments: list[Segment]) -> list[Segment]:
    while segments and segments[-1] == _ZERO:
        segments = segments[:-1]
    return segments
