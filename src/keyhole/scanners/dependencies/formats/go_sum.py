"""Go's checksums, for modules whose `go.mod` does not name what the modules that it requires require.

Until Go 1.17 a module file named what its own packages import, and no more. What else is built in is only here: of
each module the highest version of which the content was needed, since Go selects the highest that anything requires.
Where no module file lies beside them, nothing else says what is built in.
Format: https://go.dev/ref/mod#go-sum-files.
"""

from __future__ import annotations

from keyhole.core.library import Relation
from keyhole.scanners.dependencies.formats import go_mod
from keyhole.scanners.dependencies.package import Around, Malformed, Package, Packages, nowhere, text_of
from keyhole.scanners.dependencies.versions import key
from keyhole.scanners.lazily import pattern

NAMES = ("go.sum",)
AROUND = True
_LINE = pattern(r"(\S++) (v[^\s/]++)(/go\.mod)? h1:\S++")
_WHOLE_SINCE = "1.17"


def read(content: bytes, around: Around = nowhere) -> Packages:
    """What `go.mod` leaves out: nothing where it is whole, everything where there is none."""
    text = text_of(content)
    best: dict[str, tuple[object, str, int]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        match = _LINE.fullmatch(line.strip())
        if match is None and line.strip():
            raise Malformed(f"line {number} is not of the documented form")
        if match is None or match[3]:
            continue
        try:
            order = key("Go", match[2])
        except ValueError:
            raise Malformed(f"line {number} has no version") from None
        known = best.get(match[1])
        if known is None or known[0] < order:
            best[match[1]] = order, match[2], number
    module = around("go.mod")
    if module is not None and _is_whole(module):
        return
    named = go_mod.mentioned(module) if module is not None else frozenset()
    relation = Relation.TRANSITIVE if module is not None else Relation.UNKNOWN
    for name, (_, version, number) in best.items():
        if name not in named:
            yield Package("Go", name, version, number, relation=relation)


def _is_whole(module: bytes) -> bool:
    try:
        return bool(key("Go", go_mod.language(module)) >= key("Go", _WHOLE_SINCE))
    except ValueError:
        return False
