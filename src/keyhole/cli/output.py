"""What commands print: sentences and tables for people, JSON for machines, nothing that moves the cursor."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

from keyhole.core.columns import fitted, lines, shortened

F = TypeVar("F", bound=Callable[..., Any])
V = TypeVar("V")
_CONTROL = {code: f"\\x{code:02x}" for code in [*range(32), 127, *range(128, 160)]}
_EMPTY = ("", ".")
"""What an empty text is, and what it becomes as a path: a folder, and never the file that was asked for."""
_LARGE = 1 << 17
"""Characters of JSON that are not indented here any more."""
_STEPS = ((86400, "day"), (3600, "hour"), (60, "minute"))


def json_option(command: F) -> F:
    """The `--json` flag that every command has, passed on as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")(command)


def not_empty(context: click.Context, option: click.Parameter, value: V) -> V:
    """The callback of an option that has to name something where it is given.

    A variable that nobody set (`--policy "$POLICY"`) is an empty text. It must not mean what leaving the option out
    means: all of it, or no gate.
    """
    from click.core import ParameterSource

    given = context.get_parameter_source(option.name or "") is ParameterSource.COMMANDLINE
    values = value if isinstance(value, tuple) else (value,)
    if given and any(str(each) in _EMPTY for each in values):
        raise click.BadParameter(
            "It names nothing. Give it a name, or leave the option out.", context, option
        )
    return value


def say_json(value: Any) -> None:
    """One JSON document on standard output."""
    text = json.dumps(value, ensure_ascii=False, default=_plain)
    if len(text) < _LARGE:
        click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=_plain))
        return
    # Indenting in Python takes seconds then, and ten times as much memory as the text.
    import msgspec.json

    click.echo(msgspec.json.format(text, indent=2))


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def safe(text: object) -> str:
    """Text from outside with control characters spelled out: a name must not steer the terminal.

    Direction overrides go too: they show a name as another one.
    """
    shown = str(text).translate(_CONTROL)
    return "".join(
        f"\\u{ord(char):04x}"
        if char in "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
        else char
        for char in shown
    )


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """A table on standard output, or the `empty` sentence. As wide as its content, but no wider than a terminal."""
    cells = [[safe(cell) for cell in row] for row in rows]
    if not cells:
        click.echo(empty)
        return
    widths = [max(len(line[column]) for line in [list(headings), *cells]) for column in range(len(headings))]
    if room := terminal_width():
        widths = fitted(widths, room)
        cells = [[shortened(cell, width) for cell, width in zip(row, widths, strict=True)] for row in cells]
    first, *others = lines([headings, *cells], widths)
    click.echo(click.style(first, bold=True))
    for line in others:
        click.echo(line)


def terminal_width() -> int:
    """Characters of a line of the terminal on standard output; 0 where that is none, and nothing is to be cut."""
    if not sys.stdout.isatty():
        return 0
    import shutil

    return shutil.get_terminal_size().columns


def ago(moment: datetime | None, *, never: str = "never") -> str:
    """How long ago, or in how long, in words."""
    if moment is None:
        return never
    seconds = (datetime.now(UTC) - moment).total_seconds()
    for size, word in _STEPS:
        if abs(seconds) >= size * 0.99:
            count = round(abs(seconds) / size)
            text = f"{count} {word}{'s' if count > 1 else ''}"
            return f"{text} ago" if seconds > 0 else f"in {text}"
    return "just now" if seconds >= 0 else "in less than a minute"


def count(number: int, noun: str) -> str:
    """`1 repository`, `2 repositories`."""
    plural = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{number:,} {noun if number == 1 else plural}"
