"""The rules as they are once read and checked, kept: reading them takes longer than scanning a small project."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from keyhole.core.terms import Confidence, Severity
from keyhole.scanners.kept import Kept
from keyhole.scanners.secrets import rules
from keyhole.scanners.secrets.literals import Beginning
from keyhole.scanners.secrets.rules import Rule

_PREFIX = "rules-"
_VERSIONS_KEPT = 2
_KINDS: dict[str, Callable[[Any], Any]] = {
    "severity": Severity,
    "confidence": Confidence,
    "references": tuple,
    "examples": tuple,
    "counterexamples": tuple,
    "begins": lambda given: Beginning(tuple(given[0]), given[1]),
}
"""What JSON does not know, by field."""
_CHANGED = [(Rule._fields.index(name), kind) for name, kind in _KINDS.items()]


def use(kept: Kept, code: str) -> None:
    """From now on all rules are those that were kept by the same code; if there are none, those that are read now are.

    `code` is a digest of everything that the rules depend on.
    """
    name = f"{_PREFIX}{code[:32]}"
    content = kept.read(name)
    if content is not None:
        data = json.loads(content)
        rules.use(tuple(map(_rule, data["rules"])), data["digest"])
        return
    # Nobody who looks for secrets looks at examples, and they are a third of the text.
    without = [rule._replace(examples=(), counterexamples=()) for rule in rules.all_rules()]
    data = {"rules": without, "digest": rules.digest_of_all()}
    if kept.write(name, json.dumps(data).encode()):
        kept.only(_PREFIX, _VERSIONS_KEPT)


def _rule(values: list[Any]) -> Rule:
    for place, kind in _CHANGED:
        values[place] = kind(values[place])
    return Rule._make(values)
