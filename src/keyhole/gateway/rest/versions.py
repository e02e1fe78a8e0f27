"""The version of GitHub's REST API that a client asks for. Source: GitHub's "API Versions"."""

from __future__ import annotations

from keyhole.gateway.rest.problems import UnknownVersion

SUPPORTED = ("2026-03-10", "2022-11-28")
"""Newest first. The operations served here answer the same in both."""
DEFAULT = "2022-11-28"
"""What a client without the header gets."""


def selected(header: str) -> str:
    """The version to answer in; UnknownVersion when it is none that is spoken here."""
    if not header:
        return DEFAULT
    if header not in SUPPORTED:
        raise UnknownVersion(
            "The X-GitHub-Api-Version header names a version that is not supported. "
            f"Supported are: {', '.join(SUPPORTED)}."
        )
    return header
