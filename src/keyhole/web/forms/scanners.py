"""The scanners as forms offer them."""

from __future__ import annotations

import sys

from keyhole.core.summary import capitalised
from keyhole.scanners.registry import all_scanners, missing


def offered() -> list[tuple[str, str, str, str]]:
    """Id, title, what it does and how to install what it lacks, of each scanner.

    What it does is the What paragraph of its module, its documentation.
    """
    found = []
    for scanner in all_scanners().values():
        paragraphs = (sys.modules[type(scanner).__module__].__doc__ or "").split("\n\n")
        about = next((" ".join(text.split()) for text in paragraphs if text.startswith("What:")), "")
        found.append(
            (scanner.id, scanner.title, capitalised(about.removeprefix("What:").strip()), missing(scanner))
        )
    first = ("secrets", "dependencies")
    return sorted(found, key=lambda each: (bool(each[3]), each[0] not in first))
