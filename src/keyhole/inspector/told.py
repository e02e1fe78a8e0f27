"""A report told to people, beside the plan that the credential was made for: a sentence, then a row per permission."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from keyhole.core.github_credentials import ADVICE, CredentialKind
from keyhole.core.permissions import Level, vocabulary
from keyhole.inspector.compare import Comparison, compare
from keyhole.inspector.report import Finding, Report, Verdict


class Standing(StrEnum):
    """Where a permission stands beside the plan."""

    AS_PLANNED = "as planned"
    MISSING = "missing"
    TOO_MUCH = "too much"
    UNKNOWABLE = "not provable"
    HELD = "held"
    """There is no plan to compare it with."""


@dataclass(frozen=True, slots=True)
class Row:
    """One permission, for a table."""

    name: str
    title: str
    planned: str
    """The planned level in words; empty when it was not planned."""
    found: str
    """The proved level in words, `no access`, or `not provable`."""
    standing: Standing
    why: str
    """What shows it, in a sentence."""
    to_do: str
    """What to do about it, in a sentence; empty when nothing is to be done."""


def kind_title(report: Report) -> str:
    """The kind in GitHub's words."""
    return ADVICE[CredentialKind(report.kind)].title


def sentence(report: Report, planned: Mapping[str, Level] | None) -> str:
    """The answer in a sentence or two."""
    whose = f"{kind_title(report)} of {report.login}" if report.login else kind_title(report)
    whose += f" for {report.owner}" if report.owner and report.owner != report.login else ""
    if planned is None or not planned:
        return f"{whose}: {_held_in_words(report)}"
    return f"{whose}: {_against(compare(report, planned))}"


def _held_in_words(report: Report) -> str:
    if report.scoped:
        return f"it has scopes ({', '.join(report.scopes) or 'none'}), which cannot be held to chosen repositories."
    held = {name: level for name, level in report.held().items() if name != "metadata"}
    if not held:
        return "no permission was shown to be granted."
    known = vocabulary().permissions
    shown = [f"{known[name].title} ({level.word})" for name, level in sorted(held.items())]
    more = f" and {len(shown) - 6} more" if len(shown) > 6 else ""
    return f"shown to be granted: {', '.join(shown[:6])}{more}."


def _against(found: Comparison) -> str:
    if found.wider:
        return "it can do what the plan needs only together with everything else that its scopes allow."
    parts = []
    if found.missing:
        parts.append(f"{_count(found.missing, 'planned permission')} missing")
    if found.unneeded:
        parts.append(f"{_count(found.unneeded, 'permission')} more than planned")
    if not parts:
        parts.append(
            "it has what the plan needs" if not found.unknowable else "nothing is missing or too much"
        )
    if found.unknowable:
        parts.append(f"{_count(found.unknowable, 'planned permission')} that nobody can prove")
    return ", ".join(parts) + "."


def _count(of: Mapping[str, Level], noun: str) -> str:
    return f"{len(of)} {noun}{'' if len(of) == 1 else 's'}"


def rows(report: Report, planned: Mapping[str, Level] | None) -> list[Row]:
    """What was planned or is held, what stands out first."""
    if planned is None:
        return [_row(report, name, "", Standing.HELD) for name in sorted(report.held())]
    found = compare(report, planned)
    made = [_missing(report, name, level) for name, level in found.missing.items()]
    made += [_too_much(report, name, planned) for name in found.unneeded]
    made += [_unknowable(report, name, level) for name, level in found.unknowable.items()]
    made += [
        _row(report, name, level.word, Standing.AS_PLANNED)
        for name, level in found.present.items()
        if name not in found.unneeded
    ]
    return made


def _missing(report: Report, name: str, level: Level) -> Row:
    do = f"On GitHub, set {_title(name)} to {level.word.capitalize()} in the token's permissions."
    return _row(report, name, level.word, Standing.MISSING, to_do=do, about=level)


def _too_much(report: Report, name: str, planned: Mapping[str, Level]) -> Row:
    level = planned.get(name)
    wanted = level.word.capitalize() if level else "No access"
    do = f"On GitHub, set {_title(name)} to {wanted} in the token's permissions."
    return _row(report, name, level.word if level else "", Standing.TOO_MUCH, to_do=do)


def _unknowable(report: Report, name: str, level: Level) -> Row:
    do = f"Look at the token's page on GitHub: {_title(name)} should say {level.word.capitalize()}."
    return _row(report, name, level.word, Standing.UNKNOWABLE, to_do=do, about=level)


def _row(
    report: Report,
    name: str,
    planned: str,
    standing: Standing,
    *,
    to_do: str = "",
    about: Level | None = None,
) -> Row:
    """The row; `about` is the level whose finding is told, and by default the one that is held."""
    held = report.held().get(name)
    found = report.finding(name, _existing(name, about or held or Level.READ))
    nothing = "not provable" if standing is Standing.UNKNOWABLE else "no access"
    why = found.reason if found else "It is not in GitHub's published table."
    return Row(name, _title(name), planned, held.word if held else nothing, standing, why, to_do)


def _existing(name: str, level: Level) -> Level:
    known = vocabulary().permissions.get(name)
    return max(level, known.levels[0]) if known else level


def _title(name: str) -> str:
    known = vocabulary().permissions.get(name)
    return known.title if known else name


def unprovable(report: Report) -> list[Finding]:
    """The permissions of which not even the lowest level could be decided, one finding each."""
    lowest: dict[str, Finding] = {}
    for each in report.findings:
        lowest.setdefault(each.permission, each)
    return [each for each in lowest.values() if each.verdict is Verdict.UNPROVABLE]
