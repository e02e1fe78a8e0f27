"""Erlang's lock file. Format: https://rebar3.org/docs/configuration/dependencies/#lock-files; never evaluated.

Each package has a number, how many others are between it and the project: none for what the project asks for.
"""

from __future__ import annotations

from keyhole.core.library import Relation
from keyhole.scanners.dependencies.package import Malformed, Package, Packages, text_of
from keyhole.scanners.lazily import pattern

NAMES = ("rebar.lock",)
_ENTRY = pattern(r'\{<<"([^"]++)">>,\s*+\{(\w++),(?:\s*+<<"([^"]++)">>,\s*+<<"([^"]++)">>)?')
_LEVEL = pattern(r"[^{}]*+(?:\{[^{}]*+\}[^{}]*+)?\},\s*+([0-9]{1,6})\}")


def read(content: bytes) -> Packages:
    """Packages of Hex by their names there; those of git come without a version."""
    text = text_of(content)
    if text.strip() and not text.lstrip().startswith(("{", "[")):
        raise Malformed("not a lock file of Rebar")
    if text.count("{pkg,") != sum(match[2] == "pkg" and bool(match[3]) for match in _ENTRY.finditer(text)):
        raise Malformed("packages are not in the layout that Rebar writes")
    line, at = 1, 0
    for match in _ENTRY.finditer(text):
        line += text.count("\n", at, match.start())
        at = match.start()
        level = _LEVEL.match(text, match.end())
        relation = Relation.UNKNOWN
        if level is not None:
            relation = Relation.DIRECT if int(level[1]) == 0 else Relation.TRANSITIVE
        if match[2] == "pkg" and match[3]:
            yield Package("Hex", match[3], match[4], line, relation=relation)
        else:
            yield Package("Hex", match[1], "", line, relation=relation)
