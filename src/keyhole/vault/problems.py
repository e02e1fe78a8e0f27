"""Why the vault gives nothing out. Both are answered with 503: nothing was done, nothing was overwritten."""

from __future__ import annotations

from keyhole.core.errors import Unavailable


class Sealed(Unavailable):
    """The keys that the sealed secrets need are not there. Nothing can be revealed or kept until they are."""


class Tampered(Unavailable):
    """What lies in the database is not what was kept in this place: changed, moved, swapped or cut short."""
