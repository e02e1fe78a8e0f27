"""Yarn's lock files: the first version's own form, and the later ones', which looks like YAML.

Formats: https://classic.yarnpkg.com/en/docs/yarn-lock/ and https://yarnpkg.com/configuration/manifest. The later ones
name the repository's own packages with what they ask for; what of that is for developing, only `package.json` says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from keyhole.scanners.dependencies.graph import standings
from keyhole.scanners.dependencies.manifests import Wanted, npm_wanted
from keyhole.scanners.dependencies.outline import unquoted
from keyhole.scanners.dependencies.package import (
    NONE,
    UNKNOWN,
    Malformed,
    Manifests,
    Package,
    Packages,
    is_archive,
    text_of,
)
from keyhole.scanners.lazily import pattern

NAMES = ("yarn.lock",)
MANIFESTS = ("package.json",)
_HEAD = pattern(r"((?:@[^/@]+/)?[^@/]+)@(.*)")
_SPECS = pattern(r'"([^"]*+)"|([^",\s][^",]*+)')
_VERSION = pattern(r'  version:? "?([^"\s]+)"?$')
_ASKED = pattern(r' {4}("(?:[^"]*+)"|[^\s":]++):?\s++(.+)')
_ALIAS = pattern(r"npm:((?:@[^/]+/)?[^@]+)@")
_LOCAL = ("workspace:", "file:", "link:", "portal:")
_REMOTE = pattern(
    r"(?:git|github|gitlab|bitbucket|gist|https?|ssh)(?:\+[a-z]+)?(?::|@)|[^@/:]+/[^@/:#]+(?:#|$)"
)
_PATHS = ("./", "../", "/", "~/")
_BEHIND = pattern(r"(?:::|#).*")
"""What the later versions write behind a path."""
_OWN = "workspace:"
_LONG = "? "
"""Before what an entry stands for where that has more than 1,024 characters; the colon is on the next line then."""
_ABOUT_ITSELF = "__metadata"
_Asked = tuple[str, str]
"""Name and range."""


@dataclass(eq=False, slots=True)
class _Entry:
    """One entry: the descriptors that it stands for, and what it was resolved to."""

    name: str
    wanted: str
    line: int
    version: str = ""
    asked: list[_Asked] = field(default_factory=list)

    @property
    def package(self) -> tuple[str, str]:
        """Name and version as they are told: those of all entries of one package, which may also be patched."""
        return self.name, "" if _REMOTE.match(self.wanted) else self.version


def read(content: bytes, manifests: Manifests = NONE) -> Packages:
    """Every entry with its version; those of git and of addresses come without one, as does what cannot be read.

    What is packed in a file of the repository has one; folders of the repository are no packages.
    """
    text = text_of(content)
    if "yarn lockfile" not in text[:400] and "__metadata" not in text[:1000]:
        raise Malformed("not a lock file of Yarn")
    entries, resolved = _entries(text)
    by_name: dict[str, set[tuple[str, str]]] = {}
    for entry in entries:
        by_name.setdefault(entry.name, set()).add(entry.package)

    def found(asked: Iterable[_Asked]) -> Iterator[tuple[str, str]]:
        for name, wanted in asked:
            entry = resolved.get(f"{name}@{wanted}") or resolved.get(f"{name}@npm:{wanted}")
            if entry is not None:
                yield entry.package
            elif len(only := by_name.get(name, ())) == 1:
                # Overridden by `resolutions`, it is locked under another range than the one asked for.
                yield from only

    asks: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for entry in entries:
        asks.setdefault(entry.package, []).extend(found(entry.asked))
    own = [entry for entry in entries if entry.wanted.startswith(_OWN)]
    direct, developing = _asked_for(own, npm_wanted(manifests))
    standing = standings(
        asks,
        lambda package: package[0],
        None if direct is None else found(direct),
        found(developing),
    )
    for entry in entries:
        if not _is_folder(entry.wanted.removeprefix("npm:")):
            known = standing.get(entry.package, UNKNOWN)
            yield Package(
                "npm", *entry.package, entry.line, known.dev, relation=known.relation, via=known.via
            )


def _is_folder(wanted: str) -> bool:
    return wanted.startswith((*_LOCAL, *_PATHS)) and not is_archive(_BEHIND.sub("", wanted))


def _asked_for(own: list[_Entry], wanted: Wanted | None) -> tuple[list[_Asked] | None, list[_Asked]]:
    if not own:
        if wanted is None:
            return None, []
        return wanted.every(developing=False), wanted.every(developing=True)
    asked = [each for entry in own for each in entry.asked]
    developing = set() if wanted is None else wanted.developing.keys() - wanted.direct.keys()
    return [each for each in asked if each[0] not in developing], [
        each for each in asked if each[0] in developing
    ]


def _entries(text: str) -> tuple[list[_Entry], dict[str, _Entry]]:
    entries: list[_Entry] = []
    resolved: dict[str, _Entry] = {}
    entry: _Entry | None = None
    block = long = ""
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith(_LONG):
            long = line.removeprefix(_LONG)
        elif line.endswith(":") and not line.startswith((" ", "#")):
            entry = _entry(line[:-1] or long, number, resolved)
            if entry is not None:
                entries.append(entry)
        elif entry is None or not line.startswith("  "):
            continue
        elif not line.startswith("   "):
            block = line.strip()
            if not entry.version and (version := _VERSION.match(line)):
                entry.version = version[1]
        elif block in {"dependencies:", "optionalDependencies:"} and (asked := _ASKED.fullmatch(line)):
            entry.asked.append((unquoted(asked[1]), unquoted(asked[2])))
    return entries, resolved


def _entry(head: str, line: int, resolved: dict[str, _Entry]) -> _Entry | None:
    if head == _ABOUT_ITSELF:
        return None
    # The later versions put all descriptors into one pair of quotes, the first one each into its own.
    specs = [each.strip() for quoted, plain in _SPECS.findall(head) for each in (quoted or plain).split(", ")]
    heads = [found for each in specs if (found := _HEAD.fullmatch(each))]
    if not heads:
        return _Entry(unquoted(head), "", line)
    # A package of the repository may be asked for as if it came from the registry, too.
    first = next((each for each in heads if each[2].startswith(_LOCAL)), heads[0])
    alias = _ALIAS.match(first[2])
    entry = _Entry(alias[1] if alias else first[1], first[2], line)
    for each in specs:
        resolved.setdefault(each, entry)
    return entry
