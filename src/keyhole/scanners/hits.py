"""What a scanner of history says about a text."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from keyhole.core.library import PackageFacts
    from keyhole.core.terms import Confidence, Kind, Severity


class Hit(NamedTuple):
    """One thing found in one text, before anybody knows which commit and path it belongs to."""

    rule: str
    """Id of the rule."""
    start: int
    """Offset of its first byte in the text."""
    end: int
    """Offset after its last byte."""
    fingerprint: str
    """See `keyhole.core.finding.Finding.fingerprint`."""
    last4: str
    """See `keyhole.core.finding.Finding.last4`."""
    note: str = ""
    """See `keyhole.core.finding.Location.note`."""


class About(NamedTuple):
    """What a rule says about every finding it makes."""

    title: str
    """What was found."""
    severity: Severity
    """How bad, if true."""
    confidence: Confidence
    """How surely true."""
    why: str
    """Why it matters."""
    fix: str
    """What to do."""
    references: tuple[str, ...]
    """Addresses of the provider's own documentation."""
    kind: Kind
    """What sort of defect it is."""
    package: tuple[PackageFacts, ...] = ()
    """The package that it is about, if it is about one."""


Digest = Callable[[bytes], str]
"""32 hexadecimal digits of a keyed digest of a value: all that is kept of it."""
