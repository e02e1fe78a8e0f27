"""Which addresses Keyhole may open when a person names them, and pinning what was checked.

The name is looked up once, every address it has is checked, and the connection is then made to the checked
address: looking it up again at connect time would let a hostile name server answer differently.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from keyhole.core.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Pinned:
    """An https address whose host has been looked up and found acceptable."""

    url: str
    host: str
    port: int
    address: str

    @property
    def curl_resolve(self) -> str:
        """The value of git's `http.curloptResolve` that connects to the checked address and no other."""
        address = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.host}:{self.port}:{address}"


def pin(url: str, *, allow_private: bool = False) -> Pinned:
    """Check an address given by a person. InvalidInput unless it is a plain https one with public addresses."""
    parts = urlsplit(url)
    try:
        port = parts.port or 443
    except ValueError as problem:
        raise InvalidInput(
            f"The port of {parts.hostname} is not a number up to 65535.", field="source"
        ) from problem
    if parts.scheme != "https" or not parts.hostname or any(char.isspace() for char in url) or "\\" in url:
        raise InvalidInput("Only https:// addresses are opened.", field="source")
    if parts.username is not None or parts.password is not None:
        raise InvalidInput(
            "An address with a user name or a password in it is not opened.",
            field="source",
            hint="Credentials in addresses end up in logs and process lists.",
        )
    found = _look_up(parts.hostname, port)
    refused = [address for address in found if not ipaddress.ip_address(address).is_global]
    if refused and not allow_private:
        raise InvalidInput(
            f"{parts.hostname} leads to {refused[0]}, an address inside a private network.",
            field="source",
            hint="Set KEYHOLE_ALLOW_PRIVATE_ADDRESSES=yes if that is intended.",
        )
    return Pinned(url, parts.hostname, port, found[0])


def _look_up(host: str, port: int) -> list[str]:
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as problem:
        raise InvalidInput(
            f"{host} cannot be looked up.",
            field="source",
            hint="Check the spelling, and that this machine has a network.",
        ) from problem
    return [_unmapped(str(answer[4][0])) for answer in answers]


def _unmapped(address: str) -> str:
    parsed = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(parsed, "ipv4_mapped", None)
    return str(mapped or parsed)
