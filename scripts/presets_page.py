#!/usr/bin/env python3
"""Write docs/presets.md from the planner's data: `.venv/bin/python scripts/presets_page.py > docs/presets.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from keyhole.core.permissions import PermissionSet
from keyhole.planner.features import FEATURES
from keyhole.planner.presets import Certainty, Preset, presets
from keyhole.planner.setup import clients

_HEAD = """\
# Presets of the planner

Which permissions well-known tools ask for, by their vendors' own documentation as of August 2026. `keyhole plan
--preset ID` and the page "What is this token for?" plan from them. This page is written by `scripts/presets_page.py`
from one file per tool in `src/keyhole/planner/data/presets`; a test compares the two.

`exact` is the vendor's own text. `partial` is partly seen, an older copy, or somebody else's text. What could not be
verified is listed at the end and cannot be chosen. Metadata: read comes with every repository permission.

## Adding a tool

One file, `ID.toml`, with these fields; anything else in it is refused when Keyhole starts to read it:

| field | meaning |
|---|---|
| `title`, `about` | the tool's name, and in a sentence what it does |
| `row` | its number in the order in which the tools were collected |
| `kinds` | how it signs in: `pat`, `app`, `oauth`, `built-in` |
| `certainty` | `exact`, `partial` or `unverified` |
| `source` | address of the text that the permissions are from |
| `notes` | what to know about the list (optional) |
| `hosted` | true when the vendor's own App is installed (optional) |
| `[permissions]` | name = level, of those that a fine-grained token can have |
| `[app_only]` | the same, of those that only a GitHub App can have |
| `[why]` | name = what it is for, where the vendor says it |
| `[[optional]]` | `when` and `permissions`: what is needed only for a part of what the tool does; chosen as `ID.1` |
| `[setup]` | `custom_base_url` yes, no or unknown; `graphql` true or false where that is known |
| `[[setup.texts]]` | `title`, `language`, `source` and `text` to copy, with `@web@` and the like to be filled in |
"""


def main() -> None:
    """Print the page."""
    sys.stdout.write("\n".join(_lines()) + "\n")


def _lines() -> Iterator[str]:
    known = list(presets().values())
    yield _HEAD
    yield "## What Keyhole itself needs\n\nThey add up.\n"
    yield "| id | feature | permissions |\n|---|---|---|"
    for each in FEATURES.values():
        yield f"| `{each.id}` | Keyhole {each.about} | {_spelled(each.permissions)} |"
    yield "\n## Tools\n\n| id | tool | signs in with | permissions | certainty |\n|---|---|---|---|---|"
    yield from (_row(preset) for preset in known if preset.selectable)
    yield "\n## Not to be chosen\n\n| id | tool | why |\n|---|---|---|"
    for preset in known:
        if not preset.selectable:
            why = preset.notes if preset.certainty is Certainty.UNVERIFIED else preset.about
            yield f"| `{preset.id}` | [{preset.title}]({preset.source}) | {why} |"
    yield "\n## Set-up texts\n\nReady-made texts with this server's addresses exist for these.\n"
    yield "| what | other servers than github.com | asks GraphQL |\n|---|---|---|"
    for name, setup in [(each.title, each.setup) for each in (*clients(), *known)]:
        if setup.texts:
            yield f"| {name} | {setup.custom_base_url.value} | {_answer(setup.graphql)} |"
    yield "\nKeyhole's gateway does not answer GraphQL; what asks it works against GitHub only."


def _row(preset: Preset) -> str:
    needed = [_spelled(preset.permissions)]
    if preset.app_only:
        needed.append(
            "only as an App: " + ", ".join(f"{name}: {word}" for name, word in preset.app_only.items())
        )
    needed += [
        f"`{each.id}` {each.when.rstrip('.')}: {_spelled(each.permissions)}" for each in preset.options
    ]
    kinds = ", ".join(kind.value for kind in preset.kinds) + (" (hosted)" if preset.hosted else "")
    certainty = preset.certainty.value + (f". {preset.notes}" if preset.notes else "")
    return (
        f"| `{preset.id}` | [{preset.title}]({preset.source}) | {kinds} | {'; '.join(needed)} | {certainty} |"
    )


def _spelled(permissions: PermissionSet) -> str:
    return ", ".join(f"{name}: {level.word}" for name, level in permissions.items())


def _answer(known: bool | None) -> str:
    return "not known" if known is None else "yes" if known else "no"


if __name__ == "__main__":
    main()
