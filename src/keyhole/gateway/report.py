"""What a push answers: for people on the sideband, for git as report-status. Pure.

Source: gitprotocol-pack(5), "Report Status".
"""

from __future__ import annotations

from dataclasses import dataclass, field

from keyhole.gateway.pktline import FLUSH, band, encode
from keyhole.gateway.push import Push

CONTENT_TYPE = "application/x-git-receive-pack-result"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a push ended."""

    unpack: str = "ok"
    """`ok`, or why its objects were not taken."""
    refused: dict[str, str] = field(default_factory=dict)
    """Ref -> why it was not moved; empty when all were."""
    messages: tuple[str, ...] = ()
    """Lines for the person who pushes."""
    explain: str = ""


def all_refused(
    push: Push,
    why: str,
    *,
    because_of: dict[str, str] | None = None,
    unpack: str = "ok",
    messages: tuple[str, ...] = (),
    explain: str = "",
) -> Outcome:
    """No ref moves: `because_of` names those at fault with their own reason, the others get `why`."""
    refused = {command.ref: (because_of or {}).get(command.ref, why) for command in push.commands}
    return Outcome(unpack, refused, messages, explain)


def encoded(push: Push, outcome: Outcome) -> bytes:
    """The body of the answer, in the form that the client asked for."""
    wants_report = bool(push.capabilities & {"report-status", "report-status-v2"})
    lines = _report(push, outcome) if wants_report else b""
    if "side-band-64k" not in push.capabilities:
        return lines
    said = "".join(f"{_one_line(message)}\n" for message in outcome.messages)
    return band(2, said.encode()) + band(1, lines) + FLUSH


def _report(push: Push, outcome: Outcome) -> bytes:
    lines = [f"unpack {_one_line(outcome.unpack)}"]
    for command in push.commands:
        why = outcome.refused.get(command.ref)
        lines.append(f"ok {command.ref}" if why is None else f"ng {command.ref} {_one_line(why)}")
    return b"".join(encode(f"{line}\n".encode()) for line in lines) + FLUSH


def _one_line(text: str) -> str:
    """Text that ends no line early and moves no cursor."""
    return "".join(char if char.isprintable() else "?" for char in text)[:1000]
