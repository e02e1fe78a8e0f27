"""Gradle's lock files. Format: https://docs.gradle.org/current/userguide/dependency_locking.html.

They name the configurations that use a module, and neither who asks for it nor for whom. What `build.gradle` names is
direct; of the rest nothing is known, since plugins ask for modules too.
"""

from __future__ import annotations

from keyhole.core.library import Relation
from keyhole.scanners.dependencies.package import NONE, Malformed, Manifests, Package, Packages, text_of
from keyhole.scanners.dependencies.scripted import gradle_asked
from keyhole.scanners.lazily import pattern

NAMES = (
    "gradle.lockfile",
    "buildscript-gradle.lockfile",
    "gradle/dependency-locks/*.lockfile",
    "*/gradle/dependency-locks/*.lockfile",
)
MANIFESTS = ("build.gradle", "build.gradle.kts")
_TEST = pattern(r"(?:\A[tT]|T)est(?![a-z])")
"""In the name of a configuration, which is written in camel case: `latestRuntime` has none."""


def read(content: bytes, manifests: Manifests = NONE) -> Packages:
    """One package a line; those that only tests use are for developing."""
    asked = gradle_asked(manifests).names
    for number, line in enumerate(text_of(content).splitlines(), 1):
        plain, _, users = line.strip().partition("=")
        if not plain or plain.startswith("#") or plain == "empty":
            continue
        match plain.split(":"):
            case [group, artifact, version] if group and artifact and version:
                dev = bool(users) and all(_TEST.search(user) for user in users.split(","))
                name = f"{group}:{artifact}"
                relation = Relation.DIRECT if name in asked else Relation.UNKNOWN
                yield Package("Maven", name, version, number, dev, relation=relation)
            case _:
                raise Malformed(f"line {number} is not of the documented form")
