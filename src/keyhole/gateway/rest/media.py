"""Media types: what `Accept` asks for, and what `X-GitHub-Media-Type` says was understood.

Source: GitHub's "Getting started with the REST API", section "Media types".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from keyhole.gateway.errors import UnsupportedMediaType

_GITHUB = re.compile(
    r"application/vnd\.github(?:\.v3)?(?:\.(?P<param>[a-z][a-z0-9-]*?))?(?P<json>\+json)?", re.IGNORECASE
)
_PLAIN = ("application/json", "*/*", "application/*", "text/json", "")


@dataclass(frozen=True, slots=True)
class Media:
    """One of GitHub's media types."""

    param: str
    """`raw`, `html`, `object`, `diff`, `patch`, `sha`, or empty for plain JSON."""
    json: bool
    """Whether JSON was asked for."""

    @property
    def header(self) -> str:
        """Value of `X-GitHub-Media-Type`."""
        parts = ["github.v3", f"param={self.param}" if self.param else "", "format=json" if self.json else ""]
        return "; ".join(part for part in parts if part)


def asked(accept: str, known: frozenset[str]) -> Media:
    """The first media type in `Accept` that this operation knows; `known` are its params beside plain JSON.

    Parameters that an operation does not know (old preview names among them) count as plain JSON, as on GitHub.
    UnsupportedMediaType when nothing of what is accepted can be served.
    """
    offers = [part.split(";", 1)[0].strip() for part in accept.split(",")]
    for offer in offers:
        match = _GITHUB.fullmatch(offer)
        if match is not None:
            param = (match["param"] or "").lower()
            if param in known:
                return Media(param, json=match["json"] is not None)
            if param != "html":
                return Media("", json=True)
        if offer.lower() in _PLAIN:
            return Media("", json=True)
    raise UnsupportedMediaType(
        f"Unsupported 'Accept' header: '{accept[:200]}'. Must accept 'application/json'."
    )
