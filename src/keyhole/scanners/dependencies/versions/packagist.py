r"""Composer's versions: brought into its normal form of four numbers first, then compared as PHP compares versions.

Source: `Composer\Semver\VersionParser::normalize`, https://getcomposer.org/doc/articles/versions.md, and PHP's
`version_compare`, https://www.php.net/version_compare. Comparing texts as they are, without the normal form, makes
`7` and `7.0.0` differ, which Composer does not.
"""

from __future__ import annotations

import re

ECOSYSTEMS = ("Packagist",)

Part = tuple[int, int]
_MODIFIER = r"[._-]?(?:(stable|beta|b|rc|alpha|a|patch|pl|p)((?:[.-]?[0-9]++)*+))?([.-]?dev)?"
_NUMBERS = re.compile(rf"v?([0-9]{{1,5}})(\.[0-9]+)?(\.[0-9]+)?(\.[0-9]+)?{_MODIFIER}")
_DATE = re.compile(rf"v?([0-9]{{4}}(?:[.:-]?[0-9]{{2}}){{1,6}}(?:[.:-]?[0-9]{{1,3}}){{0,2}}){_MODIFIER}")
_BUILD = re.compile(r"([^,\s+]+)\+\S+")
_STABILITIES = {"a": "alpha", "b": "beta", "p": "patch", "pl": "patch"}
_TOKEN = re.compile(r"[0-9]+|[a-z]+")
_NUMBER = 4
_END: Part = (_NUMBER, -1)
"""The end of a version: after `RC`, before any further number and before `patch`."""
_WORDS = {"dev": 0, "alpha": 1, "beta": 2, "rc": 3, "patch": 5}


def key(text: str) -> tuple[Part, ...]:
    """The parts of the normal form. Branches (`dev-main`) have no order and are no versions here."""
    return (*map(_part, _TOKEN.findall(_normal(text))), _END)


def _normal(text: str) -> str:
    plain = text.strip().lower()
    build = _BUILD.fullmatch(plain)
    plain = build[1] if build else plain
    if match := _NUMBERS.fullmatch(plain):
        version = match[1] + "".join(match[place] or ".0" for place in (2, 3, 4))
        rest = 5
    elif match := _DATE.fullmatch(plain):
        version = re.sub(r"\D", ".", match[1])
        rest = 2
    else:
        raise ValueError("not a version")
    stability = match[rest]
    if stability == "stable":
        return version
    if stability:
        version += f"-{_STABILITIES.get(stability, stability)}{(match[rest + 1] or '').lstrip('.-')}"
    return f"{version}-dev" if match[rest + 2] else version


def _part(token: str) -> Part:
    return (_NUMBER, int(token)) if token.isdigit() else (_WORDS[token], 0)
