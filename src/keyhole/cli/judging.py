"""Policies on a command line: which one is meant, and telling what it came to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from keyhole.cli.output import count, safe
from keyhole.core.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from keyhole.core.finding import ScanResult
    from keyhole.core.gates import Policy, Verdict

_SHOWN = 10
"""Findings or packages that are named below a breach."""


def policy_of(text: str) -> Policy:
    """The policy that `--policy` means: a file if there is one of this name, else one that is kept here."""
    if Path(text).is_file():
        return policy_in(Path(text))
    from keyhole.cli.session import open_keyhole

    caller = open_keyhole()
    from keyhole.environments.policies import by_name

    try:
        return by_name(caller, text).latest.as_core()
    except NotFound as problem:
        raise NotFound(
            f"{safe(text)} is neither a file here nor a scan policy that is kept.",
            hint="`keyhole policy list` shows those that are kept; `keyhole policy example` prints one to begin with.",
        ) from problem


def policy_in(path: Path) -> Policy:
    """The policy in a file. InvalidInput, naming the file and the field, if it is none."""
    from keyhole.core.policy_text import LONGEST, from_text
    from keyhole.environments.naming import check_scanners

    try:
        with path.open("rb") as file:
            text = file.read(4 * LONGEST + 1).decode("utf-8")
        policy = from_text(text)
        check_scanners(policy)
        return policy
    except OSError as problem:
        raise InvalidInput(f"{safe(path)} cannot be read: {problem.strerror}.", field="policy") from problem
    except UnicodeDecodeError as problem:
        raise InvalidInput(f"{safe(path)} is not UTF-8 text.", field="policy") from problem
    except InvalidInput as problem:
        raise InvalidInput(
            f"{safe(path)}: {safe(problem.message)}",
            field=problem.field,
            hint=problem.hint or "docs/environments.md describes the format.",
        ) from problem


def left_out_of(scanners: Iterable[str]) -> str:
    """What these do not see of the newest commit alone, in words; empty where they look at no history anyway."""
    from keyhole.scanners.interface import Remembers
    from keyhole.scanners.registry import named

    reads_history = any(isinstance(named(name), Remembers) for name in scanners)
    return "history was not read, only the files of the newest commit (--head)" if reads_history else ""


def tell(verdict: Verdict, result: ScanResult, *, left_out: str = "", err: bool = False) -> None:
    """The verdict on a result in words: each breach with why, what is to blame, and what to do."""
    names = {found.id: f"{found.title} in {found.locations[0].path}" for found in result.findings}
    limits = "" if result.status.value == "complete" else ", as far as the scan saw"
    limits += f"; {left_out}" if left_out else ""
    click.echo("\n".join(_lines(verdict, names, limits)), err=err)


def _lines(verdict: Verdict, names: dict[str, str], limits: str) -> Iterator[str]:
    aside = (
        f" {count(verdict.accepted, 'finding')} did not count: accepted or false." if verdict.accepted else ""
    )
    yield ""
    if verdict.passed:
        yield f"Passed: every gate of the policy {safe(verdict.policy)}{limits}.{aside}"
        return
    number = len(verdict.breaches)
    what = f"{number} gate{'' if number == 1 else 's'} not passed"
    yield f"BREACH of the policy {safe(verdict.policy)}: {what}.{aside}"
    for breach in verdict.breaches:
        yield f"\n  {breach.place}. {safe(breach.demand)}"
        yield f"     Why: {safe(breach.why)}"
        to_blame = [names.get(key, key) for key in breach.findings] + list(breach.packages)
        if len(to_blame) > 1:
            yield from (f"     - {safe(name)}" for name in to_blame[:_SHOWN])
            if breach.number > _SHOWN:
                yield f"     - and {breach.number - _SHOWN:,} more"
        yield f"     Do:  {safe(breach.fix)}"
