"""From the addresses in a SARIF file to paths inside the repository."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote_to_bytes

from keyhole.scans.sarif_nodes import Node

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_DEEPEST_BASE = 10
_MOST_BASES = 100
NOWHERE = b"."
"""The path of a result that names no file: the repository as a whole."""


class Places:
    """Knows the bases that addresses of one run are relative to."""

    def __init__(self, run: Node, root: str = "") -> None:
        """`root` is the folder that the tool ran in, as it would write it; empty if nobody said."""
        plain = root.replace("\\", "/").rstrip("/")
        absolute = plain if plain.startswith("/") else f"/{plain}"
        self._said = [f"{plain}/", f"file://{absolute}/", f"file://{quote(absolute)}/"] if plain else []
        self._roots_of: dict[str, list[str]] = {}
        bases = run.child("originalUriBaseIds").value
        if len(bases) > _MOST_BASES:
            raise run.wrong("originalUriBaseIds", f"has more than {_MOST_BASES} entries")
        self._bases = {
            name: Node(base, f"{run.where}.originalUriBaseIds.{name}")
            for name, base in bases.items()
            if isinstance(base, dict)
        }

    def path(self, location: Node) -> bytes:
        """The path of an artifactLocation. Malformed, naming the place, if it is not inside the repository."""
        uri = location.text("uri")
        base = location.text("uriBaseId", "")
        if not _SCHEME.match(uri) and not uri.startswith("/"):
            return self._inside(uri, location)
        if base not in self._roots_of:
            self._roots_of[base] = self._roots(base)
        for root in self._roots_of[base]:
            if uri.startswith(root):
                return self._inside(uri[len(root) :], location)
        raise location.wrong(
            "uri",
            "is an absolute address, and neither a base in originalUriBaseIds nor the root that was given holds it",
            hint="Say which folder the tool ran in: --root FOLDER, or root= in the API. Nothing was imported.",
        )

    def _roots(self, preferred: str) -> list[str]:
        """Addresses that may be the root of the repository, the longest first."""
        named = [self._resolved(name) for name in ([preferred] if preferred in self._bases else self._bases)]
        return sorted((root for root in [*named, *self._said] if root), key=len, reverse=True)

    def _resolved(self, name: str) -> str:
        parts: list[str] = []
        for _ in range(_DEEPEST_BASE):
            base = self._bases.get(name)
            if base is None:
                break
            parts.insert(0, base.text("uri", ""))
            name = base.text("uriBaseId", "")
            if not name:
                break
        root = "".join(parts)
        return root if not root or root.endswith("/") else f"{root}/"

    def _inside(self, uri: str, location: Node) -> bytes:
        raw = unquote_to_bytes(re.split(r"[?#]", uri, maxsplit=1)[0])
        pieces: list[bytes] = []
        for piece in raw.split(b"/"):
            if piece == b"..":
                if not pieces:
                    raise location.wrong("uri", "leads out of the repository")
                pieces.pop()
            elif piece not in {b"", b"."}:
                pieces.append(piece)
        if b"\0" in raw or len(raw) > 4096:
            raise location.wrong("uri", "cannot be the path of a file")
        return b"/".join(pieces) or NOWHERE
