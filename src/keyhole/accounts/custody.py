"""Looking after the keys of the vault, for those who may."""

from __future__ import annotations

from keyhole.accounts.services import require
from keyhole.core.caller import Caller
from keyhole.vault import rotation, waiting
from keyhole.vault.rotation import Progress, Rotated
from keyhole.vault.status import Status
from keyhole.vault.status import status as found


def status(caller: Caller) -> Status:
    """What the vault holds, under which keys, and whether it can be opened."""
    require(caller, "vault:read")
    return found()


def rotate(caller: Caller, on_progress: Progress = lambda _done, _of: None) -> Rotated:
    """A new key in the place of the old one; errors as for `vault.rotation.rotate`."""
    require(caller, "vault:rotate")
    return rotation.rotate(caller, on_progress)


def release(caller: Caller) -> int:
    """Let the secrets be used again that came with a backup; returns how many waited."""
    require(caller, "vault:release")
    return waiting.release(caller)
