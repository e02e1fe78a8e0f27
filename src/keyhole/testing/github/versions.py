"""Versions of the REST API: what `X-GitHub-Api-Version` may say."""

from __future__ import annotations

from datetime import datetime

from keyhole.testing.github.answers import Problem

DEFAULT = "2022-11-28"
"""What a request without the header gets."""
SUPPORTED = (DEFAULT, "2026-03-10")


def headers(asked: str, _now: datetime) -> dict[str, str]:
    """What an answer says of the version. Raises Problem 400 for one that does not exist."""
    version = asked or DEFAULT
    if version not in SUPPORTED:
        raise Problem(400, f'Version "{asked}" is not supported. Supported versions: {", ".join(SUPPORTED)}.')
    return {"x-github-api-version-selected": version}
