"""Every probe, in the order in which it is asked: what reading tells, before what only a write can tell."""

from __future__ import annotations

from keyhole.inspector import probes_account, probes_organization, probes_repository
from keyhole.inspector.probe import Place, Probe

_READS = (*probes_repository.READS, *probes_account.READS, *probes_organization.READS)
_WRITE_LEVEL_READS = (*probes_repository.WRITE_LEVEL_READS, *probes_organization.WRITE_LEVEL_READS)
_WRITES = (*probes_repository.WRITES, *probes_account.WRITES)

PROBES = (*_READS, *_WRITE_LEVEL_READS, *_WRITES)
"""All rows. GET first, so that most writes need not be asked: who may not even read may not write."""


def at(place: Place) -> tuple[Probe, ...]:
    """The probes that are asked of a place of this kind."""
    return tuple(probe for probe in PROBES if probe.place is place)


def about(permission: str) -> tuple[Probe, ...]:
    """The probes that are there for a permission; empty means that nothing harmless tells of it."""
    return tuple(probe for probe in PROBES if probe.permission == permission)
