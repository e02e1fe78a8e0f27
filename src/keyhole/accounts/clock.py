"""Taking the machine's clock as right after it went back."""

from __future__ import annotations

from django.db import transaction

from keyhole.accounts.services import require
from keyhole.audit.log import CLOCK_ACCEPTED, Draft, append
from keyhole.core.caller import Caller


def accept_clock(caller: Caller) -> str:
    """Declare the machine's clock right although records are later than it; returns the id of the record of that.

    Until this is done, what expired stays expired and no token is generated. The one who does it answers for it.
    """
    require(caller, CLOCK_ACCEPTED)
    with transaction.atomic():
        return append(Draft(action=CLOCK_ACCEPTED, outcome="allowed", actor=caller.as_actor(), subject={}))
