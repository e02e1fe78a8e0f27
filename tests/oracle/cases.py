"""Seeded cases for the differential run: something that should be allowed, then up to two things made wrong.

Each case is drawn once and given to both sides in their own types, so that neither side's code builds the other's
question.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from keyhole.core.grant import Access, Grant
from keyhole.core.permissions import GIT_ANNOUNCE_PUSH, GIT_FETCH, GIT_PUSH, Level, vocabulary
from keyhole.core.request import Owner, OwnerKind, RefUpdate, Repository, Request
from tests.oracle import model

ROWS = model.rows()
OPERATIONS = (*vocabulary().operations, GIT_FETCH, GIT_ANNOUNCE_PUSH, GIT_PUSH)
NOBODY = 99
"""The id of nothing: no owner and no repository has it."""
_MIDNIGHT = datetime(2026, 8, 1, tzinfo=UTC)
_ALICE, _ACME, _BOB, _RIVAL = 1, 2, 3, 4
_KINDS = {
    _ALICE: OwnerKind.USER,
    _ACME: OwnerKind.ORGANIZATION,
    _BOB: OwnerKind.USER,
    _RIVAL: OwnerKind.ORGANIZATION,
}
_OWNERS = {number: Owner(number, f"owner{number}", kind) for number, kind in _KINDS.items()}
_REPOSITORIES = {
    owner * 10 + digit: Repository(owner * 10 + digit, _OWNERS[owner], f"repository{digit}", public)
    for owner in _OWNERS
    for digit, public in ((1, False), (2, False), (3, True))
}
_MODEL_OWNERS = tuple(model.Owner(number, kind.value) for number, kind in _KINDS.items())
_MODEL_REPOS = tuple(model.Repo(each.id, each.owner.id, each.public) for each in _REPOSITORIES.values())
_GROUP = {name: permission.group.value for name, permission in vocabulary().permissions.items()}
_NAMES = sorted(_GROUP)
_LOWER = {"admin": "write", "write": "read"}
_REFS = ("refs/heads/main", "refs/tags/v1", "refs/heads/feature/x")
_BAD_REFS = (
    "refs/pull/1/head",
    "refs/notes/commits",
    "refs/replace/abc",
    "HEAD",
    "main",
    "refs/heads/",
    "refs/heads",
    "refs/heads/refs/heads/x",
    "refs/heads/a..b",
    "refs/heads/-x",
    "refs/heads/x.lock",
    "refs/heads/a@{b",
    "refs/heads/a b",
    "refs/heads//x",
    "refs/heads/x.",
    "refs/heads/.x",
    "refs/remotes/o/x",
    "refs/heads/HEAD",
    "refs/tags/refs/x",
    "refs/heads/a\x7f",
    "refs/heads/" + "x" * 1000,
    "Refs/heads/x",
    "refs/headsx/y",
    "",
)


@dataclass(slots=True)
class Case:
    """One question, in plain words."""

    index: int | None
    """Which operation; None is one that nothing documents."""
    token_owner: int
    access: str = "selected"
    selected: list[int] = field(default_factory=list)
    permissions: dict[str, str] = field(default_factory=dict)
    start: int = 0
    end: int | None = 1000
    now: int = 500
    """Seconds; the interval is half open."""
    repos: list[int] = field(default_factory=list)
    named: int | None = None
    updates: list[tuple[str, bool | None]] | None = field(default_factory=list)

    def for_engine(self) -> tuple[Grant, Request]:
        """The case in Keyhole's types. Not through `make`: decide must be right for grants that it refuses, too."""
        grant = Grant(
            _OWNERS[self.token_owner],
            Access(self.access),
            frozenset(self.selected),
            MappingProxyType({name: Level.parse(word) for name, word in self.permissions.items()}),
            _at(self.start),
            None if self.end is None else _at(self.end),
        )
        updates = (
            None
            if self.updates is None
            else tuple(RefUpdate(ref, "0" * 40, "1" * 40, touches) for ref, touches in self.updates)
        )
        request = Request(
            None if self.index is None else OPERATIONS[self.index],
            _at(self.now),
            tuple(_REPOSITORIES.get(number) for number in self.repos),
            _OWNERS.get(self.named) if self.named is not None else None,
            updates,
        )
        return grant, request

    def for_model(self) -> tuple[model.World, model.Req]:
        """The case in the oracle's types."""
        token = model.Token(
            self.token_owner,
            self.access,
            tuple(self.selected),
            tuple(self.permissions.items()),
            self.start,
            self.end,
        )
        world = model.World(_MODEL_REPOS, _MODEL_OWNERS, (("t", token),), self.now)
        row = None if self.index is None else ROWS[self.index]
        updates = None if self.updates is None else tuple(self.updates)
        return world, model.Req("t", row, tuple(self.repos), self.named, updates)


def _at(second: int) -> datetime:
    return _MIDNIGHT + timedelta(seconds=second)


