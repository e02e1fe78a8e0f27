"""One spelling for every package name, so that a file and an advisory mean the same one.

Rules: PEP 503 for PyPI; the registries' own for the others, https://google.github.io/osv.dev/data/#covered-ecosystems.
"""

from __future__ import annotations

import functools
import re

_RUNS = re.compile(r"[-_.]+")
_SCHEME = re.compile(r"\A[a-z+]+://")
_CASELESS = frozenset({"NuGet", "Packagist", "GitHub Actions", "Hex", "SwiftURL", "Pub"})


@functools.lru_cache(100_000)
def normal(ecosystem: str, name: str) -> str:
    """The spelling under which a package is looked up."""
    name = name.strip()
    if ecosystem == "PyPI":
        return _RUNS.sub("-", name).lower()
    if ecosystem == "SwiftURL":
        name = _SCHEME.sub("", name.lower()).removesuffix(".git")
    return name.lower() if ecosystem in _CASELESS else name
