"""Ready-made texts: how a tool is told this Keyhole's addresses and its token. The facts are the planner's."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from keyhole.planner.presets import Preset, presets
from keyhole.planner.setup import BaseUrl, SetupText, clients, filled_in


@dataclass(frozen=True, slots=True)
class SetupGroup:
    """The texts for one program."""

    id: str
    title: str
    texts: tuple[SetupText, ...]
    warning: str = ""
    """What to know before trying; empty when nothing stands in the way."""


def groups(preset: str = "", repository: str = "", owner: str = "") -> tuple[SetupGroup, ...]:
    """The texts for the system of the preset, if there is one, then for git and the common clients."""
    known = presets().get(preset)
    first = (_of_preset(known, repository, owner),) if known is not None else ()
    rest = tuple(
        SetupGroup(client.id, client.title, _filled(client.setup.texts, repository, owner))
        for client in clients()
    )
    return (*first, *sorted(rest, key=lambda each: each.id != "git"))


def addresses() -> tuple[tuple[str, str], ...]:
    """This Keyhole's addresses by what tools call them."""
    base = settings.KEYHOLE_URL
    return (("Server", base), ("API", f"{base}/api/v3"), ("git", f"{base}/OWNER/REPOSITORY.git"))


def _of_preset(preset: Preset, repository: str, owner: str) -> SetupGroup:
    setup = preset.setup
    return SetupGroup(preset.id, preset.title, _filled(setup.texts, repository, owner), _warning(preset))


def _warning(preset: Preset) -> str:
    match preset.setup.custom_base_url:
        case BaseUrl.NO:
            return f"{preset.title} talks to github.com only, so it cannot be pointed at this Keyhole."
        case BaseUrl.UNKNOWN:
            return (
                f"Whether {preset.title} can be pointed at another server than github.com is not known to us."
            )
        case BaseUrl.YES:
            if preset.setup.graphql:
                return f"{preset.title} also asks GitHub's GraphQL API, which Keyhole does not answer."
            return ""


def _filled(texts: tuple[SetupText, ...], repository: str, owner: str) -> tuple[SetupText, ...]:
    base = settings.KEYHOLE_URL
    return tuple(filled_in(text, base, f"{base}/api/v3", repository, owner) for text in texts)
