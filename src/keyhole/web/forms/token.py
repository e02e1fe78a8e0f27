"""The form that generates a token: typed values in, a `TokenSpec` out, nothing lost on the way back.

Field names of the pre-filled address are GitHub's: `name`, `description`, `target_name`, `expires_in` and one
parameter per permission. https://docs.github.com/authentication/keeping-your-account-and-data-secure
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from django.http import QueryDict

from keyhole.core.errors import InvalidInput
from keyhole.core.grant import Access
from keyhole.core.permissions import Group, Level, vocabulary
from keyhole.tokens.services import TokenSpec

PREFIX = "may."
"""Of the names of the form's permission fields."""
OFFERED_DAYS = (7, 30, 60, 90)
_DEFAULT_DAYS = 30
_LONGEST = 366


@dataclass(frozen=True, slots=True)
class TokenForm:
    """What stands in the form. Nothing is checked yet."""

    name: str = ""
    description: str = ""
    owner: str = ""
    """Login of the resource owner."""
    expires: str = str(_DEFAULT_DAYS)
    """A number of days, `custom` or `none`."""
    custom: str = ""
    """The custom date, as browsers send dates."""
    access: str = Access.SELECTED.value
    repositories: frozenset[int] = frozenset()
    permissions: Mapping[str, str] = field(default_factory=dict)
    """Permission name to level word, of those that are not No access."""
    integration: int = 0
    """Id of the integration that it is for; 0 for a new one."""
    preset: str = ""
    """Id of the preset that it was planned from; empty for none."""
    submission: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    """Random name of this filled-in form, so that sending it twice generates one token."""

    def days(self, today: date) -> int | None:
        """Days until it expires, None for no expiration. InvalidInput for what is neither."""
        if self.expires == "none":
            return None
        if self.expires != "custom":
            return _whole_days(self.expires)
        try:
            chosen = date.fromisoformat(self.custom)
        except ValueError as problem:
            raise InvalidInput("Choose the date on which the token expires.", field="expiration") from problem
        if chosen <= today:
            raise InvalidInput("The expiration date has to be after today.", field="expiration")
        return (chosen - today).days

    def spec(self, today: date) -> TokenSpec:
        """What the token service takes. InvalidInput, naming the field, for what makes no sense."""
        try:
            access = Access(self.access)
        except ValueError as problem:
            raise InvalidInput("Choose the repository access.", field="access") from problem
        return TokenSpec(
            name=self.name,
            description=self.description,
            owner_login=self.owner,
            expires_in_days=self.days(today),
            access=access,
            repository_ids=self.repositories if access is Access.SELECTED else frozenset(),
            permissions=self._levels(access),
        )

    def _levels(self, access: Access) -> dict[str, Level]:
        known = vocabulary().permissions
        levels = {}
        for name, word in self.permissions.items():
            if name not in known:
                raise InvalidInput(f"There is no permission called {name!r}.", field="permissions")
            if access is Access.PUBLIC and known[name].group is Group.REPOSITORY:
                continue  # the form hides these then; what was chosen before is not an error, and grants nothing
            try:
                levels[name] = Level.parse(word)
            except ValueError as problem:
                raise InvalidInput(
                    f"{known[name].title} has no level {word!r}.", field="permissions"
                ) from problem
        return levels


def _whole_days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 5 or int(text) < 1:
        raise InvalidInput("Choose how long the token stays valid.", field="expiration")
    return int(text)


def from_post(data: QueryDict) -> TokenForm:
    """What was sent. Over-long text is kept, to be refused by name; numbers that are none are left out."""
    given = {
        key.removeprefix(PREFIX): value
        for key, value in data.items()
        if key.startswith(PREFIX) and isinstance(value, str) and value
    }
    blank = TokenForm()
    return TokenForm(
        name=data.get("name", "").strip(),
        description=data.get("description", "").strip(),
        owner=data.get("owner", ""),
        expires=data.get("expires", blank.expires),
        custom=data.get("custom", ""),
        access=data.get("access", ""),
        repositories=frozenset(_numbers(data.getlist("repositories"))),
        permissions=given,
        integration=_number(data),
        preset=data.get("preset", "")[:60],
        submission=data.get("submission", "")[:40] or blank.submission,
    )


def _numbers(texts: list[str]) -> list[int]:
    return [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 19]


def _number(data: QueryDict) -> int:
    return next(iter(_numbers([data.get("integration", "")])), 0)


def from_query(data: QueryDict, today: date, blank: TokenForm) -> TokenForm:
    """A form pre-filled by a link. What it does not understand it leaves out: the person looks at it anyway."""
    known = vocabulary().permissions
    asked = {
        name: word
        for name, word in data.items()
        if isinstance(word, str) and name in known and word in [level.word for level in known[name].levels]
    }
    filled = replace(
        blank,
        name=data.get("name", "")[:40],
        description=data.get("description", "")[:1024],
        owner=data.get("target_name", "") or blank.owner,
        permissions={**blank.permissions, **asked},
        integration=_number(data),
        preset=data.get("preset", "")[:60],
        repositories=frozenset(_numbers(data.getlist("repositories"))),
    )
    return _with_expiration(filled, data.get("expires_in", ""), today)


def _with_expiration(form: TokenForm, text: str, today: date) -> TokenForm:
    if text == "none":
        return replace(form, expires="none")
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:5]) <= _LONGEST:
        return form
    if int(text) in OFFERED_DAYS:
        return replace(form, expires=text)
    return replace(form, expires="custom", custom=(today + timedelta(days=int(text))).isoformat())
