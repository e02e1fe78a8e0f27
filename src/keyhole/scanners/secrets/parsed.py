"""The rules as they are once read and checked, kept: reading them takes longer than scanning a small project."""

from __future__ import annotations

import json
from dataclasses import fields
from operator import attrgetter
from typing import Any

from keyhole.core.finding import Confidence, Severity
from keyhole.scanners.kept import Kept
from keyhole.scanners.secrets import rules
from keyhole.scanners.secrets.rules import Rule

_PREFIX = "rules-"
_VERSIONS_KEPT = 2
_NAMES = tuple(field.name for field in fields(Rule))
_values = attrgetter(*_NAMES)


def use(kept: Kept, code: str) -> None:
    """From now on all rules are those that were kept by the same code; if there are none, those that are read now are.

    `code` is a digest of everything that the rules depend on.
    """
    name = f"{_PREFIX}{code[:32]}"
    content = kept.read(name)
    if content is not None:
        data = json.loads(content)
        rules.use(
            tuple(_rule(dict(zip(_NAMES, each, strict=True))) for each in data["rules"]), data["digest"]
        )
        return
    data = {"rules": [_values(rule) for rule in rules.all_rules()], "digest": rules.digest_of_all()}
    if kept.write(name, json.dumps(data).encode()):
        kept.only(_PREFIX, _VERSIONS_KEPT)


def _rule(named: dict[str, Any]) -> Rule:
    named = {name: tuple(value) if isinstance(value, list) else value for name, value in named.items()}
    named["severity"] = Severity(named["severity"])
    named["confidence"] = Confidence(named["confidence"])
    return Rule(**named)
