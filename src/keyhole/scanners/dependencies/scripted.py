"""What a repository asks for by manifests that are programs, which are not run: by what such a list usually looks like.

What is found is asked for. What is not found may be asked for all the same, by a plugin or a variable, so that nothing
follows from it unless the manifest shows that nothing was missed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from keyhole.scanners.dependencies.package import Malformed, Manifests, text_of
from keyhole.scanners.lazily import pattern

_COMMENT = pattern(
    r"""("(?:[^"\\\n]|\\.)*+"?|'(?:[^'\\\n]|\\.)*+'?)|//[^\n]*+|/\*(?s:.*?)(?:\*/|\Z)""",
)


@dataclass(slots=True)
class Asked:
    """What such manifests ask for."""

    names: set[str] = field(default_factory=set)
    whole: bool = False
    """Whether that is all of it."""


_GRADLE = ("build.gradle", "build.gradle.kts")
_CONFIGURED = (
    "implementation",
    "api",
    "compileonly",
    "compileonlyapi",
    "runtimeonly",
    "compile",
    "runtime",
    "classpath",
    "annotationprocessor",
)
_NOTATION = pattern(
    r"""\b([A-Za-z]\w*+)\s*+\(?\s*+(?:(?:platform|enforcedPlatform|testFixtures)\s*+\(\s*+)?"""
    r"""["']([\w.-]++)(?::|["']\s*+,\s*+["'])([\w.-]++)[:"']"""
)
_NAMED = pattern(
    r"""\b([A-Za-z]\w*+)\s*+\(?\s*+group\s*+[:=]\s*+["']([\w.-]++)["']\s*+,\s*+name\s*+[:=]\s*+["']([\w.-]++)["']"""
)
_CONSTRAINTS = pattern(r"\bconstraints\s*+\{|[{}]")


def gradle_asked(manifests: Manifests) -> Asked:
    """Modules, as `group:artifact`, that builds of Gradle name in one piece; plugins may ask for more."""
    asked = Asked()
    for name in _GRADLE:
        for content in manifests.get(name, ()):
            try:
                text = _without_constraints(_without_comments(text_of(content)))
            except Malformed:
                continue
            for each in (_NOTATION, _NAMED):
                asked.names.update(
                    f"{match[2]}:{match[3]}"
                    for match in each.finditer(text)
                    if match[1].lower().endswith(_CONFIGURED)
                )
    return asked


def _without_constraints(text: str) -> str:
    """A constraint says which version it is to be, if anything asks for the module."""
    kept: list[str] = []
    depth = at = 0
    for match in _CONSTRAINTS.finditer(text):
        if not depth and match[0] not in "{}":
            kept.append(text[at : match.start()])
            depth = 1
        elif depth:
            depth += -1 if match[0] == "}" else 1
            at = match.end()
    return "".join(kept) if depth else "".join((*kept, text[at:]))


_CALL = pattern(r"\.package\s*+\(")
_SWIFT = pattern(
    r"""\.package\s*+\(\s*+(?:name\s*+:\s*+"[^"\\\n]*+"\s*+,\s*+)?(url|path|id)\s*+:\s*+"([^"\\\n]++)"\s*+[,)]"""
)


def swift_asked(manifests: Manifests) -> Asked:
    """Addresses in `Package.swift`, as written. It is all, unless one is put together while it runs."""
    asked = Asked()
    calls = literal = 0
    for content in manifests.get("Package.swift", ()):
        try:
            text = _without_comments(text_of(content))
        except Malformed:
            calls += 1
            continue
        calls += sum(1 for _ in _CALL.finditer(text))
        for match in _SWIFT.finditer(text):
            literal += 1
            if match[1] != "path":
                asked.names.add(match[2])
    asked.whole = 0 < calls == literal
    return asked


def _without_comments(text: str) -> str:
    return _COMMENT.sub(lambda match: match[1] or " ", text)
