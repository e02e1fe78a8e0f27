"""Properties that a build file sets and uses: `${name}` of Maven, `$(name)` of MSBuild; other files are not asked."""

from __future__ import annotations

from collections.abc import Mapping

from keyhole.scanners.lazily import pattern

_USE = pattern(r"\$\{([^{}$]++)\}|\$\(([^()$]++)\)")
_ROUNDS = 8
"""How often a property may lead to another."""
_LONGEST = 1000


def resolved(text: str, properties: Mapping[str, str]) -> str:
    """The text with all properties put in; as it is where one of them is not known."""
    if len(text) > _LONGEST:
        return text
    result = text
    for _ in range(_ROUNDS):
        if not _USE.search(result):
            return result
        result = _USE.sub(lambda match: properties.get(match[1] or match[2], match[0]), result)
        if len(result) > _LONGEST:
            break
    return text if _USE.search(result) else result
