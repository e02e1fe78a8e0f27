"""From the addresses in a SARIF file to paths inside the repository."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from keyhole.scans.sarif_nodes import Node

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_DRIVE = re.compile(rb"[A-Za-z][:|]")
_MOST_BASES = 100
_LONGEST = 4096
"""Characters of a base, and bytes of a path."""
_DEEPEST = 20
"""Artifacts in artifacts: an archive in an archive, say."""
NOWHERE = b"."
"""The path of a result that names no file: the repository as a whole."""


class _Root(NamedTuple):
    """The address of a folder."""

    scheme: str
    pieces: tuple[bytes, ...]


class Places:
    """Knows the bases that addresses of one run are relative to, and the artifacts that places may name by number."""

    def __init__(self, run: Node, root: str = "") -> None:
        """`root` is the folder that the tool ran in, as it would write it; empty if nobody said."""
        self._run = run
        self._said = _said(root)
        bases = run.child("originalUriBaseIds").value
        if len(bases) > _MOST_BASES:
            raise run.wrong("originalUriBaseIds", f"has more than {_MOST_BASES} entries")
        self._bases = {
            name: Node(base, f"{run.where}.originalUriBaseIds.{name}")
            for name, base in bases.items()
            if isinstance(base, dict)
        }
        self._tops: dict[str, _Root | None] = {}
        self._before_of: dict[str, str] = {}
        self._roots_of: dict[str, list[_Root]] = {}

    def path(self, location: Node) -> bytes:
        """The path of an artifactLocation. Malformed, naming the place, if it is not inside the repository."""
        artifact = self._run.entry("artifacts", location.number("index", -1))
        if location.value.get("uri") is None:
            return self._by_number(artifact, location)
        if artifact is None or artifact.child("location").value.get("uri") != location.value["uri"]:
            return self._by_address(location, location.text("uriBaseId", ""))
        if artifact.number("parentIndex", -1) >= 0:
            return self._of_artifact(artifact)
        base = location.text("uriBaseId", "") or artifact.child("location").text("uriBaseId", "")
        return self._by_address(location, base)

    def _by_number(self, artifact: Node | None, location: Node) -> bytes:
        if artifact is not None:
            return self._of_artifact(artifact)
        if location.number("index", -1) == -1:
            return NOWHERE
        raise location.wrong(
            "index",
            "is no entry of the run's artifacts",
            hint="Have the tool write its artifacts into the same file. Nothing was imported.",
        )

    def _of_artifact(self, artifact: Node) -> bytes:
        """The path of an artifact; of one inside another, below the path of that."""
        inner: list[str] = []
        for _ in range(_DEEPEST):
            location, parent = artifact.child("location"), artifact.number("parentIndex", -1)
            if parent == -1:
                if location.value.get("uri") is None:
                    return _inside("/".join(inner), artifact)
                outer = self._by_address(location, location.text("uriBaseId", ""))
                return _inside("/".join(inner), artifact, below=outer)
            # What is inside has a path from the root of what it is in, or none.
            inner.insert(0, _slashed(location.text("uri", "")))
            within = self._run.entry("artifacts", parent)
            if within is None:
                raise artifact.wrong("parentIndex", "is no entry of the run's artifacts")
            artifact = within
        raise artifact.wrong("parentIndex", "leads in a circle, or too deep")

    def _by_address(self, location: Node, base: str) -> bytes:
        uri = _slashed(location.text("uri"))
        base = base if base in self._bases else ""
        if not _is_absolute(uri):
            return _inside(self._before(base) + uri, location)
        if base not in self._roots_of:
            self._roots_of[base] = self._roots(base)
        rest = _below(uri, self._roots_of[base])
        if rest is not None:
            return _inside(rest, location)
        raise location.wrong(
            "uri",
            "is an absolute address, and neither a base in originalUriBaseIds nor the root that was given holds it",
            hint="Say which folder the tool ran in: --root FOLDER, or root= in the API. Nothing was imported.",
        )

    def _before(self, base: str) -> str:
        """What stands before an address that is relative to a base; nothing if that is the repository's root."""
        if base not in self._before_of:
            told = self._resolved(base)
            if _is_absolute(told):
                told = _below(told, self._roots(base)) or ""
            self._before_of[base] = told if not told or told.endswith("/") else f"{told}/"
        return self._before_of[base]

    def _roots(self, base: str) -> list[_Root]:
        """Addresses that may be the root of the repository, the likeliest first: what was said, the root of the
        sources, then the base that is named or all of them, the longest first.
        """
        if not self._tops:
            self._tops = {name: self._top(name) for name in self._bases}
        sources = [top for name, top in self._tops.items() if name.strip("%").upper() == "SRCROOT" and top]
        named = [self._tops[base]] if base else list(self._tops.values())
        longest = sorted(filter(None, named), key=lambda root: len(root.pieces), reverse=True)
        return list(dict.fromkeys([*self._said, *sources, *longest]))

    def _top(self, name: str) -> _Root | None:
        """The absolute address that a base is, or is relative to; None if the file does not tell one."""
        uris = [_base_uri(each) for each in self._chain(name)]
        return _address(uris[-1]) if uris and _is_absolute(uris[-1]) else None

    def _resolved(self, name: str) -> str:
        parts: list[str] = []
        chain = self._chain(name)
        for each in chain:
            uri = _base_uri(each)
            parts.insert(0, uri if not uri or uri.endswith("/") else f"{uri}/")
            if each is chain[-1] and not _is_absolute(uri) and each.text("uriBaseId", "") in self._bases:
                raise each.wrong("uriBaseId", "leads in a circle")
        told = "".join(parts)
        if len(told) > _LONGEST:
            raise self._run.wrong(f"originalUriBaseIds.{name}", "cannot be the path of a folder")
        return told

    def _chain(self, name: str) -> list[Node]:
        """A base, what it is relative to, and so on; each once."""
        met: dict[str, Node] = {}
        while name in self._bases and name not in met:
            met[name] = self._bases[name]
            name = "" if _is_absolute(_base_uri(met[name])) else met[name].text("uriBaseId", "")
        return list(met.values())


