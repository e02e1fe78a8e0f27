"""Compares the packages of all lock files with the advisories, and says what could not be compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from keyhole.core.escaping import escape
from keyhole.core.finding import AdvisoriesOf
from keyhole.core.library import Relation
from keyhole.core.plural import counted
from keyhole.scanners.assessment import Assessment
from keyhole.scanners.dependencies.beside import Beside, is_installed
from keyhole.scanners.dependencies.formats import Reader, is_manifest, looking_around, manifests_of, reader_of
from keyhole.scanners.dependencies.index import KEV, Index, Unusable
from keyhole.scanners.dependencies.libraries import library
from keyhole.scanners.dependencies.match import Wanted, compared
from keyhole.scanners.dependencies.matters import Seen, issues
from keyhole.scanners.dependencies.package import Malformed, Package
from keyhole.scanners.dependencies.places import without_files
from keyhole.scanners.dependencies.settling import Settling, key
from keyhole.scanners.dependencies.unlocked import is_known, unlocked

MOST_PACKAGES = 100_000
"""Of all files together. The lock file of a large application names two thousand."""
LARGEST_FILE = 64 << 20
"""Bytes of a file. Taken apart it needs ten times as much memory, and the largest real ones have a sixth of this."""
_NAMED = 3
"""Names given as examples of many."""
_LONGEST_NAME = 1_000
"""Characters of a name. Cut shorter, half of a secret in one would not be known for what it is, and be shown."""
_FETCH = "keyhole advisories sync fetches them"


class Packages:
    """The scanner, made ready."""

    def __init__(self, advisories: Path | None) -> None:
        self._index: Index | None = None
        self._why = "there are no advisories yet"
        try:
            self._index = Index(advisories) if advisories is not None else None
        except Unusable as problem:
            self._why = str(problem)
        self._known = self._index.coverage() if self._index is not None else {}
        self._feeds = self._index.feeds() if self._index is not None else ()
        self._same: dict[bytes, list[bytes]] = {}
        self._astray: dict[str, list[bytes]] = {}

    def wants(self, path: bytes) -> bool:
        """Whether it is a file that names packages."""
        return reader_of(path) is not None or is_manifest(path) or is_known(path)

    def same(self, path: bytes, files: Sequence[bytes]) -> bool:
        """See `FollowsLinks`. Another name is another format, so a file of that is not the same."""
        alike = [each for each in files if reader_of(each) is reader_of(path)]
        if alike:
            self._same[path] = alike
        return bool(alike)

    def astray(self, path: bytes, where: str) -> None:
        """See `FollowsLinks`."""
        self._astray.setdefault(where, []).append(path)

    def assess(self, files: Iterable[tuple[bytes, bytes]]) -> Assessment:
        """Every package of every file."""
        found: list[Seen] = []
        gaps: list[str] = []
        count = 0
        seen = list(files)
        beside = Beside(seen)
        for path, content in seen:
            read = reader_of(path)
            if read is None:
                continue
            count += 1
            if len(content) > LARGEST_FILE:
                gaps.append(f"{escape(path)} was not assessed: it is larger than any such file")
                continue
            try:
                found += [(path, package) for package in _packages_in(path, content, read, beside)]
            except Malformed as problem:
                gaps.append(f"{escape(path)} was not assessed: {problem}")
            except Exception as problem:  # noqa: BLE001  # one bad file must not take the others with it
                gaps.append(f"{escape(path)} was not assessed: it cannot be read ({type(problem).__name__})")
            if len(found) > MOST_PACKAGES:
                del found[MOST_PACKAGES:]
                gaps.append(f"more than {MOST_PACKAGES:,} packages; the others were not assessed")
                break
        # Read under other names, and there under these all the same.
        found, unread = without_files(found, (*(path for path, _ in seen), *self._same))
        gaps += _left_out(unread, "file", "named by requirements")
        settling = Settling(seen, found, self._same, beside)
        there = [*seen, *((path, b"") for path in self._same)]
        gaps += _left_out(map(_shown, unlocked(there, settling)), "file", "that no lock file settles")
        for where, paths in self._astray.items():
            gaps += _left_out(map(_shown, paths), "link", where)
        found = _settled(found, settling)
        assessment = self._assessed(found, count, gaps)
        return assessment._replace(
            libraries=tuple(library(*seen) for seen in found),
            kev_at=next((feed.at for feed in self._feeds if feed.name == KEV), ""),
        )

    def _assessed(self, found: list[Seen], count: int, gaps: list[str]) -> Assessment:
        if not found:
            note = f"{counted(count, 'file')} that could name packages, and no package in them."
            return Assessment((), tuple(gaps), (note,), advisories_at=self._at(set()))
        if self._index is None:
            return Assessment((), (*gaps, f"{_packages(len(found))} not assessed: {self._why}; {_FETCH}"), ())
        index = self._index
        unknown: Counter[str] = Counter()
        loose: list[Package] = []
        places: dict[Wanted, list[Seen]] = {}
        for path, package in found:
            if package.ecosystem not in self._known:
                unknown[package.ecosystem] += 1
            elif package.version:
                places.setdefault((*key(package), package.version), []).append((path, package))
            else:
                loose.append(package)
        met = compared(index, places)
        strange = [package for each in met.loose for _, package in places[each]]
        gaps += [
            f"{_packages(number, f' of {name}')} not assessed: there are no advisories for {name}"
            for name, number in sorted(unknown.items())
        ]
        if loose:
            names = (package.name for package in loose)
            gaps.append(f"{_packages(len(loose), ' without one exact version')} not assessed: {_some(names)}")
        if strange:
            names = (f"{package.name} {package.version}" for package in strange)
            which = " at a version that not all advisories about it can be compared with"
            gaps.append(f"{_packages(len(strange), which)} not assessed: {_some(names)}")
        number = len(found) - len(loose) - len(strange) - sum(unknown.values())
        read = f"{counted(number, 'package')} of {counted(count, 'file')}"
        used = {ecosystem for ecosystem, _, _ in places}
        at = self._at(used)
        exploits = index.exploits(
            {one for each in met.matches.values() for match in each for one in match.matter.ids}
        )
        return Assessment(
            tuple(issues(met.matches, places, exploits)),
            tuple(gaps),
            (f"{read} compared with advisories of {at[:10]}.", *self._sources()),
            advisories_at=at,
            advisories=tuple(AdvisoriesOf(name, self._known[name].at) for name in sorted(used)),
        )

    def _at(self, ecosystems: set[str]) -> str:
        """When the oldest of these were synced; of all that there are if none is named."""
        return min(
            (known.at for name, known in self._known.items() if not ecosystems or name in ecosystems),
            default="",
        )

    def _sources(self) -> Iterator[str]:
        """The state of the database, for whoever wants to know it later."""
        held = [f"{name} {known.advisories:,} ({known.at[:10]})" for name, known in self._known.items()]
        yield f"Advisories: {', '.join(held)}."
        if self._feeds:
            yield (
                "Exploits: "
                + ", ".join(f"{feed.name} {feed.entries:,} ({feed.at[:10]})" for feed in self._feeds)
                + "."
            )


def _shown(path: bytes) -> str:
    return path.decode("utf-8", "replace")


def _left_out(names: Iterable[str], thing: str, which: str) -> list[str]:
    """The gap of files that are there, or should be, and are not read."""
    names = list(names)
    if not names:
        return []
    was = "was" if len(names) == 1 else "were"
    return [f"{counted(len(names), thing)} {which} {was} not assessed: {_some(names)}"]


def _settled(found: list[Seen], settling: Settling) -> list[Seen]:
    """Without what leaves its version to another file that has it, and without the repository's own packages."""
    kept: list[Seen] = []
    asked: dict[tuple[Reader | None, str, str], bool] = {}
    for path, package in found:
        if package.own:
            continue
        if package.version or not package.managed or not settling.settles(path, package):
            kept.append((path, package))
        elif package.relation is Relation.DIRECT:
            kind = (reader_of(path), *key(package))
            asked[kind] = package.dev and asked.get(kind, True)
    return [
        (path, _asked_for(package, asked.get((reader_of(path), *key(package))))) for path, package in kept
    ]


