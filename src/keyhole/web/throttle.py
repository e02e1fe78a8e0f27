"""Guessing passwords is slowed down: per client network and name, and per client network.

Never per name alone, since anybody could then lock somebody else out. Codes of the second step are counted per account,
too: a code has six digits, who has many addresses has many tries, and who gets that far has the password. Counted in
Django's cache, which is this process's memory by default: with several web processes a guesser has so many times the
tries, still few.
"""

from __future__ import annotations

import hashlib

from django.core.cache import cache

from keyhole.core.clients import network
from keyhole.core.errors import KeyholeError

WINDOW = 15 * 60
"""Seconds after which failures are forgotten."""
PER_NAME = 6
"""Failures of one client with one name within the window."""
PER_CLIENT = 30
"""Failures of one client with any names within the window."""
PER_ACCOUNT = 20
"""Wrong codes for one account within its window, from wherever they come: of a million, three are right."""
ACCOUNT_WINDOW = 60 * 60
"""Seconds after which wrong codes are forgotten."""
PER_LINK = 50
"""Wrong passwords for one shared report within the same time, from wherever they come."""


def too_many(address: str, name: str) -> bool:
    """Whether this client has to wait before it may try again."""
    client, pair = _counters(address, name)
    return cache.get(client, 0) >= PER_CLIENT or cache.get(pair, 0) >= PER_NAME


def wait() -> KeyholeError:
    """What to tell somebody who has to."""
    return KeyholeError(
        "Too many wrong tries from here.", hint=f"Wait {WINDOW // 60} minutes, then try again."
    )


def failed(address: str, name: str) -> None:
    """Count one wrong try."""
    for counter in _counters(address, name):
        cache.add(counter, 0, WINDOW)
        cache.incr(counter)


def succeeded(address: str, name: str) -> None:
    """Forget the wrong tries with this name; those with other names still count."""
    cache.delete(_counters(address, name)[1])


def too_many_codes(account: int) -> bool:
    """Whether so many wrong codes were given for this account that nobody, from wherever, may try one now."""
    return bool(cache.get(_codes(account), 0) >= PER_ACCOUNT)


def code_failed(account: int) -> None:
    """Count one wrong code of the second step."""
    cache.add(_codes(account), 0, ACCOUNT_WINDOW)
    cache.incr(_codes(account))


def code_accepted(account: int) -> None:
    """Forget the wrong codes of this account."""
    cache.delete(_codes(account))


def wait_for_codes() -> KeyholeError:
    """What to tell somebody whose account has too many wrong codes."""
    return KeyholeError(
        "Too many wrong codes were given for this account.",
        hint=f"Wait {ACCOUNT_WINDOW // 60} minutes, or use a passkey. If it was not you, somebody has your password.",
    )


def too_many_for_link(number: int) -> bool:
    """Whether so many wrong passwords were given for this shared report that nobody may try one now."""
    return bool(cache.get(f"shared:{number}", 0) >= PER_LINK)


def link_failed(number: int) -> None:
    """Count one wrong password of a shared report."""
    cache.add(f"shared:{number}", 0, ACCOUNT_WINDOW)
    cache.incr(f"shared:{number}")


def _codes(account: int) -> str:
    return f"second-step:{account}"


def _counters(address: str, name: str) -> tuple[str, str]:
    client = network(address)
    digest = hashlib.sha256(name.casefold().encode("utf-8", "replace")).hexdigest()
    return f"sign-in:{client}", f"sign-in:{client}:{digest}"