def draw(dice: random.Random, index: int) -> Case:
    """A case about the operation: one in five as it should be, the others one or two steps beside it."""
    case = _should_be_allowed(dice, index)
    for _ in range(dice.choice((0, 1, 1, 1, 2))):
        dice.choice(_SPOILERS)(dice, case)
    return case


def _should_be_allowed(dice: random.Random, index: int) -> Case:
    row = ROWS[index]
    needed = dict(dice.choice(row.any_of)) if row.any_of else {}
    groups = {_GROUP[name] for name in needed}
    owner = (
        _ACME if "organization" in groups else _ALICE if "account" in groups else dice.choice((_ALICE, _ACME))
    )
    case = Case(index, owner, permissions=needed)
    if "{repo}" in row.path or "{template_repo}" in row.path or "{repository_id}" in row.path:
        case.repos = [owner * 10 + dice.choice((1, 2, 3))]
    if "{org}" in row.path or "{username}" in row.path:
        case.named = owner
    case.access = dice.choice(("selected", "selected", "all"))
    case.selected = [*case.repos] or [owner * 10 + 1]
    if any("workflows" in dict(each) for each in row.any_of):
        case.updates = [(dice.choice(_REFS), "workflows" in needed) for _ in range(dice.choice((0, 1, 1, 3)))]
    return case


def _drop_permission(dice: random.Random, case: Case) -> None:
    if case.permissions:
        del case.permissions[dice.choice(sorted(case.permissions))]


def _lower_level(dice: random.Random, case: Case) -> None:
    if case.permissions:
        name = dice.choice(sorted(case.permissions))
        case.permissions[name] = _LOWER.get(case.permissions[name], case.permissions[name])


def _raise_level(dice: random.Random, case: Case) -> None:
    if case.permissions:
        case.permissions[dice.choice(sorted(case.permissions))] = dice.choice(("write", "admin"))


def _exchange_permission(dice: random.Random, case: Case) -> None:
    _drop_permission(dice, case)
    case.permissions[dice.choice(_NAMES)] = "admin"


def _hold_everything_else(dice: random.Random, case: Case) -> None:
    needed = {
        name for each in (ROWS[case.index].any_of if case.index is not None else ()) for name, _ in each
    }
    missing = dice.choice(sorted(needed)) if needed else ""
    case.permissions = {name: "admin" for name in _NAMES if name != missing}


def _move_clock(dice: random.Random, case: Case) -> None:
    case.now = dice.choice((-1, 0, 999, 1000, 1001))
    case.end = dice.choice((1000, 1000, None))


def _other_token_owner(dice: random.Random, case: Case) -> None:
    case.token_owner = dice.choice(sorted(_OWNERS))


def _other_access(dice: random.Random, case: Case) -> None:
    case.access = dice.choice(("public", "all", "selected"))


def _other_selection(dice: random.Random, case: Case) -> None:
    case.selected = dice.sample(sorted(_REPOSITORIES), dice.choice((0, 1, 3, 12)))


def _other_repository(dice: random.Random, case: Case) -> None:
    if case.repos:
        case.repos[dice.randrange(len(case.repos))] = dice.choice((*_REPOSITORIES, NOBODY))


def _another_repository(dice: random.Random, case: Case) -> None:
    case.repos.insert(dice.choice((0, len(case.repos))), dice.choice((*_REPOSITORIES, NOBODY)))


def _no_repository(_dice: random.Random, case: Case) -> None:
    case.repos = []


def _public_of_somebody_else(dice: random.Random, case: Case) -> None:
    case.repos = [dice.choice((_BOB, _RIVAL)) * 10 + 3]


def _other_owner_named(dice: random.Random, case: Case) -> None:
    case.named = dice.choice((*_OWNERS, NOBODY, None, None))


def _other_updates(dice: random.Random, case: Case) -> None:
    case.updates = (
        None
        if dice.random() < 0.3
        else [
            (
                dice.choice(_BAD_REFS if dice.random() < 0.3 else _REFS),
                dice.choice((False, False, True, None)),
            )
            for _ in range(dice.choice((1, 2, 3)))
        ]
    )


def _touch_a_workflow(dice: random.Random, case: Case) -> None:
    if case.updates:
        at = dice.randrange(len(case.updates))
        case.updates[at] = (case.updates[at][0], dice.choice((True, None)))


def _undocumented(_dice: random.Random, case: Case) -> None:
    case.index = None


_SPOILERS = (
    _drop_permission,
    _lower_level,
    _raise_level,
    _exchange_permission,
    _hold_everything_else,
    _move_clock,
    _other_token_owner,
    _other_access,
    _other_selection,
    _other_repository,
    _another_repository,
    _no_repository,
    _public_of_somebody_else,
    _other_owner_named,
    _other_updates,
    _touch_a_workflow,
    _undocumented,
)
