"""Which addresses Keyhole may open when a person names them, and pinning what was checked.

The name is looked up once, every address it has is checked, and the connection is then made to a checked address:
looking it up again at connect time would let a hostile name server answer differently. A host that two programs could
read differently (numbers in odd notation, a dot at the end, letters outside ASCII) is refused for the same reason:
what is judged here must be what curl or a socket then opens.

Refused are all addresses that are not public by IANA's registries, also when they are wrapped in IPv6 (mapped, 6to4,
NAT64). `allow_private` lets private networks and this machine in; link-local addresses, where clouds keep the
credentials of the machine itself, stay closed even then.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import threading
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from keyhole.core.errors import InvalidInput

IP = ipaddress.IPv4Address | ipaddress.IPv6Address

LONGEST_URL = 8192
"""Characters of an address that is opened."""
_LOOK_UP_SECONDS = 10.0
_VISIBLE = re.compile(r"[\x21-\x7e]+")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_AUTHORITY = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z._-]+)(?::[0-9]{1,5})?")
_LONGEST_HOST = 253
_GLOBAL_6 = ipaddress.ip_network("2000::/3")
_SPECIAL = [
    ipaddress.ip_network(text)
    # Protocol assignments and 6to4 relays, documentation (RFC 9637), and the service of one cloud's machines: all of
    # them global, or absent, in Python's own list.
    for text in ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20", "168.63.129.16/32")
]
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_WRONG_SCHEME = "Only https:// addresses are opened."


class CannotLookUp(InvalidInput):
    """A host name has no address: it may be misspelt, or the name servers cannot be reached."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """An address whose host has been looked up and found acceptable."""

    url: str = field(repr=False)
    """As given. Some addresses are secrets themselves (incoming webhooks), so it is not shown."""
    scheme: str
    """`https`, or `http` for this machine itself where private addresses are allowed."""
    host: str
    """In lower case, without brackets."""
    port: int
    addresses: tuple[str, ...]
    """All checked addresses, in the order the name servers gave."""

    @property
    def authority(self) -> str:
        """Host and port as a request's Host header names them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = self.port == (443 if self.scheme == "https" else 80)
        return host if usual else f"{host}:{self.port}"

    @property
    def curl_resolve(self) -> str:
        """The value of git's `http.curloptResolve` that connects to the checked addresses and no other.

        Empty where the host is an address itself: there is nothing to look up then.
        """
        if self.addresses == (self.host,):
            return ""
        addresses = ",".join(f"[{each}]" if ":" in each else each for each in self.addresses)
        return f"{self.host}:{self.port}:{addresses}"


def pin(url: str, *, allow_private: bool = False, name: str = "source") -> Pinned:
    """Check an address given by a person, and look its host up.

    `name` is the form field that errors are about. InvalidInput unless the address is a plain https one with public
    addresses; with `allow_private` also private ones, and http for loopback addresses. CannotLookUp when the host has
    no address. No error repeats more of the address than its host.
    """
    parts = _parts(url, name)
    host = _host(parts, name)
    port = _port(parts, name)
    if parts.scheme != "https" and not (allow_private and parts.scheme == "http"):
        raise InvalidInput(_WRONG_SCHEME, field=name)
    found = tuple(dict.fromkeys(_look_up(host, port, name)))
    for address in found:
        _check(host, address, allow_private, name)
    if parts.scheme == "http" and not all(ipaddress.ip_address(address).is_loopback for address in found):
        raise InvalidInput(
            _WRONG_SCHEME, field=name, hint="Without https, only addresses of this machine itself are opened."
        )
    return Pinned(url, parts.scheme, host, port, found)


def _parts(url: str, name: str) -> SplitResult:
    # urlsplit drops some control characters and takes the rest as it comes, so it sees visible ASCII only.
    if len(url) > LONGEST_URL or _VISIBLE.fullmatch(url) is None or "\\" in url or "#" in url:
        raise InvalidInput(
            "That is not a plain address.",
            field=name,
            hint="Write it as https://HOST/PATH, in ASCII, without #.",
        )
    try:
        parts = urlsplit(url)
    except ValueError as problem:
        raise InvalidInput("That is not an address that can be read.", field=name) from problem
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise InvalidInput(_WRONG_SCHEME, field=name)
    if "@" in parts.netloc:
        raise InvalidInput(
            "An address with a user name or a password in it is not opened.",
            field=name,
            hint="Credentials in addresses end up in logs and process lists.",
        )
    if _AUTHORITY.fullmatch(parts.netloc) is None:
        raise _odd(name)
    return parts


