"""Names of packages in manifests that are looked through and not read, by what they usually look like.

Only what surely asks for a package counts. What does so without a name that can be told is SOMETHING.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from keyhole.scanners.dependencies.documents import toml_in
from keyhole.scanners.dependencies.formats.swift_resolved import plain_address
from keyhole.scanners.dependencies.outline import entries
from keyhole.scanners.dependencies.package import Malformed, text_of
from keyhole.scanners.dependencies.scripted import gradle_asked, swift_asked
from keyhole.scanners.lazily import pattern

SOMETHING = ""
"""Stands for a package without a name, which no other file can have."""
_COMMENT = pattern(r"(?m)(?:^|\s)#.*$")
_NAME = pattern(r"\s*+([A-Za-z0-9][A-Za-z0-9._-]*+)")


def something(_content: bytes) -> set[str]:
    """Of what cannot be looked into."""
    return {SOMETHING}


_GEM = pattern(r"""\s*gem[\s(]+["']([^"']+)["'](.*)""")
_GEM_PATH = pattern(r"""\bpath:|:path\s*=>""")
_GEMSPEC = pattern(r"\s*gemspec\b")


def by_bundler(content: bytes) -> set[str]:
    """Gems of a `Gemfile`, but for those of folders; what `gemspec` stands for is in another program."""
    names = set()
    for line in text_of(content).splitlines():
        plain = line.partition("#")[0]
        if (gem := _GEM.match(plain)) and not _GEM_PATH.search(gem[2]):
            names.add(gem[1])
        elif _GEMSPEC.match(plain):
            names.add(SOMETHING)
    return names


_MIX = pattern(r"""\{\s*+:(\w++)\s*+,\s*+(?:"\s*+(?:[<>=~!]++\s*+)?[0-9]|(?:git|github|hex)\s*+:)""")


def by_mix(content: bytes) -> set[str]:
    """Packages of a `mix.exs`, but for those of folders and of the same umbrella."""
    return {match[1] for match in _MIX.finditer(_COMMENT.sub("", text_of(content)))}


def by_gradle(content: bytes) -> set[str]:
    """Modules that a build of Gradle names in one piece; a catalog that it uses is read by itself."""
    return gradle_asked({"build.gradle": [content]}).names


def by_swift(content: bytes) -> set[str]:
    """Addresses in a `Package.swift`, as a lock file's reader calls them."""
    return {plain_address(each) for each in swift_asked({"Package.swift": [content]}).names}


_PUB_KINDS = frozenset({"dependencies", "dev_dependencies"})
_PUB_OWN = frozenset({"sdk", "path"})


def by_pub(content: bytes) -> set[str]:
    """Packages of a `pubspec.yaml`, but for those of folders and of the SDK."""
    names: set[str] = set()
    own: set[str] = set()
    for _, keys, _ in entries(content):
        if len(keys) >= 2 and keys[0] in _PUB_KINDS:
            names.add(keys[1])
            if len(keys) == 3 and keys[2] in _PUB_OWN:
                own.add(keys[1])
    return names - own


_LIST = pattern(r"\binstall_requires\s*+=\s*+\[")
_LISTED = pattern(r"""((?:[^\]"']|"[^"\n]*+"|'[^'\n]*+')*+)\]""")
_QUOTED = pattern(r"""["']\s*+([A-Za-z0-9][A-Za-z0-9._-]*+)[^"'\n]*+["']""")


def by_setup(content: bytes) -> set[str]:
    """Packages of a `setup.py`; SOMETHING where their list is put together while it runs."""
    text = _COMMENT.sub("", text_of(content))
    if "install_requires" not in text:
        return set()
    begin = _LIST.search(text)
    listed = _LISTED.match(text, begin.end()) if begin else None
    return {match[1] for match in _QUOTED.finditer(listed[1])} if listed else {SOMETHING}


_SETTING = pattern(r"(?m)^install_requires[ \t]*[=:][ \t]*(.*(?:\n(?:[ \t]+.*|[ \t]*(?:#.*)?(?=\n)))*)")


def by_setup_settings(content: bytes) -> set[str]:
    """Packages of a `setup.cfg`; SOMETHING where it names a file that has them."""
    written = _SETTING.search(text_of(content))
    if written is None:
        return set()
    if written[1].lstrip().startswith("file:"):
        return {SOMETHING}
    return {match[1] for line in written[1].splitlines() if (match := _NAME.match(line))}


_LEFT_TO_FILES = (
    ("setuptools", "dynamic", "dependencies", "file"),
    ("hatch", "metadata", "hooks", "requirements_txt"),
)


def by_project(content: bytes) -> set[str]:
    """SOMETHING where a `pyproject.toml` leaves what it asks for to other files; what else it has is read of it."""
    try:
        document = toml_in(content)
    except Malformed:
        return set()  # which is told of it anyway
    dynamic = _at(document, "project", "dynamic")
    if not isinstance(dynamic, list) or "dependencies" not in dynamic:
        return set()
    named = any(_at(document, "tool", *keys) for keys in _LEFT_TO_FILES)
    return {SOMETHING} if named else set()


def _at(found: Any, *keys: str) -> Any:
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found


_ITEM = pattern(r"\s*-\s+[\"']?([^\s\"']+).*")
_NO_PACKAGE = pattern(r"(?:python|pip)(?:[<>=!~ ].*)?:?|-.*|\..*")


def by_conda(content: bytes) -> set[str]:
    """SOMETHING if an environment of conda has more than the interpreter and what other files name."""
    return {SOMETHING for item in _items(content) if not _NO_PACKAGE.fullmatch(item)}


def _items(content: bytes) -> Iterator[str]:
    """What stands in the list of dependencies, whether for conda or for pip."""
    listed = False
    for line in text_of(content).splitlines():
        if line[:1].strip() and line[:1] not in "-#":
            listed = line.startswith("dependencies:")
        elif listed and (item := _ITEM.fullmatch(line)):
            yield item[1]
