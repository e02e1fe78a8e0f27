"""How vulnerabilities are exploited: EPSS of FIRST, and the KEV catalog of CISA.

Formats: https://www.first.org/epss/data_stats and https://www.cisa.gov/known-exploited-vulnerabilities-catalog.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator

from keyhole.core.errors import InvalidInput
from keyhole.scanners.dependencies.index import KEV

EPSS = "EPSS"
LARGEST = 256 << 20
"""Bytes of a feed when it is not compressed."""
_GZIP = b"\x1f\x8b"
_CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,12}")
_SCORED = re.compile(r"(CVE-[0-9]{4}-[0-9]{4,12}),([0-9]{1,3}(?:\.[0-9]{1,20})?(?:[eE]-[0-9]{1,3})?)(?:,.*)?")


def kind_of(beginning: bytes) -> str:
    """Which feed a file that begins like this is; empty if none."""
    start = beginning.lstrip()
    if start.startswith((_GZIP, b"#model_version", b"cve,")):
        return EPSS
    return KEV if start.startswith(b"{") else ""


def scores(name: str, content: bytes) -> list[tuple[str, float]]:
    """The probability of each CVE, from EPSS's list, compressed or not. InvalidInput when it is none."""
    text = _inflated(name, content) if content.startswith(_GZIP) else content
    found = [(match[1], float(match[2])) for line in _lines(text) if (match := _SCORED.fullmatch(line))]
    if not found:
        raise InvalidInput(
            f"{name} is not a list of EPSS.", hint="Give epss_scores-current.csv.gz as FIRST has it."
        )
    return [(cve, score) for cve, score in found if 0 <= score <= 1]


def exploited(name: str, content: bytes) -> list[str]:
    """The CVEs of the KEV catalog. InvalidInput when it is none."""
    try:
        entries = json.loads(content)["vulnerabilities"]
        found = [str(entry["cveID"]) for entry in entries]
    except (ValueError, KeyError, TypeError, RecursionError) as problem:
        raise InvalidInput(
            f"{name} is not the KEV catalog.",
            hint="Give known_exploited_vulnerabilities.json as CISA has it.",
        ) from problem
    known = [cve for cve in found if _CVE.fullmatch(cve)]
    if not known:
        raise InvalidInput(f"{name} names no vulnerability.")
    return known


def _inflated(name: str, content: bytes) -> bytes:
    inflate = zlib.decompressobj(wbits=31)
    try:
        text = inflate.decompress(content, LARGEST + 1)
    except zlib.error as problem:
        raise InvalidInput(f"{name} is damaged.") from problem
    if len(text) > LARGEST or not inflate.eof:
        raise InvalidInput(f"{name} is cut off, or holds more than a list of EPSS does.")
    return text


def _lines(text: bytes) -> Iterator[str]:
    for line in text.splitlines():
        yield line.decode("ascii", "replace").strip()
