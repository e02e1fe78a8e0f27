"""Handing a credential to git so that it is nowhere to be read: in memory, through an inherited file descriptor.

Git asks its credential helper, here one line of shell that prints what an open descriptor holds; what is seen of it in
the process list is the descriptor's number. No argument, environment variable, file, address or log has the
credential, and the helper is named for one origin only, so that git never offers it elsewhere.
Source: gitcredentials(7), git-credential(1). docs/decisions/0023 tells what else was tried.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from keyhole.core.secret import Secret

USER = "x-access-token"
"""GitHub does not look at the name; git wants one."""
_VISIBLE = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Handover:
    """What git must be given: settings, and descriptors to inherit."""

    config: dict[str, str]
    inherit: tuple[int, ...]


@contextmanager
def handed(credential: Secret | None, origin: str) -> Iterator[Handover]:
    """What git needs to use the credential at `origin` (`https://HOST`), for the time of a `with`."""
    if credential is None:
        yield Handover({}, ())
        return
    text = credential.reveal()
    if _VISIBLE.fullmatch(text) is None:  # a line end would begin another field of git's protocol
        raise ValueError("not a credential that git can be given")
    descriptor = _holding(f"username={USER}\npassword={text}\n".encode())
    try:
        helper = f'!f() {{ test "$1" = get && cat /dev/fd/{descriptor}; }}; f'
        yield Handover({f"credential.{origin}.helper": helper}, (descriptor,))
    finally:
        os.close(descriptor)


def _holding(content: bytes) -> int:
    """A descriptor that the content can be read from."""
    if hasattr(os, "memfd_create"):  # Linux
        # Opened anew by /dev/fd, so that it can be read from the beginning as often as git asks.
        descriptor = os.memfd_create("keyhole")
        os.write(descriptor, content)
        return descriptor
    reading, writing = os.pipe()  # can be read once, which is how often git asks
    os.write(writing, content)
    os.close(writing)
    return reading
