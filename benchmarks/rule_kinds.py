"""Precision and recall for each kind of rule on labelled lines, and for each file of rules on its own examples."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources

from benchmarks.labelled import NONE, Line
from keyhole.scanners.secrets.engine import Engine
from keyhole.scanners.secrets.rules import Rule, parse
from keyhole.scanners.secrets.shapes import make

_SEEDS = 4
"""How often each example is made."""
_CREDENTIALS = {"credential-assignment", "authorization-header", "json-web-token"}
_CONNECTIONS = {
    "connection-string-password",
    "password-in-address",
    "password-in-data-source-name",
    "password-in-web-address",
}
_PASSWORDS = {
    "basic-authorization-header",
    "curl-user-password",
    "netrc-password",
    "password-assignment",
    "password-in-command",
    "password-in-sql",
    "pgpass-password",
    "redis-server-password",
    "simple-password-assignment",
}


def print_kinds(rules: dict[tuple[str, int], set[str]], made: list[Line]) -> None:
    """Of what rules of a kind find: how much is a secret. Of the lines with such a secret: how many any rule finds."""
    found = {line: rules.get((f"{line.source}/{line.file}", line.number), set()) for line in made}
    for name in sorted({line.kind for line in made} - {NONE}):
        hit = [line for line, by in found.items() if any(_kind(rule) == name for rule in by)]
        true = sum(line.kind != NONE for line in hit)
        there = [line for line in made if line.kind == name]
        seen = sum(bool(found[line]) for line in there)
        print(
            f"    {name:14} {len({rule for by in found.values() for rule in by if _kind(rule) == name}):3} rules"
            f"   P {true / max(1, len(hit)):4.0%} ({true} of {len(hit)})"
            f"   R {seen / max(1, len(there)):4.0%} ({seen} of {len(there)})"
        )


def _kind(rule: str) -> str:
    """What `labelled` calls the secrets that this rule finds."""
    if rule in _CREDENTIALS:
        return "credential"
    if rule in _CONNECTIONS:
        return "connection"
    return "password" if rule in _PASSWORDS else "provider"


def print_examples(engine: Engine) -> None:
    """For each file of rules: how many of all examples are found by their rule, and of all counterexamples by it."""
    print(f"\nexamples of the rules themselves, each made {_SEEDS} times: by file of rules")
    for name, rules in _by_file():
        shown = [(rule, each) for rule in rules for each in rule.examples]
        others = [(rule, each) for rule in rules for each in rule.counterexamples]
        hits = sum(_is_found(engine, *pair) for pair in shown)
        false = sum(_is_found(engine, *pair) for pair in others)
        print(
            f"    {name:14} {len(rules):3} rules   R {hits / len(shown):4.0%} ({hits} of {len(shown)})"
            f"   P {hits / (hits + false):4.0%} ({false} of {len(others)} counterexamples found)"
        )


def _is_found(engine: Engine, rule: Rule, shape: str) -> bool:
    """Whether each text of this shape is found by the rule."""
    return all(
        any(hit.rule == rule.id for hit in engine.examine(make(shape, seed).encode()))
        for seed in range(_SEEDS)
    )


def _by_file() -> Iterator[tuple[str, list[Rule]]]:
    folder = resources.files("keyhole.scanners.secrets") / "rules"
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            yield file.name.removesuffix(".toml"), list(parse(file.name, file.read_text("utf-8")))
