"""Packages of a manifest, whose versions are for a lock file to settle.

Each leaves its version to another file unless it is asked for at one exact version. Where no file settles it, it is not
assessed, which is said: what would be installed is not known before it is.
"""

from __future__ import annotations

import re

from keyhole.core.library import Relation
from keyhole.scanners.dependencies.manifests import LOCAL, Wanted
from keyhole.scanners.dependencies.package import Lines, Malformed, Package, Packages
from keyhole.scanners.lazily import pattern

_LOCAL = (LOCAL, "workspace:", "link:")
_PLACED = ("file:", "portal:")
"""Before a folder with a manifest of its own, or an archive; in a requirement of Python behind an `@`."""
_ALIAS = pattern(r"\s*+npm:((?:@[^/@\s]+/)?[^/@\s]+)(?:@(\S*+))?\s*+")
"""The package and the range that npm installs under another name."""


def declared(ecosystem: str, content: bytes, wanted: Wanted | None, exact: re.Pattern[str]) -> Packages:
    """What is asked for; `exact` matches what asks for one version, which is its one group."""
    if wanted is None:
        raise Malformed("not of the documented form")
    if wanted.own:
        yield Package(ecosystem, wanted.own, "", managed=True, own=True)
    # Of one name several versions may be asked for, by extras that exclude each other; what is no version adds nothing.
    also = [each for each in wanted.also if exact.fullmatch(each[1].strip())]
    for group in (wanted.direct, wanted.developing):
        lines = Lines(content)
        developing = group is wanted.developing
        more = [(name, how) for name, how, only in also if only is developing]
        for name, how in (*more, *group.items()):
            if how.startswith(_LOCAL):
                continue
            alias = _ALIAS.fullmatch(how)
            spelled = alias[1] if alias else wanted.spelled.get(name, name)
            match = exact.fullmatch((alias[2] or "") if alias else how.strip())
            line = lines.of(f'"{name}"', spelled) if alias else lines.of(spelled)
            place = how.removeprefix("@").lstrip()
            placed = place.startswith(_PLACED)
            yield Package(
                ecosystem,
                spelled,
                match[1] if match else "",
                line,
                developing and name not in wanted.direct,
                managed=match is None,
                folder=place.partition(":")[2] if placed else "",
                alone=placed,
                relation=Relation.DIRECT,
            )