def _asked_for(package: Package, dev: bool | None) -> Package:
    """With what other files of its kind say: one may have the version alone, and others ask for it without."""
    if dev is None or package.relation is not Relation.UNKNOWN:
        return package
    return package._replace(relation=Relation.DIRECT, dev=package.dev or dev)


def _packages(number: int, which: str = "") -> str:
    return f"{counted(number, 'package')}{which} {'was' if number == 1 else 'were'}"


def _packages_in(path: bytes, content: bytes, read: Reader, beside: Beside) -> list[Package]:
    if read in manifests_of():
        return list(read(content, beside.of(path, read)))
    if read in looking_around():
        return list(read(content, beside.around(path)))
    return list(_of_others(read(content)) if is_installed(path) else read(content))


def _of_others(found: Iterable[Package]) -> Iterator[Package]:
    """What an installed package asks for. It is not the repository's own, and what developing it needs is nowhere."""
    for package in found:
        if not package.own and not package.dev:
            yield package._replace(relation=Relation.TRANSITIVE)


def _some(names: Iterable[str]) -> str:
    shown = sorted({escape(name.encode("utf-8", "replace"))[:_LONGEST_NAME] for name in names})
    more = f" and {len(shown) - _NAMED} more" if len(shown) > _NAMED else ""
    return ", ".join(shown[:_NAMED]) + more
