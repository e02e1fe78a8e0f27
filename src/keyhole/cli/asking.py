"""Asking for a credential: from standard input or a hidden prompt, never from an argument or the environment."""

from __future__ import annotations

import sys

import click

from keyhole.core.errors import InvalidInput
from keyhole.core.secret import Secret

_LONGEST = 20_000


def credential(what: str) -> Secret:
    """The credential: what stands on standard input, or what is typed, unseen, on a terminal. InvalidInput if none.

    Arguments and variables would be in the shell's history and in every list of processes.
    """
    if sys.stdin.isatty():
        text = click.prompt(what, hide_input=True, err=True, default="", show_default=False)
    else:
        text = sys.stdin.read(_LONGEST)
    if not text.strip():
        raise InvalidInput(
            f"{what}: nothing was given.", hint="Type it at the prompt, or send it on standard input."
        )
    return Secret(text.strip())
