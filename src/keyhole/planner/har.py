"""A recording of a browser or proxy (HAR 1.2) as a list of what was asked.

Recordings hold cookies, tokens and whole answers. Of each entry its method and address are read and nothing else;
nothing is kept, and the query of an address is dropped. http://www.softwareishard.com/blog/har-12-spec
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from keyhole.core.errors import InvalidInput
from keyhole.planner.asked import Asked, Reading, Unmatched, gathered, masked, understand

LARGEST = 32 * 1024 * 1024
"""Bytes of a file that are read at most."""
_MOST_ENTRIES = 100_000
_HOSTS_NAMED = 3


def read_har(content: bytes) -> Reading:
    """What a recording asks of GitHub. InvalidInput when it is none, is too large or is nested too deep."""
    entries = _entries(content)
    elsewhere: Counter[str] = Counter()
    found = list(_found(entries, elsewhere))
    return gathered(found, _notes(elsewhere))


def _entries(content: bytes) -> list[Any]:
    if len(content) > LARGEST:
        raise _unreadable(f"it has {len(content):,} bytes, and at most {LARGEST:,} are read")
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise _unreadable("it is not text") from None
    except RecursionError:
        raise _unreadable("it is nested too deep") from None
    except ValueError:
        raise _unreadable("it is not JSON") from None
    log = document.get("log") if isinstance(document, dict) else None
    entries = log.get("entries") if isinstance(log, dict) else None
    if not isinstance(entries, list):
        raise _unreadable("it has no log.entries")
    if len(entries) > _MOST_ENTRIES:
        raise _unreadable(f"it has {len(entries):,} entries, and at most {_MOST_ENTRIES:,} are read")
    return entries


def _unreadable(why: str) -> InvalidInput:
    return InvalidInput(
        f"The file cannot be read as a HAR recording: {why}.",
        field="recording",
        hint="Save one in the browser's developer tools, under Network.",
    )


def _found(entries: list[Any], elsewhere: Counter[str]) -> Iterator[Asked | Unmatched]:
    for entry in entries:
        request = entry.get("request") if isinstance(entry, dict) else None
        method, url = (
            (request.get("method"), request.get("url")) if isinstance(request, dict) else (None, None)
        )
        if not isinstance(method, str) or not isinstance(url, str):
            elsewhere["entries without a request"] += 1
        elif method.upper() == "OPTIONS":
            continue  # a browser asking whether it may ask
        elif (host := _other_host(url)) is not None:
            elsewhere[host] += 1
        else:
            yield understand(method, url)


def _other_host(url: str) -> str | None:
    """The host, unless what is asked of it can be GitHub's API or git."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return "addresses that are none"
    api = parts.path.startswith(("/api/v3/", "/api/uploads/", "/api/graphql")) or parts.path == "/api/v3"
    git = parts.path.endswith(("/info/refs", "/git-upload-pack", "/git-receive-pack"))
    if api or git or host in ("api.github.com", "uploads.github.com"):
        return None
    return masked(host) or "addresses that are none"


def _notes(elsewhere: Counter[str]) -> list[str]:
    if not elsewhere:
        return []
    named = ", ".join(host for host, _ in elsewhere.most_common(_HOSTS_NAMED))
    more = len(elsewhere) - _HOSTS_NAMED
    also = f" and {more} more" if more > 0 else ""
    total = elsewhere.total()
    return [
        f"{total:,} {'entries are' if total > 1 else 'entry is'} not about GitHub's API and left out: {named}{also}."
    ]
