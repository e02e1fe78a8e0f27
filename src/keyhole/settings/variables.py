"""Every variable that can be set: its name, default, meaning, and how its text becomes a value.

A value that makes no sense or a name that looks like a misspelt one stops the start: guessing would widen something
quietly.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from keyhole.core.errors import InvalidInput, Misconfigured
from keyhole.core.names import owner_name
from keyhole.core.secret import Secret

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Variable(NamedTuple):
    """One environment variable."""

    name: str
    default: str
    help: str
    """What it means, in one line, for the documentation and `keyhole doctor`."""
    parse: Callable[[str], Any]
    """Text to value; ValueError carries the reason that people read."""


def folder(text: str) -> Path:
    path = Path(text).expanduser()
    if not path.is_absolute():
        raise ValueError("must be an absolute path, so that it does not depend on where Keyhole is started")
    return path


def _folders(text: str) -> tuple[Path, ...]:
    return tuple(folder(part) for part in text.split(":") if part)


def _optional_folder(text: str) -> Path | None:
    return folder(text) if text else None


def _listen(text: str) -> tuple[str, int]:
    host, separator, port = text.rpartition(":")
    if not separator or not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError("must be HOST:PORT, for example 127.0.0.1:8470 or [::1]:8470")
    host = host.removeprefix("[").removesuffix("]")
    if host != "localhost":
        ipaddress.ip_address(host)
    return host, int(port)


def address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise ValueError("must be an http or https address, without a user name")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("must end after the host: Keyhole answers at the root of its address")
    return f"{parts.scheme}://{parts.netloc}"


def _elsewhere(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise ValueError("must be an http or https address, without a user name")
    return text.rstrip("/")


def _elsewhere_or_none(text: str) -> str:
    return "" if text.strip().lower() == "none" else _elsewhere(text)


def _days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 36500:
        raise ValueError("must be a whole number of days from 1 to 36500, or 0 for no maximum")
    return int(text)


def _share_days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 3650:
        raise ValueError("must be a whole number of days up to 3650, or 0 for no links")
    return int(text)


def _login(text: str) -> str:
    try:
        return owner_name(text)
    except InvalidInput as problem:
        raise ValueError(problem.message.removesuffix(".")) from problem


def _yes_or_no(text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError("must be yes or no")
    return text == "yes"


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        raise ValueError("must be a number from 1 to 65535")
    return int(text)


def _smtp_tls(text: str) -> str:
    if text not in ("starttls", "tls", "none"):
        raise ValueError("must be starttls, tls or none")
    return text


def _sender(text: str) -> str:
    if any(not char.isprintable() for char in text) or (text and "@" not in text):
        raise ValueError("must be a mail address, or NAME <ADDRESS>")
    return text


def _issuer(text: str) -> str:
    if not text:
        return ""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be the provider's address exactly as it says itself, without a query")
    if parts.username or parts.password or text.endswith("/.well-known/openid-configuration"):
        raise ValueError("must be the issuer alone: no user name, nothing well-known")
    return text.rstrip("/")


def _domains(text: str) -> frozenset[str]:
    return frozenset(part.strip().casefold().removeprefix("@") for part in text.split(",") if part.strip())


def _joining_role(text: str) -> str:
    if text not in ("member", "auditor", "maintainer"):
        raise ValueError("must be member, auditor or maintainer; owners are made by owners")
    return text


def _networks(text: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())


VARIABLES = (
    Variable("KEYHOLE_DATA", "~/.local/share/keyhole", "folder that holds everything Keyhole keeps", folder),
    Variable(
        "KEYHOLE_DATABASE_URL",
        "",
        "postgresql://... for several machines; empty is SQLite in the folder",
        str,
    ),
    Variable("KEYHOLE_LISTEN", "127.0.0.1:8470", "address and port to listen on", _listen),
    Variable("KEYHOLE_URL", "", "address that people and tools use; empty is the one listened on", str),
    Variable("KEYHOLE_MAX_TOKEN_DAYS", "366", "longest life of a token; 0 also allows no expiration", _days),
    Variable(
        "KEYHOLE_MAX_SHARE_DAYS", "90", "longest life of a link to a report; 0 allows none", _share_days
    ),
    Variable("KEYHOLE_DEFAULT_OWNER", "local", "owner of repositories that are in no owner's folder", _login),
    Variable(
        "KEYHOLE_REPOSITORIES", "", "folder of imported repositories; empty is one inside KEYHOLE_DATA", str
    ),
    Variable(
        "KEYHOLE_ALLOW_PRIVATE_ADDRESSES",
        "no",
        "yes opens private addresses too, and http:// on this machine",
        _yes_or_no,
    ),
    Variable("KEYHOLE_CA_FILE", "", "certificate authorities (PEM) to trust besides the system's", str),
    Variable("KEYHOLE_PROXIES", "", "addresses of proxies whose X-Forwarded-For is believed", _networks),
    Variable(
        "KEYHOLE_VAULT_KEYS", "", "keys of the vault; empty is the file vault.keys in KEYHOLE_DATA", Secret
    ),
    Variable(
        "KEYHOLE_ADVISORIES_URL",
        "https://osv-vulnerabilities.storage.googleapis.com",
        "where advisories are fetched from, laid out as OSV does",
        _elsewhere,
    ),
    Variable(
        "KEYHOLE_EPSS_URL",
        "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz",
        "where FIRST's list of EPSS is fetched from; none leaves it out",
        _elsewhere_or_none,
    ),
    Variable(
        "KEYHOLE_KEV_URL",
        "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json",
        "where CISA's catalog of exploited vulnerabilities is fetched from; none leaves it out",
        _elsewhere_or_none,
    ),
    Variable(
        "KEYHOLE_PROGRAMS", "", "folders to look in for programs of scanners, separated by colons", _folders
    ),
    Variable(
        "KEYHOLE_RULES", "", "folder of own rules for secrets, *.toml; see secret-rules.md", _optional_folder
    ),
    Variable(
        "KEYHOLE_SEMGREP_RULES", "", "file or folder with rules for the scanner semgrep", _optional_folder
    ),
    Variable(
        "KEYHOLE_OIDC_ISSUER", "", "OpenID provider that people sign in with too; empty is none", _issuer
    ),
    Variable("KEYHOLE_OIDC_CLIENT_ID", "", "name of this Keyhole there", str),
    Variable("KEYHOLE_OIDC_CLIENT_SECRET_FILE", "", "file (mode 0600) with its secret there", str),
    Variable(
        "KEYHOLE_OIDC_DOMAINS", "", "domains of email addresses that are let in; empty is any", _domains
    ),
    Variable("KEYHOLE_OIDC_LINK", "no", "yes lets members in by their verified email address", _yes_or_no),
    Variable("KEYHOLE_OIDC_JOIN", "no", "yes makes others of KEYHOLE_OIDC_DOMAINS members", _yes_or_no),
    Variable(
        "KEYHOLE_OIDC_ROLE", "member", "role of who joins so: member, auditor or maintainer", _joining_role
    ),
    Variable("KEYHOLE_SMTP_HOST", "", "server that takes mail; empty is no mail", str),
    Variable("KEYHOLE_SMTP_PORT", "587", "its port", _port),
    Variable(
        "KEYHOLE_SMTP_TLS", "starttls", "starttls, tls (usually port 465), or none on this machine", _smtp_tls
    ),
    Variable("KEYHOLE_SMTP_USER", "", "user name for it; empty is none", str),
    Variable("KEYHOLE_SMTP_PASSWORD_FILE", "", "file (mode 0600) with the password for it", str),
    Variable("KEYHOLE_SMTP_FROM", "", "sender of mail: an address, or NAME <ADDRESS>", _sender),
)


def read(environment: dict[str, str]) -> dict[str, Any]:
    """The value of every variable. Misconfigured, with the reason for people, when one makes no sense."""
    names = [variable.name for variable in VARIABLES]
    for name in environment:
        # Only near misses: orchestrators put names such as KEYHOLE_SERVICE_HOST into every container.
        ours = name.startswith("KEYHOLE_") and name not in names
        if ours and (meant := _meant(name, names)):
            raise Misconfigured(f"{name} is not a setting; {meant} is.")
    values = {}
    for variable in VARIABLES:
        text = environment.get(variable.name) or variable.default
        try:
            values[variable.name] = variable.parse(text)
        except ValueError as problem:
            raise Misconfigured(f"{variable.name}={text}: {problem}.") from problem
    return values


def _meant(name: str, names: list[str]) -> str:
    """The setting that somebody may have meant by this name; empty if it resembles none."""
    from difflib import get_close_matches  # noqa: PLC0415  # nearly all names are right

    return next(iter(get_close_matches(name, names, n=1, cutoff=0.85)), "")