def _said(root: str) -> list[_Root]:
    plain = root.replace("\\", "/").rstrip("/")
    if not plain:
        return []
    if _SCHEME.match(plain) and not _DRIVE.match(plain.encode()):
        return [_address(plain)]
    return [_Root("file", _pieces(plain.split("/"), decoded=False))]


def _base_uri(base: Node) -> str:
    """The address of a base; the standard's own example begins with a blank."""
    return _slashed(base.text("uri", "").strip())


def _slashed(uri: str) -> str:
    """An address has no backslashes; where one is written, it is a path of Windows."""
    return uri.replace("\\", "/")


def _is_absolute(uri: str) -> bool:
    return uri.startswith("/") or _SCHEME.match(uri) is not None


def _split(uri: str) -> tuple[str, str]:
    """Scheme and the rest of an absolute address; paths, of Windows too, are addresses of files."""
    scheme = _SCHEME.match(uri)
    if scheme is None or len(scheme[1]) == 1:
        return "file", uri
    rest = uri[scheme.end() :]
    if scheme[1].lower() == "file" and rest.startswith("//localhost/"):
        rest = rest.removeprefix("//localhost")
    return scheme[1].lower(), rest


def _address(uri: str) -> _Root:
    scheme, rest = _split(uri)
    return _Root(scheme, _pieces(rest.split("/"), decoded=True))


def _pieces(raw: list[str], *, decoded: bool) -> tuple[bytes, ...]:
    told = [_decoded(each) if decoded else _plain(each) for each in raw]
    return tuple(each for each in told if each not in {b"", b"."})


def _decoded(piece: str) -> bytes:
    return _of_drive(unquote_to_bytes(piece.encode("utf-8", "replace")))


def _plain(piece: str) -> bytes:
    return _of_drive(piece.encode("utf-8", "replace"))


def _of_drive(piece: bytes) -> bytes:
    """Letters of drives are written in either case."""
    return piece.lower() if len(piece) == 2 and _DRIVE.match(piece) else piece


def _below(uri: str, roots: list[_Root]) -> str | None:
    """What is left of an address below the first root that holds it, as it is written; None if none does."""
    scheme, rest = _split(uri)
    raw = [each for each in rest.split("/") if _decoded(each) not in {b"", b"."}]
    # Not every tool encodes what it writes.
    ways = [tuple(map(_decoded, raw)), tuple(map(_plain, raw))]
    for root in roots:
        length = len(root.pieces)
        if scheme == root.scheme and any(way[:length] == root.pieces for way in ways):
            return "/".join(raw[length:])
    return None


def _inside(uri: str, location: Node, below: bytes = b"") -> bytes:
    folder, slash, last = uri.rpartition("/")
    # Not every tool encodes what it writes: before a slash, such a sign is part of a name, such as C#.
    raw = unquote_to_bytes(folder + slash + re.split(r"[?#]", last, maxsplit=1)[0])
    pieces: list[bytes] = []
    for piece in raw.split(b"/"):
        if piece == b"..":
            if not pieces:
                raise location.wrong("uri", "leads out of the repository")
            pieces.pop()
        elif piece not in {b"", b"."}:
            pieces.append(piece)
    if b"\0" in raw or len(raw) > _LONGEST:
        raise location.wrong("uri", "cannot be the path of a file")
    return b"/".join([below, *pieces] if below and below != NOWHERE else pieces) or NOWHERE
