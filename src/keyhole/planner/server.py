"""Which GitHub a plan is for, as far as its steps and its link depend on that."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from keyhole.core.errors import InvalidInput
from keyhole.providers.github.instance import GITHUB_COM, Instance, InstanceKind, instance_at
from keyhole.providers.outgoing import Outgoing, Unreachable

__all__ = ["GITHUB_COM", "Server", "assumed", "called", "is_github_com", "prefills", "server_at"]


@dataclass(frozen=True, slots=True)
class Server:
    """The GitHub at an address that somebody gave."""

    instance: Instance
    doubt: str = ""
    """Why it is not certain what it is, as a sentence; empty when it is."""


def server_at(address: str, outgoing: Outgoing) -> Server:
    """What is at an address. One request, without a credential, and none for github.com.

    A server that does not answer is planned for as an Enterprise Server: it may be reached from elsewhere only.
    InvalidInput for what is no address, or another kind of server.
    """
    try:
        return Server(instance_at(address, outgoing))
    except Unreachable as problem:
        return assumed(address, f"was not reached: {problem.message}")
    except InvalidInput as problem:
        raise InvalidInput(problem.message, field="github", hint=problem.hint) from problem


def assumed(address: str, why: str) -> Server:
    """An Enterprise Server at an address that was not asked what it is. InvalidInput for what is no address."""
    try:
        parts = urlsplit(address if "://" in address else f"https://{address}")
        host = parts.hostname and parts.netloc
    except ValueError:
        host = ""
    if not host or "@" in host or parts.scheme not in ("http", "https"):
        raise InvalidInput(
            "That is not the address of a GitHub.", field="github", hint="For example github.example.com."
        )
    web = f"{parts.scheme}://{host}"
    return Server(
        Instance(InstanceKind.ENTERPRISE, web, f"{web}/api/v3"),
        f"These are the steps of an Enterprise Server; {host} {why}",
    )


def is_github_com(address: str) -> bool:
    """Whether an address is github.com's, as far as that can be told without asking or settings."""
    return address.strip().lower().rstrip("/") in ("", "github.com", "https://github.com")


def prefills(instance: Instance) -> bool:
    """Whether its form "New fine-grained personal access token" takes values from the address.

    Enterprise Server's documentation does not have them.
    """
    return instance.kind is not InstanceKind.ENTERPRISE


def called(instance: Instance) -> str:
    """The server as people call it in a sentence."""
    if instance == GITHUB_COM:
        return "GitHub.com"
    return "the sandbox" if instance.kind is InstanceKind.SANDBOX else instance.name
