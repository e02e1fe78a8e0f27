"""Folders of the repository whose packages a lock file locks besides those of its own folder, as it lists them.

Each tool writes down which folders its lock file is for, or reads them from the manifest beside it: workspaces, and
folders that are asked for by their path. A folder that is not listed has to have a lock file of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from types import MappingProxyType

from keyhole.scanners.dependencies.documents import as_object, json_in, word, words
from keyhole.scanners.dependencies.formats import (
    Reader,
    bun_lock,
    composer_lock,
    gemfile_lock,
    mix_lock,
    npm_lock,
    pipfile_lock,
    pnpm_lock,
    pubspec_lock,
    python_lock,
    requirements,
    yarn_lock,
)
from keyhole.scanners.dependencies.package import Around, Malformed, text_of
from keyhole.scanners.lazily import pattern

_FILE = "file:"
_MOST_GLOBS = 200
"""Patterns of folders in one manifest; each is compared with every other manifest."""
_DEEPEST = 50


def listed(read: Reader, content: bytes, around: Around) -> frozenset[str]:
    """Paths from the folder of the lock file, and patterns of such; nothing if it lists none or cannot be read."""
    lists = _lists().get(read)
    try:
        return frozenset(lists(content, around)) if lists is not None else frozenset()
    except Malformed:
        return frozenset()


def is_glob(place: str) -> bool:
    """Whether it stands for more than one folder."""
    return "*" in place


def stands_for(glob: str, folder: str) -> bool:
    """Whether a folder is one of those that a pattern of npm or Yarn stands for; both from the same one."""
    parts, names = glob.split("/"), folder.split("/")
    if len(parts) > _DEEPEST or len(names) > _DEEPEST:
        return False

    @cache
    def rest(part: int, name: int) -> bool:
        if part == len(parts):
            return name == len(names)
        if parts[part] == "**":
            return rest(part + 1, name) or (name < len(names) and rest(part, name + 1))
        return name < len(names) and fnmatchcase(names[name], parts[part]) and rest(part + 1, name + 1)

    return rest(0, 0)


def _by_npm(content: bytes, _around: Around) -> Iterator[str]:
    document = json_in(content)
    yield from (place for place in words(document.get("packages")) if place and "node_modules/" not in place)
    for told in as_object(document.get("dependencies", {})).values():
        version = word(as_object(told).get("version"))
        if version.startswith(_FILE):
            yield version.removeprefix(_FILE)


_IMPORTER = pattern(r" {2}(?:'([^']+)'|\"([^\"]+)\"|([^\s'\"#][^:]*))\s*:(?:\s.*)?")
_PACKED = pattern(r"(?m)^ {2}'?(?:[^\s':]+@)?file:([^:('\s]+)")


def _by_pnpm(content: bytes, _around: Around) -> Iterator[str]:
    text = text_of(content)
    inside = False
    for line in text.splitlines():
        if line and not line.startswith(" "):
            inside = line.startswith("importers:")
        elif inside and (found := _IMPORTER.fullmatch(line)):
            yield found[1] or found[2] or found[3]
    yield from (found[1] for found in _PACKED.finditer(text))


_PLACED = pattern(r"@(?:workspace|portal|link|file):([^\"',:#\s]+)")


def _by_yarn(content: bytes, around: Around) -> Iterator[str]:
    text = text_of(content)
    yield from (found[1] for found in _PLACED.finditer(text) if not is_glob(found[1]))
    if "__metadata" not in text[:1000] and (manifest := around("package.json")) is not None:
        told = json_in(manifest).get("workspaces")  # the first version's lock file names none
        yield from _patterns(told.get("packages") if isinstance(told, dict) else told)


def _by_bun(content: bytes, _around: Around) -> Iterator[str]:
    yield from words(bun_lock.document_of(content).get("workspaces"))


_BY_PATH = pattern(r"\b(?:editable|virtual|directory|path|url|file)\"?\s*[=:]\s*\"([^\"\n]+)\"")


def _by_path(content: bytes, _around: Around) -> Iterator[str]:
    """As all tools of Python and Composer name a folder, and other things besides, which are no folders."""
    yield from (found[1].replace("\\/", "/") for found in _BY_PATH.finditer(text_of(content)))


_REQUIRED = pattern(
    r"(?m)^(?:-e[ \t]*|--editable[= \t][ \t]*)?(?:[\w.-]+[ \t]*@[ \t]*)?(?:file:)?(\.{1,2}/[^\s\[;#]*|\.)"
)


_MEMBER_OF_UV = pattern(r"(?m)^source = \{ (?:editable|virtual) = \"([^\"\n]+)\" \}")


def members(content: bytes) -> frozenset[str]:
    """Folders of a workspace of uv, from that of the lock file: it locks all that they ask for, extras too, which no
    tool does for what is only asked for by its path.
    """
    try:
        return frozenset(_MEMBER_OF_UV.findall(text_of(content)))
    except Malformed:
        return frozenset()


def _by_requirements(content: bytes, _around: Around) -> Iterator[str]:
    yield from (found[1] for found in _REQUIRED.finditer(text_of(content)))


_REMOTE = pattern(r"(?m)^ {2}remote: (\S.*)$")


def _by_bundler(content: bytes, _around: Around) -> Iterator[str]:
    yield from (found[1] for found in _REMOTE.finditer(text_of(content)))


_APPS = pattern(r"""\bapps_path:\s*"([^"\n]+)\"""")


def _by_mix(_content: bytes, around: Around) -> Iterator[str]:
    """An umbrella has one lock file for all of its applications."""
    if found := _APPS.search(text_of(around("mix.exs") or b"")):
        yield f"{found[1]}/*"


_MEMBERS = pattern(r"(?m)^workspace:[ \t]*((?:\n[ \t]*(?:-.*|#.*)?)+)")
_MEMBER = pattern(r"-\s*[\"']?([^\s\"'#]+)")
_PUB_PATH = pattern(r"(?m)^\s+path: \"?([^\s\"]+)")


def _by_pub(content: bytes, around: Around) -> Iterator[str]:
    yield from (found[1] for found in _PUB_PATH.finditer(text_of(content)))
    if found := _MEMBERS.search(text_of(around("pubspec.yaml") or b"")):
        yield from _patterns(_MEMBER.findall(found[1]))


def _patterns(found: object) -> list[str]:
    """What begins with `!` is left in: it leaves out folders whose packages the lock file may have all the same."""
    return words(found)[:_MOST_GLOBS] if isinstance(found, list) else []


@cache
def _lists() -> Mapping[Reader, Callable[[bytes, Around], Iterator[str]]]:
    return MappingProxyType(
        {
            npm_lock.read: _by_npm,
            pnpm_lock.read: _by_pnpm,
            yarn_lock.read: _by_yarn,
            bun_lock.read: _by_bun,
            python_lock.read: _by_path,
            pipfile_lock.read: _by_path,
            composer_lock.read: _by_path,
            requirements.read: _by_requirements,
            gemfile_lock.read: _by_bundler,
            mix_lock.read: _by_mix,
            pubspec_lock.read: _by_pub,
        }
    )
