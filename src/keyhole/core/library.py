"""Packages that a repository uses, and what is known about one of them that is affected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from keyhole.core.escaping import is_escaped


class Relation(StrEnum):
    """How a repository comes to a package."""

    DIRECT = "direct"
    """Its own files ask for it."""
    TRANSITIVE = "transitive"
    """Another package asks for it."""
    UNKNOWN = "unknown"
    """The file does not say."""


def how(relation: str, via: Sequence[str]) -> str:
    """How a package comes to the repository, in words; empty where its own files ask for it."""
    if via:
        return f"pulled in by {' > '.join(via)}"
    if relation == Relation.TRANSITIVE:
        return "pulled in by another package, and the file does not say which"
    return "the file does not say what asks for it" if relation == Relation.UNKNOWN else ""


@dataclass(frozen=True, slots=True)
class Library:
    """One package at one version, as one file names it."""

    purl: str
    """Package URL with the version, https://github.com/package-url/purl-spec; empty where there is no type for it."""
    ecosystem: str
    """OSV's name of where it comes from."""
    name: str
    version: str
    """As locked; empty if the file does not settle on one."""
    path: str
    """File that names it, escaped."""
    line: int
    """From 1."""
    relation: Relation = Relation.UNKNOWN
    dev: bool = False
    """Whether it is only needed for developing."""
    via: tuple[str, ...] = ()
    """Names of the packages that pull it in, from the direct one inwards, by one shortest path; empty if direct."""
    licences: tuple[str, ...] = ()
    """SPDX expressions or names, as the file gives them."""

    def __post_init__(self) -> None:
        texts = (self.purl, self.ecosystem, self.name, self.version, self.path, *self.via, *self.licences)
        if self.line < 1 or not all(map(is_escaped, texts)):
            raise ValueError("library holds unescaped text, or a line below 1")


@dataclass(frozen=True, slots=True)
class PackageFacts:
    """What a finding about a package knows of it."""

    purl: str
    """With the version; see `Library.purl`."""
    ecosystem: str
    name: str
    """In the ecosystem's normal form, so that equal packages have equal names."""
    version: str
    relation: Relation
    dev: bool
    via: tuple[str, ...]
    """See `Library.via`."""
    ids: tuple[str, ...]
    """Every id of the matter, aliases included, sorted."""
    fixed: str
    """The smallest version that ends it; empty if none is known."""
    epss: float = -1.0
    """Probability of exploitation within 30 days, 0 to 1, by EPSS; -1 if not known."""
    kev: bool = False
    """Whether CISA lists it among the vulnerabilities known to be exploited."""
    others: tuple[str, ...] = ()
    """Versions beside `version` that the finding is about, too."""

    def __post_init__(self) -> None:
        texts = (self.purl, self.ecosystem, self.name, self.version, self.fixed)
        if not all(map(is_escaped, (*texts, *self.via, *self.ids, *self.others))):
            raise ValueError("package holds unescaped text")

    @property
    def how(self) -> str:
        """How it comes to the repository, in words; empty where its own files ask for it."""
        return how(self.relation, self.via)
