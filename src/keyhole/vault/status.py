"""What the vault holds and whether it can be opened, for people."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count

from keyhole.core.plural import counted
from keyhole.vault import keyring
from keyhole.vault.keyring import Ring
from keyhole.vault.models import SealedSecret
from keyhole.vault.problems import Sealed
from keyhole.vault.services import checked_ring


@dataclass(frozen=True, slots=True)
class Status:
    """The vault as it is now."""

    sealed: bool
    reason: str
    hint: str
    source: str
    """`vault.keys` or `KEYHOLE_VAULT_KEYS`."""
    secrets: int
    """How many are kept."""
    active: str
    """Id of the key that seals; empty when there is none or the ring cannot be read."""
    keys: dict[str, int]
    """Key id to how many secrets it wraps, for keys on the ring and keys that are missing."""
    waiting: int
    """How many came with a backup and wait to be released."""
    missing: tuple[str, ...]
    """Keys that secrets need and that are not on the ring."""

    @property
    def unfinished(self) -> bool:
        """Whether a rotation was interrupted, or the ring holds keys that nothing needs."""
        return not self.sealed and len(self.keys) > 1

    def sentence(self) -> str:
        """The state in plain words."""
        if self.sealed:
            return f"The vault is sealed. {self.reason}"
        if not self.active:
            return "The vault holds nothing yet; its first key is made with its first secret."
        under = f"{counted(self.secrets, 'secret')}, sealed under {counted(len(self.keys), 'key')}"
        rest = f" {counted(self.waiting, 'secret')} of a backup wait to be released." if self.waiting else ""
        return f"The vault is open: {under}.{rest}"


def status() -> Status:
    """What is kept, under which keys, and whether it can be opened."""
    counts = SealedSecret.objects.order_by().values_list("key_id").annotate(Count("pk"))
    used: dict[str, int] = dict(counts)
    problem: Sealed | None = None
    ring: Ring | None = None
    try:
        ring = keyring.load()
        checked_ring()
    except Sealed as found:
        problem = found
    on_ring = [key.id for key in ring.keys] if ring else []
    return Status(
        sealed=problem is not None,
        reason=problem.message if problem else "",
        hint=problem.hint if problem else "",
        source=keyring.source(),
        secrets=sum(used.values()),
        active=on_ring[0] if on_ring else "",
        keys={key_id: used.get(key_id, 0) for key_id in dict.fromkeys([*on_ring, *used])},
        waiting=SealedSecret.objects.filter(waits=True).count(),
        missing=tuple(sorted(set(used) - set(on_ring))),
    )
