"""What each chosen thing asks for, before anything is decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from keyhole.core.permissions import Group, Operation, PermissionSet, Standing, vocabulary
from keyhole.core.request import OwnerKind
from keyhole.planner.asked import Asked, Unmatched
from keyhole.planner.cover import Alternatives
from keyhole.planner.features import feature
from keyhole.planner.presets import Preset, chosen

_KIND_OF_GROUP = {Group.ORGANIZATION: OwnerKind.ORGANIZATION, Group.ACCOUNT: OwnerKind.USER}


class Source(StrEnum):
    """Where a demand comes from."""

    PRESET = "preset"
    FEATURE = "feature"
    OPERATION = "operation"


@dataclass(frozen=True, slots=True)
class Demand:
    """Something that needs permissions, in one of several ways."""

    alternatives: Alternatives
    by: str
    """Who or what asks: a tool, a feature, or an operation."""
    why: str
    """What for; completes "`by` ..."."""
    source: Source
    doc: str = ""
    """Address of the text that says so."""
    operation: Operation | None = None
    """What is asked for, if it is an operation of the API or of git."""


@dataclass(slots=True)
class Collected:
    """Every demand, and what can be met by no permission."""

    demands: list[Demand] = field(default_factory=list)
    presets: list[Preset] = field(default_factory=list)
    app_only: dict[str, str] = field(default_factory=dict)
    """Permissions of GitHub Apps that no token has, with their levels."""
    free: list[Asked] = field(default_factory=list)
    """Operations that need no permission."""
    unmatched: list[Unmatched] = field(default_factory=list)


def collect(presets: tuple[str, ...], features: tuple[str, ...], asked: tuple[Asked, ...]) -> Collected:
    """The demands of these presets, features and operations. InvalidInput for an id of nothing."""
    found = Collected()
    for wanted in presets:
        _of_preset(wanted, found)
    for name in features:
        known = feature(name)
        for permission, level in known.permissions.items():
            found.demands.append(
                Demand(({permission: level},), f"Keyhole: {known.title}", known.about, Source.FEATURE)
            )
    for each in asked:
        _of_operation(each, found)
    return found


def _of_preset(wanted: str, found: Collected) -> None:
    preset, option = chosen(wanted)
    if preset not in found.presets:
        found.presets.append(preset)
        found.demands.extend(_vendor_says(preset, preset.permissions, preset.why))
        for name, word in preset.app_only.items():
            found.app_only[name] = max(word, found.app_only.get(name, word), key=("read", "write").index)
    if option is not None:
        found.demands.extend(_vendor_says(preset, option.permissions, {}, option.when))


def _vendor_says(
    preset: Preset, permissions: PermissionSet, why: Mapping[str, str], when: str = ""
) -> list[Demand]:
    return [
        Demand(
            ({name: level},),
            preset.title,
            why.get(name) or (f"asks for it: {when}" if when else "asks for it in its documentation"),
            Source.PRESET,
            preset.source,
        )
        for name, level in permissions.items()
    ]


def _of_operation(asked: Asked, found: Collected) -> None:
    operation = asked.operation
    if operation.standing is Standing.PERMISSIONLESS:
        found.free.append(asked)
        return
    times = f" ({asked.count:,} times)" if asked.count > 1 else ""
    found.demands.append(
        Demand(
            _counting(operation.any_of, workflows=asked.workflows),
            asked.line,
            f"is asked for{times}",
            Source.OPERATION,
            operation.doc,
            operation,
        )
    )


def _counting(any_of: Alternatives, *, workflows: bool) -> Alternatives:
    """Of writes that the table lists twice, without and with `workflows`, those that count."""
    strict = tuple(needed for needed in any_of if "workflows" in needed)
    return strict if workflows and strict else any_of


def kind_called_for(demands: list[Demand]) -> OwnerKind | None:
    """What the resource owner has to be for these demands; an organization where they disagree."""
    kinds = {_only_kind(demand) for demand in demands}
    if OwnerKind.ORGANIZATION in kinds:
        return OwnerKind.ORGANIZATION
    return OwnerKind.USER if OwnerKind.USER in kinds else None


def _only_kind(demand: Demand) -> OwnerKind | None:
    ways = [{kind for name in needed if (kind := _kind(name))} for needed in demand.alternatives]
    common = set.intersection(*ways) if ways else set()
    return next(iter(common)) if len(common) == 1 else None


def _kind(name: str) -> OwnerKind | None:
    return _KIND_OF_GROUP.get(vocabulary().permissions[name].group)


def possible(alternatives: Alternatives, kind: OwnerKind | None) -> Alternatives:
    """The ways that are open to a token of such an owner."""
    if kind is None:
        return alternatives
    return tuple(needed for needed in alternatives if all(_kind(name) in (None, kind) for name in needed))
