"""The register of external systems: what each is, which tokens it holds, and what people do with it as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from keyhole.accounts.models import User
from keyhole.accounts.services import allows, require
from keyhole.audit.log import ALLOWED, Draft, append
from keyhole.core.caller import Caller
from keyhole.core.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from keyhole.core.permissions import Level
from keyhole.core.plural import counted
from keyhole.integrations.adopting import adopt
from keyhole.integrations.holdings import Health, Holding, holdings
from keyhole.integrations.models import Integration, Membership
from keyhole.planner.presets import presets
from keyhole.tokens import lifecycle
from keyhole.tokens import services as tokens
from keyhole.tokens.services import Issued, checked_text

_WORST = tuple(Health)


@dataclass(frozen=True, slots=True)
class Registered:
    """One integration with the tokens that it holds, as far as the caller may see them."""

    row: Integration
    holdings: tuple[Holding, ...]
    """Newest first, revoked ones last."""

    @property
    def live(self) -> tuple[Holding, ...]:
        """The tokens that were not revoked."""
        return tuple(each for each in self.holdings if each.health is not Health.ENDED)

    @property
    def health(self) -> Health:
        """How it fares: by its worst token, but an old one that expired beside a good one counts for nothing."""
        healths = {each.health for each in self.live}
        if not healths:
            return Health.ENDED
        return min(healths - {Health.EXPIRED} or healths, key=_WORST.index)

    @property
    def repositories(self) -> tuple[str, ...]:
        """Full names of those that its tokens select, sorted."""
        return tuple(sorted({name for each in self.live for name in each.repositories}))

    @property
    def permissions(self) -> tuple[tuple[str, Level], ...]:
        """Title and highest level of each permission that one of its tokens holds, highest first."""
        held: dict[str, Level] = {}
        for title, level in (pair for each in self.live for pair in each.permissions):
            held[title] = max(level, held.get(title, level))
        return tuple(sorted(held.items(), key=lambda pair: (-pair[1], pair[0])))

    @property
    def writes(self) -> bool:
        """Whether any of its permissions is more than read."""
        return any(each.writes for each in self.live)

    @property
    def reach_line(self) -> str:
        """What its tokens reach, as a line."""
        lines = dict.fromkeys(each.reach_line for each in self.live)
        if len(lines) <= 2:
            return "; ".join(lines) or "Nothing: it holds no token"
        return f"{counted(len(self.repositories), 'repository')} by {counted(len(self.live), 'token')}"

    @property
    def latest(self) -> Holding | None:
        """The token that was used last; None when none ever was."""
        used = [each for each in self.holdings if each.token.last_used_at is not None]
        return max(used, key=lambda each: each.token.last_used_at or each.token.created_at, default=None)

    @property
    def expires_at(self) -> datetime | None:
        """When the first of its working tokens expires, or the last one did; None is never."""
        going = [each.token.expires_at for each in self.live if each.health is not Health.EXPIRED]
        dates = going or [each.token.expires_at for each in self.live]
        known = [date for date in dates if date is not None]
        return min(known) if going and known else max(known, default=None)

    @property
    def requests(self) -> int:
        """How many requests were allowed so far."""
        return sum(each.token.requests for each in self.holdings)

    @property
    def denials(self) -> int:
        """How many were denied."""
        return sum(each.token.denials for each in self.holdings)


def register(caller: Caller, *, include_ended: bool = False) -> list[Registered]:
    """Every integration that the caller may see, newest first; those that hold no token any more on request."""
    user = require(caller, "integration:read")
    adopt()
    held = _by_integration(holdings(caller, include_revoked=True))
    rows = (
        Integration.objects.filter(removed_at=None)
        .select_related("owner__owner")
        .order_by("-created_at", "-pk")
    )
    found = [
        Registered(row, tuple(held.get(row.pk, ())))
        for row in rows
        if row.pk in held or _sees_all(caller, user, row)
    ]
    return found if include_ended else [each for each in found if each.live]


def _sees_all(caller: Caller, user: User, row: Integration) -> bool:
    return row.owner_id == user.pk or allows(caller, user, "token:read_any")


def _by_integration(found: Iterable[Holding]) -> dict[int, list[Holding]]:
    by_token = {each.token.pk: each for each in found}
    pairs = Membership.objects.filter(token_id__in=by_token).values_list("integration_id", "token_id")
    held: dict[int, list[Holding]] = {}
    for integration, token in pairs:
        held.setdefault(integration, []).append(by_token[token])
    for each in held.values():
        each.sort(key=lambda one: (one.token.revoked_at is not None, -one.token.pk))
    return held


def get(caller: Caller, number: int) -> Registered:
    """One integration that was not removed. NotFound when there is none, or the caller may not see it."""
    for found in register(caller, include_ended=True):
        if found.row.pk == number:
            return found
    raise _no_such()


def find(caller: Caller, wanted: str) -> Registered:
    """One integration by its name or id, as people type it. NotFound as for `get`."""
    everything = register(caller, include_ended=True)
    named = [each for each in everything if each.row.name == wanted]
    if not named and wanted.isascii() and wanted.isdecimal():
        named = [each for each in everything if str(each.row.pk) == wanted]
    if not named:
        raise _no_such()
    return named[0]


def _no_such() -> NotFound:
    return NotFound(
        "There is no such integration.", hint="`keyhole integration list` shows every integration."
    )


def of_token(token_id: int) -> Integration | None:
    """The integration that holds a token; for those who have been shown the token."""
    found = Membership.objects.select_related("integration").filter(token_id=token_id).first()
    return found.integration if found is not None and found.integration.removed_at is None else None


@dataclass(frozen=True, slots=True)
class Edit:
    """What people write about an integration; None leaves it as it is."""

    name: str | None = None
    purpose: str | None = None
    notes: str | None = None
    owner_login: str | None = None
    """Login of the person to ask about it."""
    preset: str | None = None
    """Id of a preset of the planner; empty for none."""


def edit(caller: Caller, number: int, change: Edit) -> Registered:
    """Change what is written about an integration. InvalidInput, naming the field; Conflict for a name in use."""
    found = _changeable(caller, number)
    values = _checked(change)
    if not values:
        return found
    try:
        with transaction.atomic():
            Integration.objects.filter(pk=number).update(**values)
            _record(caller, "integration:change", found.row, {"fields": sorted(values)})
    except IntegrityError as problem:
        raise Conflict(f"There is an integration called {change.name!r} already.") from problem
    return get(caller, number)


def _checked(change: Edit) -> dict[str, object]:
    values: dict[str, object] = {}
    if change.name is not None:
        values["name"] = checked_text("name", change.name, 60, lines=False)
        if not values["name"]:
            raise InvalidInput("An integration needs a name.", field="name")
    if change.purpose is not None:
        values["purpose"] = checked_text("purpose", change.purpose, 200, lines=False)
    if change.notes is not None:
        values["notes"] = checked_text("notes", change.notes, 2000, lines=True)
    if change.preset is not None:
        if change.preset and change.preset not in presets():
            raise InvalidInput(
                f"There is no preset {change.preset[:60]!r}.",
                field="preset",
                hint="`keyhole plan --list-presets` lists them.",
            )
        values["preset"] = change.preset
    if change.owner_login is not None:
        owner = User.objects.filter(owner__login=change.owner_login, is_active=True).first()
        if owner is None:
            raise InvalidInput(f"There is no person {change.owner_login[:40]!r} here.", field="owner")
        values["owner"] = owner
    return values


def hold(caller: Caller, number: int, token_id: int) -> Registered:
    """Have an integration hold a token that the caller generated, in the place of the one that was made for it."""
    found = _changeable(caller, number)
    token = tokens.get(caller, token_id)
    user = require(caller, "integration:change")
    if token.user_id != user.pk:
        require(caller, "integration:change_any")
    with transaction.atomic():
        before = Membership.objects.filter(token=token).select_related("integration").first()
        Membership.objects.update_or_create(token=token, defaults={"integration": found.row})
        if before is not None and before.integration_id != number:
            # The one that was made for this token alone, before anybody had said whose it is.
            made_for_it = Integration.objects.filter(pk=before.integration_id, created_at=token.created_at)
            made_for_it.filter(memberships=None).delete()
        _record(caller, "integration:change", found.row, {"holds": token.name, "subject_token_id": token.pk})
    return get(caller, number)


def pause(caller: Caller, number: int, reason: str = "") -> Registered:
    """Pause every token that it holds and that works. Conflict when there is none."""
    found = _changeable(caller, number)
    working = [each.token.pk for each in found.live if each.health not in (Health.EXPIRED, Health.PAUSED)]
    if not working:
        raise Conflict(f"{found.row.name} holds no token that could be paused.")
    for token_id in working:
        lifecycle.pause(caller, token_id, reason)
    return get(caller, number)


def resume(caller: Caller, number: int) -> Registered:
    """Let every token of it go on that is paused. Conflict when there is none."""
    found = _changeable(caller, number)
    paused = [each.token.pk for each in found.live if each.health is Health.PAUSED]
    if not paused:
        raise Conflict(f"{found.row.name} holds no token that is paused.")
    for token_id in paused:
        lifecycle.resume(caller, token_id)
    return get(caller, number)


def rotate(caller: Caller, number: int, overlap: timedelta = lifecycle.OVERLAP) -> Issued:
    """Rotate the one token that works. Conflict when there is none, or several, which are then rotated by name."""
    found = _changeable(caller, number)
    going = [each for each in found.live if each.health is not Health.EXPIRED]
    if len(going) != 1:
        names = ", ".join(each.token.name for each in going)
        raise Conflict(
            f"{found.row.name} holds {counted(len(going), 'token')} that could be rotated"
            + (f": {names}." if going else "."),
            hint="`keyhole token rotate NAME` rotates one of them."
            if going
            else "Generate a new token for it.",
        )
    return lifecycle.rotate(caller, going[0].token.pk, overlap)


def remove(caller: Caller, number: int, reason: str = "") -> Registered:
    """Revoke every token that it holds, then take it off the register. Interrupted, it can be done again.

    PermissionDenied, before anything is done, when one of the tokens is not the caller's to revoke.
    """
    found = _changeable(caller, number)
    user = require(caller, "integration:change")
    held = Membership.objects.filter(integration_id=number, token__revoked_at=None).select_related("token")
    theirs = [each.token for each in held]
    if any(token.user_id != user.pk for token in theirs) and not allows(caller, user, "token:revoke_any"):
        raise PermissionDenied(
            "It also holds tokens of other people, which only an owner of this Keyhole may revoke.",
            hint="Revoke your own on its page, and ask an owner for the rest.",
        )
    for token in theirs:
        tokens.revoke(caller, token.pk, reason or f"The integration {found.row.name} was removed.")
    with transaction.atomic():
        Integration.objects.filter(pk=number).update(removed_at=timezone.now())
        _record(caller, "integration:remove", found.row, {"tokens": len(theirs), "why": reason[:200]})
    return replace(found, holdings=())


def _changeable(caller: Caller, number: int) -> Registered:
    """The integration, if the caller may change it: its owner, whose tokens all are, or who may change them all."""
    found = get(caller, number)
    user = require(caller, "integration:change")
    held = Membership.objects.filter(integration_id=number, token__revoked_at=None)
    # Of all that it holds, and not of what the caller may see.
    theirs = bool(found.live) and not held.exclude(token__user=user).exists()
    if found.row.owner_id != user.pk and not theirs:
        require(caller, "integration:change_any")
    return found


def _record(caller: Caller, action: str, row: Integration, more: Mapping[str, object]) -> None:
    append(
        Draft(
            action=action,
            outcome=ALLOWED,
            actor=caller.as_actor(),
            subject={"integration": row.name, "integration_id": row.pk, **more},
        )
    )