def _port(parts: SplitResult, name: str) -> int:
    try:
        port = parts.port
    except ValueError as problem:
        raise InvalidInput("The port is not a number up to 65535.", field=name) from problem
    if port == 0:
        raise InvalidInput("Port 0 cannot be opened.", field=name)
    return port or (443 if parts.scheme == "https" else 80)


def _host(parts: SplitResult, name: str) -> str:
    """The host in the one spelling that all programs read alike."""
    host = parts.hostname or ""
    if ":" in host or _looks_numeric(host):
        try:
            literal = ipaddress.ip_address(host)
        except ValueError as problem:
            raise _odd(name) from problem
        return str(literal)
    if len(host) > _LONGEST_HOST or not all(_LABEL.fullmatch(label) for label in host.split(".")):
        raise _odd(name)
    return host


def _looks_numeric(host: str) -> bool:
    """Whether some program would take it for an IPv4 address: WHATWG URL, "ends in a number checker"."""
    last = host.removesuffix(".").rpartition(".")[2]
    return last.isdigit() or re.fullmatch(r"0x[0-9a-f]*", last) is not None


def _odd(name: str) -> InvalidInput:
    return InvalidInput(
        "The host of that address is not a plain name or number.",
        field=name,
        hint="Write a host name in ASCII, without a dot at its end, or an IP address in its usual form.",
    )


def _check(host: str, address: str, allow_private: bool, name: str) -> None:
    kind = forbidden(ipaddress.ip_address(address), allow_private=allow_private)
    if not kind:
        return
    leads = f"{host} is" if host == address else f"{host} leads to {address},"
    hint = "Keyhole never opens such addresses."
    if forbidden(ipaddress.ip_address(address), allow_private=True) == "":
        hint = "Set KEYHOLE_ALLOW_PRIVATE_ADDRESSES=yes if that is intended."
    raise InvalidInput(f"{leads} {kind}.", field=name, hint=hint)


def forbidden(address: IP, *, allow_private: bool = False) -> str:
    """Why the address may not be connected to, as words for people; empty when it may."""
    inner = _wrapped(address)
    if inner is not None:
        return forbidden(inner, allow_private=allow_private)
    if address.is_unspecified or address.is_multicast or str(address) == "255.255.255.255":
        return "not an address of one machine"
    if address.is_link_local:
        return "a link-local address"
    if allow_private or _public(address):
        return ""
    return "an address inside a private network"


def _public(address: IP) -> bool:
    if address.version == 6 and address not in _GLOBAL_6:
        return False
    return address.is_global and not address.is_reserved and not any(address in each for each in _SPECIAL)


def _wrapped(address: IP) -> ipaddress.IPv4Address | None:
    """The IPv4 address that connecting to an IPv6 one may really lead to."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


def _look_up(host: str, port: int, name: str) -> list[str]:
    """The host's addresses. In a thread of its own, since the system's resolver knows no deadline."""
    answers: list[str] = []
    problems: list[Exception] = []

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.extend(_plain(str(answer[4][0])) for answer in found)
        except (OSError, ValueError) as problem:  # UnicodeError is a ValueError
            problems.append(problem)

    thread = threading.Thread(target=ask, name="keyhole-look-up", daemon=True)
    thread.start()
    thread.join(_LOOK_UP_SECONDS)
    if thread.is_alive() or problems or not answers:
        raise CannotLookUp(
            f"{host} cannot be looked up.",
            field=name,
            hint="Check the spelling, and that this machine has a network.",
        ) from (problems[0] if problems else None)
    return list(answers)


def _plain(address: str) -> str:
    """Without a zone; an IPv4 address that came as an IPv6 one is shown, and connected to, as what it is."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(parsed, "ipv4_mapped", None)
    return str(mapped or parsed)
