"""Addresses in answers, not shared with Keyhole's own API, so that neither hides a mistake of the other."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses of one sandbox."""

    base: str
    """Scheme, host and port, without a slash at the end."""

    @property
    def api(self) -> str:
        """Where the API starts."""
        return f"{self.base}/api/v3"

    def repository(self, full_name: str) -> RepositoryLinks:
        """Addresses of one repository."""
        return RepositoryLinks(f"{self.api}/repos/{full_name}", f"{self.base}/{full_name}")


@dataclass(frozen=True, slots=True)
class RepositoryLinks:
    """Addresses of one repository."""

    api: str
    html: str

    def commit(self, oid: str) -> str:
        """A commit with its files."""
        return f"{self.api}/commits/{oid}"

    def git(self, kind: str, oid: str) -> str:
        """A git object; `kind` is `commit`, `tree`, `blob` or `tag`."""
        return f"{self.api}/git/{kind}s/{oid}"

    def contents(self, path: str, ref: str) -> str:
        """A file or folder at a ref."""
        return f"{self.api}/contents/{spelled(path)}?ref={quote(ref, safe='')}"

    def page(self, kind: str, ref: str, path: str = "") -> str:
        """A page for people: `blob`, `tree`, `commit` or `raw`."""
        return f"{self.html}/{kind}/{spelled(ref)}" + (f"/{spelled(path)}" if path else "")


def spelled(path: str) -> str:
    """A path in an address; slashes stay."""
    return quote(path.encode("utf-8", "surrogateescape"), safe="/")


def node_id(kind: str, key: object) -> str:
    """A global id in GitHub's first form: base64 of `010:Repository123`."""
    return base64.b64encode(f"0{len(kind)}:{kind}{key}".encode()).decode("ascii")
