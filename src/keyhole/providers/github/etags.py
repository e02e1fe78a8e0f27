"""Answers kept with their ETag: asked for again unchanged, they cost nothing of the limit of requests.

One store belongs to one credential and is never shared, so that nothing read with one is shown to another. GitHub
judges the credential before it compares the ETag: a revoked one gets no 304.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from keyhole.providers.outgoing import Reply

_MOST = 512
_MOST_BYTES = 8 << 20
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer and what it is known by."""

    etag: str
    reply: Reply


class Etags:
    """A bounded store, the least recently used going first. Threads may share it."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], Kept] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, url: str, accept: str) -> Kept | None:
        """What is kept for a GET of this address."""
        with self._lock:
            kept = self._kept.get((url, accept))
            if kept is not None:
                self._kept.move_to_end((url, accept))
            return kept

    def put(self, url: str, accept: str, reply: Reply) -> None:
        """Keep an answer, if it has an ETag that may be sent back and is not too large."""
        etag = reply.headers.get("etag")
        self.drop(url, accept)
        if not etag or len(etag) > _LONGEST or not etag.isascii() or len(reply.body) > _MOST_BYTES // 8:
            return
        with self._lock:
            self._kept[url, accept] = Kept(etag, reply)
            self._bytes += len(reply.body)
            while len(self._kept) > _MOST or self._bytes > _MOST_BYTES:
                _, gone = self._kept.popitem(last=False)
                self._bytes -= len(gone.reply.body)

    def drop(self, url: str, accept: str) -> None:
        """Forget what is kept for this address."""
        with self._lock:
            kept = self._kept.pop((url, accept), None)
            self._bytes -= len(kept.reply.body) if kept else 0
