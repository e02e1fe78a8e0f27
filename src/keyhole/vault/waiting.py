"""Secrets that came with a backup and wait until somebody has looked: what was dropped after it may be among them."""

from __future__ import annotations

from django.db import transaction

from keyhole.audit.log import ALLOWED, Chain, Draft
from keyhole.core.caller import Caller
from keyhole.vault.models import SealedSecret


def hold_back() -> int:
    """Let every secret wait; returns how many. Part of restoring, and of its transaction and record."""
    return SealedSecret.objects.update(waits=True)


def release(caller: Caller) -> int:
    """Let every waiting secret be revealed again; returns how many. The caller answers for what is among them."""
    with transaction.atomic():
        chain = Chain()
        released = SealedSecret.objects.filter(waits=True).update(waits=False)
        if released:
            chain.extend([Draft("vault:release", ALLOWED, caller.as_actor(), {"secrets": released})])
    return released
