"""Pipenv's lock file. Format: https://pipenv.pypa.io/en/latest/pipfile.html; `Pipfile` says what is direct."""

from __future__ import annotations

from keyhole.core.library import Relation
from keyhole.scanners.dependencies.documents import as_object, json_in, word
from keyhole.scanners.dependencies.manifests import pipfile_wanted
from keyhole.scanners.dependencies.names import normal
from keyhole.scanners.dependencies.package import (
    NONE,
    Lines,
    Manifests,
    Package,
    Packages,
    is_archive,
    leaves,
)

NAMES = ("Pipfile.lock",)
MANIFESTS = ("Pipfile",)
_ABOUT_ITSELF = "_meta"


def read(content: bytes, manifests: Manifests = NONE) -> Packages:
    """The packages of all groups; what pulls in which is not in the file. Folders of the repository are none."""
    document = json_in(content)
    wanted = pipfile_wanted(manifests)
    needed = as_object(document.get("default", {}))
    for group in document:
        if group == _ABOUT_ITSELF:
            continue
        lines = Lines(content)
        lines.of(f'"{group}"')
        for name, entry in as_object(document[group]).items():
            place = word(as_object(entry).get("path"))
            folder = "" if is_archive(place) else place
            line = lines.of(f'"{name}"')
            if folder and not leaves(folder):
                continue
            version = word(as_object(entry).get("version")).removeprefix("==")
            relation = Relation.UNKNOWN
            if wanted is not None:
                asked = normal("PyPI", name) in (wanted.direct | wanted.developing)
                relation = Relation.DIRECT if asked else Relation.TRANSITIVE
            yield Package("PyPI", name, version, line, name not in needed, relation=relation, folder=folder)
