"""The files that say which packages a repository uses, one module for each kind.

A module offers `NAMES`, patterns of file names, and `read(content)`, which gives the packages or raises Malformed. What
it is given may be anything: it reads, and neither runs nor fetches. Modules are found by walking this package.
"""

from __future__ import annotations

import functools
import pkgutil
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from importlib import import_module
from types import MappingProxyType

from keyhole.scanners.dependencies.package import Packages

Reader = Callable[[bytes], Packages]


@functools.cache
def readers() -> Mapping[str, Reader]:
    """Pattern of a file name -> what reads such files."""
    found: dict[str, Reader] = {}
    for module_info in pkgutil.iter_modules(__path__):
        module = import_module(f"{__name__}.{module_info.name}")
        found.update(dict.fromkeys(module.NAMES, module.read))
    return MappingProxyType(found)


def reader_of(path: bytes) -> Reader | None:
    """What reads the file at this path; None for a file that says nothing of packages.

    A pattern with a slash is about the whole path, any other about the file's name.
    """
    whole = path.decode("utf-8", "replace")
    name = whole.rpartition("/")[2]
    known = readers()
    if name in known:
        return known[name]
    for pattern, read in known.items():
        if "*" in pattern and fnmatchcase(whole if "/" in pattern else name, pattern):
            return read
    return None
