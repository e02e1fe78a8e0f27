"""Gradle's lock files. Format: https://docs.gradle.org/current/userguide/dependency_locking.html."""

from __future__ import annotations

from keyhole.scanners.dependencies.package import Malformed, Package, Packages, text_of

NAMES = (
    "gradle.lockfile",
    "buildscript-gradle.lockfile",
    "gradle/dependency-locks/*.lockfile",
    "*/gradle/dependency-locks/*.lockfile",
)


def read(content: bytes) -> Packages:
    """One package a line; those that only tests use are for developing."""
    for number, line in enumerate(text_of(content).splitlines(), 1):
        plain, _, users = line.strip().partition("=")
        if not plain or plain.startswith("#") or plain == "empty":
            continue
        match plain.split(":"):
            case [group, artifact, version] if group and artifact and version:
                dev = bool(users) and all("test" in user.lower() for user in users.split(","))
                yield Package("Maven", f"{group}:{artifact}", version, number, dev)
            case _:
                raise Malformed(f"line {number} is not of the documented form")
