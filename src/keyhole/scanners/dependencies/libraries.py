"""Packages as the inventory of a repository keeps them."""

from __future__ import annotations

from keyhole.core.escaping import escape
from keyhole.core.library import Library
from keyhole.scanners.dependencies.package import Package, plain
from keyhole.scanners.dependencies.purl import written

_MOST_LICENCES = 20
_LONGEST = 200
"""Characters of a licence's name. What is longer is its text."""


def library(path: bytes, package: Package) -> Library:
    """What is kept of a package that the file at this path names."""
    return Library(
        purl=plain(package.purl) or written(package.ecosystem, package.name, package.version),
        ecosystem=plain(package.ecosystem),
        name=plain(package.name),
        version=plain(package.version),
        path=escape(path),
        line=package.line,
        relation=package.relation,
        dev=package.dev,
        via=tuple(map(plain, package.via)),
        licences=tuple(plain(each)[:_LONGEST] for each in package.licences[:_MOST_LICENCES]),
    )
