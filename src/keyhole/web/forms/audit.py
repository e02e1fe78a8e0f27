"""The fields by which audit records are found, as people type them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from keyhole.audit.search import Filter, day
from keyhole.core.caller import Caller
from keyhole.core.errors import InvalidInput
from keyhole.tokens import services as tokens

FIELDS = ("id", "outcome", "action", "who", "token", "repository", "address", "from", "to")
_LONGEST = 254


class AuditForm:
    """What was asked for, what is wrong with it, and how it reads as a sentence."""

    def __init__(self, sent: Mapping[str, str], caller: Caller) -> None:
        self.given = {name: text for name in FIELDS if (text := _clean(sent.get(name, "")))}
        """The fields that say something, by name."""
        self.problems: dict[str, InvalidInput] = {}
        """What is wrong, by field."""
        since, until = self._day("from"), self._day("to")
        if since is not None and until is not None and until < since:
            self.problems["to"] = InvalidInput("This is before the first day.", field="to")
        if self.given.get("outcome", "allowed") not in ("allowed", "denied"):
            self.problems["outcome"] = InvalidInput("It is allowed or denied.", field="outcome")
        self.wanted = Filter(
            id=self.given.get("id", ""),
            outcome=self.given.get("outcome", ""),
            action=self.given.get("action", ""),
            who=self.given.get("who", ""),
            token_ids=self._tokens(caller),
            repository=self.given.get("repository", ""),
            address=self.given.get("address", ""),
            since=since,
            until=until + timedelta(days=1) if until is not None else None,
        )

    def _day(self, field: str) -> datetime | None:
        text = self.given.get(field, "")
        if not text:
            return None
        try:
            return day(text, field)
        except InvalidInput as problem:
            self.problems[field] = problem
            return None

    def _tokens(self, caller: Caller) -> tuple[int, ...] | None:
        text = self.given.get("token", "")
        if not text:
            return None
        found = tokens.named(caller, text)
        if not found:
            self.problems["token"] = InvalidInput(
                "There is no token or integration of this name.", field="token"
            )
        return tuple(token.pk for token in found)

    @property
    def narrow(self) -> bool:
        """Whether more than the tabs is chosen, so that the fields are shown open."""
        return bool(set(self.given) - {"outcome"})

    def sentence(self) -> str:
        """`Denied, by mara@harbour.example, on harbour/tide-api, since 2026-11-01`."""
        words = (
            ("id", "with the id {}"),
            ("action", "of {}"),
            ("who", "by {}"),
            ("token", "with the token {}"),
            ("repository", "on {}"),
            ("address", "from {}"),
            ("from", "since {}"),
            ("to", "until the end of {}"),
        )
        parts = [text.format(self.given[name]) for name, text in words if name in self.given]
        outcome = self.given.get("outcome", "")
        return ", ".join([f"{outcome} acts" if outcome else "acts", *parts])


def _clean(text: str) -> str:
    # PostgreSQL's texts hold no NUL, and would refuse to be asked for one.
    return text.replace("\0", "").strip()[:_LONGEST]
