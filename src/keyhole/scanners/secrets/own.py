"""Rules that the people of this installation wrote: files in the format of ours, read anew for each scan.

The process that starts a scan reads and checks them and hands their text to the one that scans, which opens no file.
A wrong file stops the scan before it starts: going on without it would pass for clean what its author wanted found.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from keyhole.core.errors import KeyholeError

if TYPE_CHECKING:
    from pathlib import Path

    from keyhole.scanners.secrets.rules import Rule

_MOST_FILES = 200
_LARGEST = 1 << 20
_MOST_RULES = 1000

Texts = tuple[tuple[str, str], ...]
"""Name and content of each file."""


class WrongRules(KeyholeError):
    """A file of own rules cannot be used."""

    status = 422
    exit_code = 2

    def __init__(self, message: str, *, hint: str = "", problems: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint=hint)
        self.problems = problems or (message,)
        """All that is wrong, of which the message says the first."""


class _Places(NamedTuple):
    folder: Path | None = None
    files: tuple[Path, ...] = ()


_now: list[_Places | Texts] = [_Places()]


def look_in(folder: Path | None, files: Iterable[Path] = ()) -> None:
    """From now on own rules are the `*.toml` in this folder and these files."""
    _now[0] = _Places(folder, tuple(files))


def use(given: Iterable[Iterable[str]]) -> None:
    """From now on own rules are these texts, which were checked where they come from."""
    _now[0] = tuple((name, text) for name, text in given)


def texts() -> Texts:
    """The files as they are now. Raises WrongRules."""
    now = _now[0]
    if not isinstance(now, _Places):
        return now
    paths = [*_in_folder(now.folder), *now.files]
    if len(paths) > _MOST_FILES:
        raise WrongRules(f"There are {len(paths)} files of own rules; at most {_MOST_FILES} are read.")
    return tuple((path.name, _text(path)) for path in paths)


def own_rules() -> tuple[Rule, ...]:
    """The own rules as they are now, each of them without faults. Raises WrongRules."""
    now = texts()
    return _checked(now) if isinstance(_now[0], _Places) else read(now)


@functools.cache
def read(files: Texts) -> tuple[Rule, ...]:
    """The rules in these files. Raises WrongRules with the file, the rule and the field."""
    if not files:
        return ()  # and nothing to read our own rules for, which takes longer than all else before a scan
    from keyhole.scanners.secrets.rules import BadRule, all_rules, parse  # noqa: PLC0415  # nor to import them

    found: list[Rule] = []
    wrong: list[str] = []
    for name, text in files:
        try:
            found += _some(name, tuple(parse(name, text)))
        except BadRule as problem:
            wrong += problem.args
    if wrong:
        raise WrongRules(f"{BadRule(*wrong)}.", hint=_HINT, problems=tuple(f"{each}." for each in wrong))
    if len(found) > _MOST_RULES:
        raise WrongRules(f"There are {len(found)} own rules; at most {_MOST_RULES} are used.")
    taken = {rule.id for rule in all_rules()}
    for rule in found:
        if rule.id in taken:
            raise WrongRules(f"The rule id {rule.id} is used twice.", hint="Give the own rule another id.")
        taken.add(rule.id)
    return tuple(found)


def _some(name: str, rules: Sequence[Rule]) -> Sequence[Rule]:
    if not rules:
        raise WrongRules(f"{name} has no rule.", hint="Each begins with a line [[rule]].")
    return rules


@functools.lru_cache(maxsize=4)
def _checked(files: Texts) -> tuple[Rule, ...]:
    rules = read(files)
    if rules:
        from keyhole.scanners.secrets.lint import faults  # noqa: PLC0415  # only whoever has own rules needs it

        wrong = faults(rules)
        if wrong:
            more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
            raise WrongRules(f"An own rule is refused: {wrong[0]}{more}.", hint=_HINT)
    return rules


_HINT = "`keyhole rules check FILE` tells all that is wrong with a file."


def _in_folder(folder: Path | None) -> list[Path]:
    if folder is None:
        return []
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix == ".toml")
    except OSError as problem:
        raise WrongRules(
            f"The folder of own rules, {folder}, cannot be read: {problem.strerror}.",
            hint="KEYHOLE_RULES names it.",
        ) from problem
    if not found:  # as where something should be mounted and is not
        raise WrongRules(
            f"The folder of own rules, {folder}, has no *.toml.",
            hint="KEYHOLE_RULES names it; without that variable there are no own rules.",
        )
    return found


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST:
            raise WrongRules(f"{path} is larger than {_LARGEST >> 20} MiB.")
        return path.read_text("utf-8")
    except UnicodeDecodeError as problem:
        raise WrongRules(f"{path} is not UTF-8.") from problem
    except OSError as problem:
        raise WrongRules(f"{path} cannot be read: {problem.strerror}.") from problem
