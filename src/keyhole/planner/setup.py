"""How a tool is told its address of GitHub and its token: ready-made texts, filled in for one server.

A text names its server by `@web@`, `@api@` and `@host@`, and what the token is for by `@owner@`, `@name@`,
`@repository@` and `@token@`.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

TOKEN = "PASTE-THE-TOKEN-HERE"  # noqa: S105  # what stands where the token goes
_PLACE = re.compile(r"@(web|api|host|owner|name|repository|token)@")


class BaseUrl(StrEnum):
    """Whether a tool can be pointed at another server than github.com."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SetupText:
    """One thing to copy into the tool."""

    title: str
    language: str
    text: str
    source: str
    """Address of the documentation that it follows."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What is known about setting up one tool."""

    custom_base_url: BaseUrl
    graphql: bool | None
    """Whether it asks GitHub's GraphQL API, which Keyhole's gateway does not answer; None if that is not known."""
    texts: tuple[SetupText, ...]


NO_SETUP = Setup(BaseUrl.UNKNOWN, None, ())
"""Nothing is known."""


@dataclass(frozen=True, slots=True)
class Client:
    """A program or library that people write tools with."""

    id: str
    title: str
    setup: Setup


def parse_setup(raw: dict[str, Any]) -> Setup:
    """The `setup` table of a data file. ValueError, KeyError or TypeError for anything else in it."""
    if unknown := set(raw) - {"custom_base_url", "graphql", "texts"}:
        raise ValueError(f"unknown fields {sorted(unknown)} of setup")
    return Setup(
        BaseUrl(raw["custom_base_url"]),
        raw.get("graphql"),
        tuple(
            SetupText(each["title"], each["language"], each["text"].strip("\n"), each["source"])
            for each in raw.get("texts", [])
        ),
    )


@cache
def clients() -> tuple[Client, ...]:
    """git, curl and the common libraries, one file for each in `data/clients`."""
    found = []
    for path in (files("keyhole.planner") / "data" / "clients").iterdir():
        if path.name.endswith(".toml"):
            raw = tomllib.loads(path.read_text(encoding="utf-8"))
            found.append(Client(path.name.removesuffix(".toml"), raw["title"], parse_setup(raw["setup"])))
    return tuple(sorted(found, key=lambda each: each.title.lower()))


def filled_in(text: SetupText, web: str, api: str, repository: str = "", owner: str = "") -> SetupText:
    """The text for one server; `web` and `api` are its addresses without a slash at the end.

    What is not known yet stays in capitals, and the token is never filled in: the person pastes it.
    """
    login, _, name = repository.partition("/")
    values = {
        "web": web,
        "api": api,
        "host": urlsplit(web).netloc,
        "owner": owner or login or "OWNER",
        "name": name or "REPOSITORY",
        "repository": repository or f"{owner or 'OWNER'}/REPOSITORY",
        "token": TOKEN,
    }
    filled = _PLACE.sub(lambda found: values[found[1]], text.text)
    return SetupText(text.title, text.language, filled, text.source)
