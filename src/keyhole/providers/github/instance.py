"""Which GitHub an address leads to, and where its API is.

Source: docs.github.com, "Getting started with the REST API" of GitHub Enterprise Server (`HOST/api/v3`) and of
GitHub Enterprise Cloud with data residency (`api.SUBDOMAIN.ghe.com`).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from keyhole.core.errors import InvalidInput
from keyhole.providers.outgoing import Outgoing, Reply


class InstanceKind(StrEnum):
    """The kinds of GitHub."""

    GITHUB_COM = "github.com"
    ENTERPRISE = "enterprise"
    SANDBOX = "sandbox"


@dataclass(frozen=True, slots=True)
class Instance:
    """One GitHub."""

    kind: InstanceKind
    web: str
    """Origin of its pages and of git, without a slash at the end: `https://github.com`."""
    api: str
    """Beginning of its REST addresses, without a slash at the end: `https://api.github.com`, `https://HOST/api/v3`."""
    version: str = ""
    """What an Enterprise Server says it is, for example `3.17.2`; empty where there is no version."""

    @property
    def name(self) -> str:
        """How people call it: its host, with the port if it is unusual."""
        return self.web.partition("://")[2]


GITHUB_COM = Instance(InstanceKind.GITHUB_COM, "https://github.com", "https://api.github.com")
_COM_HOSTS = frozenset({"github.com", "www.github.com", "api.github.com"})
_CLOUD = ".ghe.com"
_VERSION = re.compile(r"[0-9A-Za-z.+-]{1,40}")


def instance_at(address: str, outgoing: Outgoing) -> Instance:
    """The GitHub at an address that a person gives: a host, or an http(s) address without a path (or `/api/v3`).

    GitHub.com (also for an empty address) and ghe.com are known by name; every other host is asked once, without a
    credential. InvalidInput when there is something else, Unreachable when nothing answers.
    """
    origin, host = _origin(address)
    if host in _COM_HOSTS:
        return GITHUB_COM
    if host.endswith(_CLOUD):
        host = host.removeprefix("api.")
        return Instance(InstanceKind.GITHUB_COM, f"https://{host}", f"https://api.{host}")
    api = f"{origin}/api/v3"
    reply = outgoing.request("GET", f"{api}/meta", headers={"Accept": "application/json"})
    kind, version = _described(reply, origin)
    return Instance(kind, origin, api, version)


def _origin(address: str) -> tuple[str, str]:
    text = address.strip() or "github.com"
    if "://" not in text:
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as problem:
        raise _no_address() from problem
    if parts.path.rstrip("/") not in ("", "/api/v3") or parts.query or parts.fragment or not parts.hostname:
        raise _no_address()
    if "@" in parts.netloc:
        raise _no_address()
    # What else may be wrong with it (an odd host) is judged where it is opened.
    host = parts.netloc.lower().removesuffix(":443") if port == 443 else parts.netloc.lower()
    return f"{parts.scheme}://{host}", host


def _no_address() -> InvalidInput:
    return InvalidInput(
        "That is not the address of a GitHub.",
        field="address",
        hint="Give github.com, or the host of your Enterprise Server such as https://github.example.com.",
    )


def _described(reply: Reply, origin: str) -> tuple[InstanceKind, str]:
    """Kind and version by the answer to `GET /meta`; in private mode an Enterprise Server tells them in a header."""
    told = _object(reply.body)
    header = reply.headers.get("x-github-enterprise-version").removeprefix("enterprise-server@")
    if reply.status == 200 and told.get("keyhole_sandbox") is True:
        return InstanceKind.SANDBOX, ""
    version = str(told.get("installed_version") or "") if reply.status == 200 else header
    if _VERSION.fullmatch(version):
        return InstanceKind.ENTERPRISE, version
    if reply.status in (401, 403) and "docs.github.com" in str(told.get("documentation_url", "")):
        return InstanceKind.ENTERPRISE, ""
    if reply.status in (301, 302, 307, 308):
        place = urlsplit(reply.headers.get("location")).hostname or "another address"
        raise InvalidInput(
            f"{origin} sends requests on to {place}, which is not followed.",
            field="address",
            hint="If that is the right one, give its address.",
        )
    raise InvalidInput(
        f"{origin} does not answer as a GitHub Enterprise Server does (status {reply.status}).",
        field="address",
        hint="Its API must be at /api/v3 of that address. For GitHub.com give github.com.",
    )


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
