"""What is said about each matter: one issue for all versions and places of a package."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import NamedTuple

from keyhole.core.library import PackageFacts, Relation
from keyhole.core.terms import Confidence, Kind, Severity
from keyhole.scanners.assessment import Issue
from keyhole.scanners.dependencies.match import Match, Wanted
from keyhole.scanners.dependencies.package import Package, plain
from keyhole.scanners.dependencies.purl import written
from keyhole.scanners.dependencies.versions import key
from keyhole.scanners.hits import About

Seen = tuple[bytes, Package]
"""A package, and the path of the file that names it."""
Exploits = Mapping[str, tuple[float, bool]]
"""See `Index.exploits`."""

_LONGEST_SUMMARY = 120
_MOST_REFERENCES = 10
_MOST_VERSIONS = 10
_MALICIOUS = "MAL-"
_RANK = {severity.value: rank for rank, severity in enumerate(Severity)}
_UNKNOWN = (-1.0, False)


class _Met(NamedTuple):
    """One version that the matter is about, and where it is."""

    wanted: Wanted
    match: Match
    seen: list[Seen]


def issues(
    met: Mapping[Wanted, list[Match]], places: Mapping[Wanted, list[Seen]], exploits: Exploits
) -> Iterator[Issue]:
    """One for each place; those of one matter have one identity, and the same to say."""
    matters: dict[tuple[str, str, str], list[_Met]] = {}
    for wanted, matches in met.items():
        for match in matches:
            identity = (wanted[0], wanted[1], match.matter.lasting)
            matters.setdefault(identity, []).append(_Met(wanted, match, places[wanted]))
    for identity, matter in matters.items():
        about = _about(matter, exploits)
        rule = "malicious-package" if about.kind is Kind.MALICIOUS else "vulnerable-package"
        plainly = "\0".join(identity).encode("utf-8", "replace")
        for each in matter:
            for path, package in each.seen:
                yield Issue(rule, plainly, path, package.line, about)


def _about(matter: list[_Met], exploits: Exploits) -> About:
    if len(matter) > 1:
        matter.sort(key=lambda each: key(each.wanted[0], each.wanted[2]))
    if len(matter) == 1 or all(each.match.matter is matter[0].match.matter for each in matter):
        bodies, ids = matter[0].match.matter.bodies, matter[0].match.matter.ids
    else:
        bodies = tuple({body.id: body for each in matter for body in each.match.matter.bodies}.values())
        ids = tuple(sorted({one for body in bodies for one in (body.id, *body.aliases)}))
    malicious = any(one.startswith(_MALICIOUS) for one in ids)
    first = bodies[0]
    shown = plain(matter[0].seen[0][1].name)
    references = dict.fromkeys(chain.from_iterable(body.references for body in bodies))
    facts = _facts(matter, ids, exploits)
    ecosystem = matter[0].wanted[0]
    return About(
        title=f"{shown}: {_shortened(first.summary or 'The advisory has no summary')}",
        severity=Severity.CRITICAL if malicious else _severity([body.severity for body in bodies]),
        confidence=Confidence.HIGH,
        why=f"{shown} {_versions(matter)} of {ecosystem} is affected by {', '.join(ids)}.{_known(facts)}",
        fix=_removal(shown) if malicious else _upgrade(shown, matter, facts),
        references=tuple(references)[:_MOST_REFERENCES],
        kind=Kind.MALICIOUS if malicious else Kind.VULNERABILITY,
        package=(facts,),
    )


def _facts(matter: list[_Met], ids: tuple[str, ...], exploits: Exploits) -> PackageFacts:
    """Of several versions the oldest, and of several places the one that is nearest to what somebody can change."""
    ecosystem, name, version = matter[0].wanted
    seen = [package for each in matter for _, package in each.seen]
    nearest = seen[0] if len(seen) == 1 else min(seen, key=_distance)
    known = [exploits.get(one, _UNKNOWN) for one in ids]
    fixes = [each.match.fixed for each in matter]
    return PackageFacts(
        purl=written(ecosystem, name, version),
        ecosystem=ecosystem,
        name=plain(name),
        version=plain(version),
        relation=nearest.relation,
        dev=all(package.dev for package in seen),
        via=tuple(map(plain, nearest.via)),
        ids=ids,
        # What ends it for every version; nothing does if nothing does for one.
        fixed=plain(max(fixes, key=lambda fixed: key(ecosystem, fixed))) if all(fixes) else "",
        epss=max(epss for epss, _ in known),
        kev=any(kev for _, kev in known),
        others=tuple(plain(each.wanted[2]) for each in matter[1:]),
    )


def _distance(package: Package) -> tuple[bool, bool, int]:
    return package.relation is not Relation.DIRECT, package.dev, len(package.via)


def _severity(given: list[str]) -> Severity:
    known = [each for each in given if each]
    # Without a word from anybody: not so low that nobody looks.
    return Severity(min(known, key=_RANK.__getitem__)) if known else Severity.MEDIUM


def _versions(matter: list[_Met]) -> str:
    shown = [plain(each.wanted[2]) for each in matter[:_MOST_VERSIONS]]
    left = len(matter) - len(shown)
    if left:
        return f"{', '.join(shown)} and {left} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _known(facts: PackageFacts) -> str:
    said = " It is known to be exploited (CISA)." if facts.kev else ""
    if facts.epss >= 0:
        said += f" EPSS gives it a probability of {facts.epss:.1%} of being exploited within 30 days."
    return said


def _removal(name: str) -> str:
    return f"Remove {name} at once, and take whatever ran it as known to the attacker: rotate what it could reach."


def _upgrade(name: str, matter: list[_Met], facts: PackageFacts) -> str:
    ends = {each.match.fixed: plain(each.wanted[2]) for each in reversed(matter)}
    if "" in ends:
        of = f"{name} {ends['']}" if len(ends) > 1 else name
        told = f"No version after {of} is known to fix this. See the references for what helps until there is one."
    elif len(ends) == 1:
        told = f"Upgrade {name} to {plain(facts.fixed)} or later."
    else:
        steps = [f"{version} to {plain(end)}" for end, version in reversed(ends.items())]
        told = f"Upgrade {name} {', '.join(steps[:-1])} and {steps[-1]}, or later."
    if facts.via:
        told += f" It comes with {facts.via[0]} ({' > '.join((*facts.via, name))}): upgrade that, or pin {name} itself."
    return told


def _shortened(summary: str) -> str:
    first = summary.partition(". ")[0].removesuffix(".")
    return first if len(first) <= _LONGEST_SUMMARY else f"{first[: _LONGEST_SUMMARY - 3].rstrip()}..."
