"""The rules as they are once read and checked, kept: reading them takes longer than scanning a small project."""

from __future__ import annotations

import marshal
import sys
from collections.abc import Callable
from enum import Enum
from typing import Any, NamedTuple

from keyhole.core.terms import Confidence, Severity
from keyhole.scanners.kept import Kept
from keyhole.scanners.secrets import rules
from keyhole.scanners.secrets.literals import Beginning
from keyhole.scanners.secrets.rules import Rule

_PREFIX = "rules-"
_VERSIONS_KEPT = 2


class _Kind(NamedTuple):
    """What marshal does not know, and what is written in its place."""

    plain: Callable[[Any], Any]
    made: Callable[[Any], Any]


def _members(kind: type[Enum]) -> _Kind:
    return _Kind(lambda member: member.value, {each.value: each for each in kind}.__getitem__)


_KINDS = {
    Rule._fields.index("severity"): _members(Severity),
    Rule._fields.index("confidence"): _members(Confidence),
    Rule._fields.index("begins"): _Kind(tuple, Beginning._make),
}
"""By the place of the field."""


def use(kept: Kept, code: str) -> None:
    """From now on all rules are those that were kept by the same code; if there are none, those that are read now are.

    `code` is a digest of everything that the rules depend on.
    """
    name = f"{_PREFIX}{code[:32]}-{sys.implementation.cache_tag}"
    content = kept.read(name)
    if content is not None:
        # Four times as fast as JSON. Whoever wrote it could as well have written this module: it is sealed.
        digest, values = marshal.loads(content)  # noqa: S302
        rules.use(tuple(map(_rule, values)), digest)
        return
    content = marshal.dumps((rules.digest_of_all(), [_values(rule) for rule in rules.all_rules()]))
    if kept.write(name, content):
        kept.only(_PREFIX, _VERSIONS_KEPT)


def _values(rule: Rule) -> list[Any]:
    # Nobody who looks for secrets looks at examples, and they are a third of the text.
    values: list[Any] = list(rule._replace(examples=(), counterexamples=()))
    for place, kind in _KINDS.items():
        values[place] = kind.plain(values[place])
    return values


def _rule(values: list[Any]) -> Rule:
    for place, kind in _KINDS.items():
        values[place] = kind.made(values[place])
    return Rule._make(values)
