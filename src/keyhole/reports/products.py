"""Repositories as products: what documents for other programs call one, and which one such a document means.

Specification: https://github.com/package-url/purl-spec. A repository on GitHub is `pkg:github/OWNER/REPO`, with the
address as `repository_url` where it lies on another one than github.com; a folder's is `pkg:generic/OWNER/REPO`.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from keyhole.core.caller import Caller
from keyhole.core.errors import NotFound
from keyhole.providers.github.instance import GITHUB_COM
from keyhole.reports.dataset import product_named
from keyhole.repositories import services as repositories
from keyhole.repositories.models import Repository

_PURL = re.compile(
    r"pkg:/{0,2}(github|generic)/([^/?#@]+)/([^/?#@]+)(?:@([^?#]+))?(?:\?([^#]*))?", re.IGNORECASE
)
_ADDRESS = re.compile(r"(https?://[^/?#]+)/([^/?#@]+)/([^/?#@]+)")
_ELSEWHERE = "repository_url="


def product_of(repository: Repository) -> str:
    """The repository as a package URL, at no version: what was decided about it holds for all of them."""
    if repository.is_served:
        return product_named(repository.full_name)
    name = quote(repository.full_name.lower(), safe="/")
    web = _web(repository)
    return f"pkg:github/{name}" + ("" if web == GITHUB_COM.web else f"?{_ELSEWHERE}{quote(web, safe=':')}")


def meant(caller: Caller, product: str) -> tuple[Repository, str] | None:
    """The repository that a product is, and the version of it; None if it is none that is connected here.

    By a former name, too: whoever said something of it may not know yet that it was renamed.
    """
    if address := _ADDRESS.fullmatch(product.rstrip("/").removesuffix(".git")):
        kind, web, owner, name, version = "github", address[1], address[2], address[3], ""
    elif found := _PURL.fullmatch(product):
        kind, owner, name, version = found[1].lower(), found[2], found[3], found[4] or ""
        web = _told(found[5] or "")
    else:
        return None
    try:
        row = repositories.by_any_name(caller, f"{unquote(owner)}/{unquote(name)}")
    except NotFound:
        return None
    there = "" if row.is_served else _web(row)
    expected = web or GITHUB_COM.web if kind == "github" else web
    return (row, unquote(version)) if expected.lower() == there.lower() else None


def _told(qualifiers: str) -> str:
    """The address in a package URL's qualifiers; others say what no repository here is told apart by."""
    if not qualifiers:
        return ""
    address = unquote(qualifiers.removeprefix(_ELSEWHERE)) if qualifiers.startswith(_ELSEWHERE) else "?"
    return address if "://" in address or address == "?" else f"https://{address}"


def _web(repository: Repository) -> str:
    return repository.marker.partition("#")[0]
