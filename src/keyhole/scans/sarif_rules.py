"""The rules of a run in a SARIF file: which of them a result is about, and how bad the file says that it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from keyhole.scans.sarif_nodes import Node

LEVELS = ("error", "warning", "note", "none")
_MOST_EXTENSIONS, _MOST_RULES, _MOST_INVOCATIONS = 1_000, 20_000, 1_000
_MOST_PARTS = 20
"""Parts of a rule's name that are taken off to find the rule."""
_ANY, _GONE = -1, -2
_UNDECIDED = frozenset({"open", "review"})
"""Kinds of results whose level is `none` where they have none (3.27.10)."""


@dataclass(frozen=True, slots=True)
class Named:
    """What something refers to as its rule."""

    name: str
    """Id of the rule, maybe with parts that only results name; empty if nothing says one."""
    component: str
    """Name of the part of the tool whose rule it is: the driver's, or an extension's."""
    rule: Node | None
    """The rule's own entry; None if the file has none."""

    @property
    def told(self) -> Node:
        """The rule's own entry, or an empty one."""
        return Node({}, "rule") if self.rule is None else self.rule


class _At(NamedTuple):
    """A rule, and the number of the part of the tool that has it."""

    component: int
    rule: Node


class Rules:
    """The rules that a run knows, and what results say about which of them they are."""

    def __init__(self, run: Node) -> None:
        tool = run.child("tool")
        self._components = [tool.child("driver"), *tool.children("extensions", _MOST_EXTENSIONS)]
        self._lists = [list(each.children("rules", _MOST_RULES)) for each in self._components]
        at = [[_At(number, rule) for rule in rules] for number, rules in enumerate(self._lists)]
        self._ids = [{each.rule.text("id"): each for each in rules} for rules in at]
        self._guids = [_by_guid(rules) for rules in at]
        self._any_id = _first_of_each(self._ids)
        self._any_guid = _first_of_each(self._guids)
        self._named_components: dict[str, int] = {}
        for key in ("guid", "name"):
            for number, each in enumerate(self._components):
                self._named_components.setdefault(each.text(key, "").lower(), number)
        self._overrides = [self._overridden(each) for each in run.children("invocations", _MOST_INVOCATIONS)]
        self.astray = 0
        """Results that name a part of the tool that the file does not have."""

    @property
    def ids(self) -> Iterator[tuple[str, str]]:
        """Of all rules: the name of the part of the tool that has it, and its id."""
        for component, rules in zip(self._components, self._ids, strict=True):
            yield from ((component.text("name", ""), each) for each in rules)

    def of_result(self, result: Node) -> Named:
        """The rule of a result. Malformed if nothing says it."""
        reference = result.child("rule")
        name = result.text("ruleId", reference.text("id", ""))
        index = result.number("ruleIndex", reference.number("index", -1))
        self.astray += self._component(reference.child("toolComponent")) == _GONE
        found = self._named(name, index, reference)
        if found.name:
            return found
        if index >= 0:
            raise result.wrong("ruleIndex", "is no entry of the tool's rules, and there is no ruleId")
        raise result.wrong("ruleId", "is missing, and no ruleIndex says it")

    def level(self, result: Node, named: Named) -> str:
        """The level of a result, one of LEVELS: its own, an invocation's for the rule, the rule's (3.27.10)."""
        configured = named.told.child("defaultConfiguration")
        if result.value.get("level") is not None:
            configured = result
        elif result.text("kind", "fail") in _UNDECIDED:
            return "none"
        else:
            configured = self._override(result, named) or configured
        level = configured.text("level", "warning")
        if level not in LEVELS:
            raise configured.wrong("level", f"is none of {', '.join(LEVELS)}")
        return level

    def _override(self, result: Node, named: Named) -> Node | None:
        if not any(self._overrides):
            return None
        provenance = result.child("provenance")
        index = provenance.number("invocationIndex", 0 if len(self._overrides) == 1 else -1)
        if index == -1:
            return None
        if not 0 <= index < len(self._overrides):
            raise provenance.wrong("invocationIndex", "is no entry of the run's invocations")
        there = self._overrides[index]
        keys = ((_anchor(named), name) for name in _parts(named.name))
        return next((there[key] for key in keys if key in there), None)

    def _overridden(self, invocation: Node) -> dict[tuple[str, str], Node]:
        """The configurations with a level that an invocation has for rules."""
        found: dict[tuple[str, str], Node] = {}
        for each in invocation.children("ruleConfigurationOverrides", _MOST_RULES):
            configured, reference = each.child("configuration"), each.child("descriptor")
            if configured.value.get("level") is None:
                continue
            named = self._named(reference.text("id", ""), reference.number("index", -1), reference)
            if named.name:
                found.setdefault((_anchor(named), named.name), configured)
        return found

    def _named(self, name: str, index: int, reference: Node) -> Named:
        component = self._component(reference.child("toolComponent"))
        found = self._found(name, index, reference.text("guid", ""), component)
        told = self._components[found.component if found else max(component, 0)].text("name", "")
        if found is None:
            return Named(name, told, None)
        return Named(name or found.rule.text("id"), told, found.rule)

    def _found(self, name: str, index: int, guid: str, component: int) -> _At | None:
        numbered = self._numbered(max(component, 0), index)
        # In files that were put together of several, numbers may be of another list: the name is surer.
        if numbered is not None and (not name or numbered.rule.text("id") in _parts(name)):
            return numbered
        # Where no part of the tool is named, it is the driver's; those of extensions only if the driver has none such.
        ids = self._ids[component] if component >= 0 else self._any_id
        guids = self._guids[component] if component >= 0 else self._any_guid
        return guids.get(guid.lower()) or next((ids[part] for part in _parts(name) if part in ids), numbered)

    def _numbered(self, component: int, index: int) -> _At | None:
        rules = self._lists[component]
        return _At(component, rules[index]) if 0 <= index < len(rules) else None

    def _component(self, reference: Node) -> int:
        """Number of the part of the tool that is named: 0 is the driver. _ANY or _GONE if there is none."""
        index = reference.number("index", -1)
        if index >= 0:
            return index + 1 if index + 1 < len(self._components) else _GONE
        told = [reference.text(key, "").lower() for key in ("guid", "name")]
        known = (self._named_components[each] for each in told if each and each in self._named_components)
        return next(known, _GONE) if any(told) else _ANY


def _anchor(named: Named) -> str:
    return f"of {named.component}" if named.rule is None else named.rule.where


def _parts(name: str) -> Iterator[str]:
    """The name, and what it is a part of: a rule may have parts, which only results name (3.52.4)."""
    for _ in range(_MOST_PARTS):
        if name:
            yield name
        name = name.rpartition("/")[0]


def _by_guid(rules: Sequence[_At]) -> dict[str, _At]:
    """The first with each GUID."""
    found = {each.rule.text("guid", "").lower(): each for each in reversed(rules)}
    found.pop("", None)
    return found


def _first_of_each(parts: Sequence[dict[str, _At]]) -> dict[str, _At]:
    """What any of them has, as the first has it."""
    return {key: at for each in reversed(parts) for key, at in each.items()}
