"""Where to go after signing in: only ever to a page of this Keyhole."""

from __future__ import annotations

import re

_PLAIN = re.compile(r"/(?![/\\])[A-Za-z0-9/_.~?=&%+,:@-]*")


def local_path(text: str | None) -> str:
    r"""The text if it is plainly a path of this site, else `/`.

    Browsers treat `//host`, `/\host`, tabs and line ends in ways that a check by parsing gets wrong, so this is
    a list of characters instead; an address that needs others is not worth the risk.
    """
    return text if text and len(text) <= 500 and _PLAIN.fullmatch(text) else "/"
