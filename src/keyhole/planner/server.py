"""Which GitHub a plan is for, as far as its steps and its link depend on that."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from keyhole.core.errors import InvalidInput


class ServerKind(StrEnum):
    """What answers at an address."""

    GITHUB_COM = "github.com"
    ENTERPRISE = "enterprise"
    SANDBOX = "sandbox"


@dataclass(frozen=True, slots=True)
class Server:
    """One GitHub."""

    kind: ServerKind
    web: str
    """Address of its pages, without a slash at the end."""
    api: str
    """Address of its REST API, likewise."""

    @property
    def prefills(self) -> bool:
        """Whether its form takes values from the address."""
        return self.kind is not ServerKind.ENTERPRISE

    @property
    def name(self) -> str:
        """As people call it."""
        names = {ServerKind.GITHUB_COM: "GitHub.com", ServerKind.SANDBOX: "the sandbox"}
        return names.get(self.kind, self.web.partition("://")[2])


GITHUB_COM = Server(ServerKind.GITHUB_COM, "https://github.com", "https://api.github.com")


def server_at(address: str) -> Server:
    """The GitHub at an address that somebody entered, for example `github.example.com`; empty is github.com.

    InvalidInput for what is no address.
    """
    text = address.strip().rstrip("/")
    if text.lower() in ("", "github.com", "https://github.com", "https://www.github.com", "api.github.com"):
        return GITHUB_COM
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        _ = parts.port
    except ValueError as problem:
        raise _no_address(text) from problem
    if parts.scheme not in ("https", "http") or not parts.hostname or "@" in parts.netloc or parts.query:
        raise _no_address(text)
    web = f"{parts.scheme}://{parts.netloc}"
    return Server(ServerKind.ENTERPRISE, web, f"{web}/api/v3")


def _no_address(text: str) -> InvalidInput:
    return InvalidInput(
        f"{text[:100]!r} is not the address of a server.",
        field="github",
        hint="For example github.com or github.example.com.",
    )
