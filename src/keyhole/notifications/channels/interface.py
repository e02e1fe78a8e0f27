"""What a kind of channel is, and how one is found.

A kind is a module of this package, named as the kind, with one `KIND`. Its form, its command line and its section in
the documentation come from that.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib import import_module

from keyhole.core.errors import NotFound
from keyhole.core.secret import Secret
from keyhole.notifications.events import Event, Severity
from keyhole.providers.outgoing import Outgoing

_NOT_KINDS = frozenset({"interface", "posting", "wording"})


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a message, where the kind of channel can carry one."""

    name: str
    media: str
    """Media type."""
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be said."""

    id: int
    """Number of the delivery: the same when it is attempted again, so that receivers can tell."""
    at: datetime
    """Now, for what is signed with a time."""
    events: tuple[tuple[Event, datetime], ...]
    """At least one, each with when it happened; the oldest first."""
    summary: bool
    """Whether it is a daily summary."""
    home: str
    """Address of this Keyhole, without a slash at the end."""
    attachments: tuple[Attachment, ...] = ()
    way_in: Secret | None = None
    """An address that is told with it and is kept nowhere: whoever has it gets in."""

    @property
    def title(self) -> str:
        """One line for the whole message."""
        if not self.summary:
            return self.events[0][0].title
        count = len(self.events)
        return f"{count} event{'' if count == 1 else 's'} in Keyhole"

    @property
    def severity(self) -> Severity:
        """The greatest of its events."""
        return max((event.severity for event, _ in self.events), key=lambda each: each.rank)

    def link(self, event: Event) -> str:
        """Where to act on an event; empty when there is no page for it."""
        return f"{self.home}{event.url}" if event.url else ""


class NotDelivered(Exception):
    """The other side did not take it."""

    def __init__(self, reason: str, *, final: bool = False) -> None:
        """`reason`: for people, without any secret. `final`: trying again cannot help."""
        super().__init__(reason)
        self.reason = reason
        self.final = final


@dataclass(frozen=True, slots=True)
class Means:
    """What sending may use."""

    outgoing: Outgoing
    """For everything over HTTP."""
    secrets: Mapping[str, Secret]
    """The channel's secrets, by field."""


@dataclass(frozen=True, slots=True)
class Field:
    """One setting of a channel."""

    name: str
    label: str
    hint: str
    secret: bool = False
    """Kept in the vault and never shown again."""
    generated: bool = False
    """May be left empty: Keyhole then makes one, and shows it once."""
    placeholder: str = ""


@dataclass(frozen=True, slots=True)
class ChannelKind:
    """One kind of channel."""

    id: str
    """Name of its module; stored, so it never changes."""
    title: str
    about: str
    """What it does and where to get what the form asks for, for people."""
    fields: tuple[Field, ...]
    check: Callable[[Mapping[str, str], Outgoing], dict[str, str]]
    """All fields as given -> what of them is kept in the clear. InvalidInput, naming the field, when one is wrong."""
    send: Callable[[Message, Mapping[str, str], Means], str]
    """Deliver, and return what the other side said. NotDelivered when it did not take it."""
    unavailable: Callable[[], str]
    """Why this kind cannot be used in this Keyhole, for people; empty when it can."""

    @property
    def secret_fields(self) -> tuple[Field, ...]:
        """Those that are kept in the vault."""
        return tuple(each for each in self.fields if each.secret)


def always_available() -> str:
    """For kinds that need nothing from the settings."""
    return ""


@cache
def kinds() -> Mapping[str, ChannelKind]:
    """Every kind, by id."""
    package = import_module("keyhole.notifications.channels")
    names = sorted({module.name for module in pkgutil.iter_modules(package.__path__)} - _NOT_KINDS)
    found = {name: import_module(f"{package.__name__}.{name}").KIND for name in names}
    for name, kind in found.items():
        if kind.id != name:
            raise ValueError(f"channel kind {kind.id!r} lies in the module {name}")
    return found


def kind_of(name: str) -> ChannelKind:
    """The kind of this id. NotFound when there is none."""
    found = kinds().get(name)
    if found is None:
        raise NotFound(f"There is no kind of channel {name!r}.", hint=f"There are: {', '.join(kinds())}.")
    return found
