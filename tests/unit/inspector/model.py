"""GitHub as far as probes see it, told slowly from the table: who holds what, and what each probe is then answered.

It shares no code with the inspector but the rows of its probes, so that a mistake in reading answers is not made twice.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from keyhole.core.permissions import Level, vocabulary
from keyhole.inspector.inference import Knowledge
from keyhole.inspector.observation import Answer, Target, read, visible
from keyhole.inspector.probe import Place, Probe
from keyhole.inspector.probes import PROBES

NAMES = {"owner": "harbour", "repo": "tide", "org": "harbour", "login": "alice"}
MISSING = "Resource not accessible by personal access token"


@dataclass
class Credential:
    """A token, and the repository that it is asked about."""

    held: dict[str, Level] = field(default_factory=dict)
    private: bool = True
    selected: bool = True
    admin: bool = True
    organization: bool = True


def satisfied(token: Credential, needed) -> bool:
    held = dict(token.held)
    if token.selected or any(vocabulary().permissions[name].group.value == "repository" for name in held):
        held.setdefault("metadata", Level.READ)
    return all(held.get(name, 0) >= level for name, level in needed.items())


def allowed(token: Credential, probe: Probe) -> bool:
    if probe.place is Place.REPOSITORY and not token.selected:
        return False
    if probe.place is Place.ORGANIZATION and not token.organization:
        return False
    return any(satisfied(token, needed) for needed in probe.operation.any_of)


def ask(token: Credential, probe: Probe, luck: random.Random) -> Answer:
    """What GitHub answers. `luck` picks among the answers that are possible for reasons other than permissions."""
    accepted = probe.operation.accepted
    public = probe.place is Place.REPOSITORY and not token.private
    if public and probe.operation.public_ok:
        return Answer(200, "", accepted)
    if probe.place is Place.REPOSITORY and not token.private and not token.selected:
        return Answer(403, MISSING, accepted)
    if not allowed(token, probe):
        # Rows that read 404 as "it is there" are those of which it is known that want of it is answered 403.
        return Answer(403 if probe.absent else luck.choice([403, 403, 404]), MISSING, accepted)
    if probe.place is Place.REPOSITORY and not token.admin and luck.random() < 0.5:
        return luck.choice(
            [
                Answer(403, "Must have admin rights to Repository.", accepted),
                Answer(404, "Not Found", accepted),
            ]
        )
    if probe.method != "GET":
        return Answer(luck.choice([422, 422, 404, 410, 400]), "Validation Failed", accepted)
    return Answer(luck.choice([200, 200, 200, 404, 503, 409]), "", accepted)


def learn(token: Credential, luck: random.Random, probes=PROBES) -> Knowledge:
    """Every probe asked of the token, as the engine does it."""
    knowledge = Knowledge()
    if token.private and token.selected:
        knowledge.add(visible("harbour/tide"))
    for probe in probes:
        if probe.place is Place.REPOSITORY:
            if token.private and not token.selected:
                continue  # the repository is not even seen
            target = Target(probe.place, "harbour/tide", private=token.private, admin=token.admin)
        else:
            target = Target(
                probe.place,
                ("harbour" if token.organization else "elsewhere")
                if probe.place is Place.ORGANIZATION
                else "",
            )
        knowledge.add(read(probe, target, NAMES, ask(token, probe, luck)))
    return knowledge
