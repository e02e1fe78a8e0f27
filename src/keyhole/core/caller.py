"""Who asks Keyhole itself to do something. Every function of a service takes one first."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Via(StrEnum):
    """The way the caller came in; the words are part of the audit format."""

    WEB = "web"
    CLI = "cli"
    TOKEN = "token"  # noqa: S105  # a word, not a secret
    API = "api"
    JOB = "job"
    SETUP = "setup"


@dataclass(frozen=True, slots=True)
class Caller:
    """One caller. That the person is who they are was found out by whoever built this."""

    user_id: int | None
    """The account acted as; None is nobody, who may do nothing."""
    name: str
    """How the caller is shown in the audit log: an email address or a job's name."""
    via: Via
    address: str = ""
    """Network address of the client; empty on the machine itself."""
    actions: frozenset[str] | None = None
    """All that may be done, of what the account may; None is no such limit. API tokens have one."""
    api_token_id: int | None = None
    """The API token that the caller came with."""

    def as_actor(self) -> dict[str, object]:
        """The caller as audit records name it."""
        actor: dict[str, object] = {
            "user_id": self.user_id,
            "name": self.name,
            "via": self.via.value,
            "address": self.address,
        }
        return actor if self.api_token_id is None else {**actor, "api_token_id": self.api_token_id}
