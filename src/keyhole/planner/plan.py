"""The plan: the least permissions for what a tool is for, and why each of them is among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from keyhole.core.permissions import Group, Level, Operation, PermissionSet, vocabulary
from keyhole.core.request import OwnerKind
from keyhole.core.words import COMMON, phrase
from keyhole.planner.asked import Asked, Reading, Unmatched
from keyhole.planner.cover import brings_metadata, least, meets
from keyhole.planner.demands import Collected, Demand, Source, collect, kind_called_for, possible
from keyhole.planner.endpoints import read_endpoints
from keyhole.planner.presets import Preset
from keyhole.planner.request import PlanRequest, check, owner_of

_ALWAYS = Demand((), "GitHub", "includes it with every other repository permission", Source.OPERATION)


@dataclass(frozen=True, slots=True)
class Granted:
    """One permission of the plan."""

    name: str
    title: str
    """As GitHub's form has it."""
    group: Group
    level: Level
    can: str
    """What it allows, in words: completes "it can ..."."""
    reasons: tuple[Demand, ...]
    """What would not work without it, or with a lower level; never empty."""
    published: bool
    """Whether a pre-filled link can name it."""

    @property
    def writes(self) -> bool:
        """Whether it can change something."""
        return self.level > Level.READ

    @property
    def fixed(self) -> bool:
        """Whether GitHub adds it by itself."""
        return self.reasons == (_ALWAYS,)

    @property
    def unlocks(self) -> tuple[Operation, ...]:
        """The documented operations that it allows by itself."""
        return unlocked(self.name, self.level)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to grant, and what to know before doing so."""

    request: PlanRequest
    """As it was asked, with the owner and its kind filled in where they follow from the rest."""
    granted: tuple[Granted, ...]
    """Repository permissions first, then those of the organization or account; the usual ones before the others."""
    presets: tuple[Preset, ...]
    app_only: Mapping[str, str]
    """Permissions that only a GitHub App can have, with their level words."""
    free: tuple[Asked, ...]
    """Operations that need no permission."""
    unmatched: tuple[Unmatched, ...]
    """What nothing could be planned for."""
    dropped: tuple[Demand, ...]
    """What this kind of resource owner cannot grant."""
    demands: tuple[Demand, ...]
    """Everything that was planned for."""
    read: tuple[str, ...]
    """What was left out of the files and logs that were read, in sentences."""

    @property
    def permissions(self) -> dict[str, Level]:
        """The permissions by name, with the `metadata: read` that GitHub adds to any other repository permission."""
        return {each.name: each.level for each in self.granted}

    @property
    def needs_repositories(self) -> bool:
        """Whether any of them is about repositories, so that some have to be selected."""
        return any(each.group is Group.REPOSITORY for each in self.granted)

    @property
    def needs_app(self) -> bool:
        """Whether a tool that was chosen signs in as a GitHub App only."""
        return any(preset.needs_app for preset in self.presets)

    @property
    def takes_token(self) -> bool:
        """Whether a token is of use: not where everything is for tools that sign in as a GitHub App only."""
        apps = {preset.title for preset in self.presets if preset.needs_app}
        return not apps or any(demand.by not in apps for demand in self.demands)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to grant."""
        return not self.granted

    @property
    def writing(self) -> tuple[Granted, ...]:
        """Those that can change something."""
        return tuple(each for each in self.granted if each.writes)


def plan(request: PlanRequest, observed: Reading | None = None) -> Plan:
    """The plan for a request, and for what was observed besides.

    The same request always gives the same plan. InvalidInput, naming the field, for values that make no sense.
    """
    check(request)
    pasted = read_endpoints("\n".join(request.endpoints))
    seen = observed or Reading()
    collected = collect(request.presets, request.features, _together(pasted, seen))
    kind = request.owner_kind or kind_called_for(collected.demands)
    open_ways = [
        replace(demand, alternatives=possible(demand.alternatives, kind)) for demand in collected.demands
    ]
    met = [demand for demand in open_ways if demand.alternatives]
    held = least([demand.alternatives for demand in met])
    return Plan(
        request=replace(request, owner=owner_of(request), owner_kind=kind),
        granted=_granted(held, met),
        presets=tuple(collected.presets),
        app_only=collected.app_only,
        free=tuple(collected.free),
        unmatched=(*pasted.unmatched, *seen.unmatched, *collected.unmatched),
        dropped=_dropped(collected, open_ways),
        demands=tuple(met),
        read=seen.notes,
    )


def _together(pasted: Reading, seen: Reading) -> tuple[Asked, ...]:
    both = {each.line: each for each in pasted.asked}
    for each in seen.asked:
        before = both.get(each.line)
        both[each.line] = replace(each, count=each.count + before.count) if before else each
    return tuple(both.values())


def _dropped(collected: Collected, open_ways: Sequence[Demand]) -> tuple[Demand, ...]:
    pairs = zip(collected.demands, open_ways, strict=True)
    return tuple(asked for asked, left in pairs if not left.alternatives)


def _granted(held: PermissionSet, demands: Sequence[Demand]) -> tuple[Granted, ...]:
    known = vocabulary().permissions
    whole = dict(held)
    if brings_metadata(held):
        whole["metadata"] = Level.READ
    return tuple(
        Granted(
            name,
            known[name].title,
            known[name].group,
            level,
            phrase(name, level),
            _reasons(name, held, demands),
            known[name].published,
        )
        for name, level in sorted(whole.items(), key=_order)
    )


def _order(pair: tuple[str, Level]) -> tuple[int, bool, int, str]:
    name, _ = pair
    group = list(Group).index(vocabulary().permissions[name].group)
    return group, name not in COMMON, COMMON.index(name) if name in COMMON else 0, name


def _reasons(name: str, held: PermissionSet, demands: Sequence[Demand]) -> tuple[Demand, ...]:
    if name not in held:
        return (_ALWAYS,)
    lower = lowered(held, name)
    return tuple(demand for demand in demands if not meets(lower, demand.alternatives))


def lowered(held: PermissionSet, name: str) -> dict[str, Level]:
    """The same permissions with one of them a level lower, or without it where it has no lower level."""
    below = [level for level in vocabulary().permissions[name].levels if level < held[name]]
    rest = {other: level for other, level in held.items() if other != name}
    return {**rest, name: max(below)} if below else rest


def unlocked(name: str, level: Level) -> tuple[Operation, ...]:
    """The documented operations that a permission allows by itself, in the order of GitHub's documentation."""
    return tuple(
        operation
        for operation in vocabulary().operations
        if operation.any_of and meets({name: level}, operation.any_of)
    )


def owner_kind_word(kind: OwnerKind | None) -> str:
    """The kind of owner as queries and options spell it; empty when it is not known."""
    return {None: "", OwnerKind.USER: "user", OwnerKind.ORGANIZATION: "organization"}[kind]
