"""Licences of packages: reading what a lock file or bill of materials says, and which of them a rule accepts.

Expressions are those of SPDX, https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions. Of alternatives (`OR`)
one acceptable licence is enough, since whoever uses the package may choose it; of a combination (`AND`) all must be.
What is no such expression is an unknown licence, and never guessed at.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

_LONGEST = 500
"""Characters of an expression that is read at all; longer ones are unknown."""
_TOKEN = re.compile(r"[()]|[^\s()]+")
_OLD_NAME = re.compile(r"((?:A|L)?GPL|GFDL)-(\d[\d.]*)(\+?)")
_SAYS_NOTHING = frozenset({"", "NOASSERTION", "NONE", "UNKNOWN"})
_PATTERN = re.compile(r"[A-Za-z0-9.+-]+\*")


@dataclass(frozen=True, slots=True)
class Licences:
    """What was read of all that is said about one package's licence."""

    expressions: tuple[str, ...]
    """In SPDX's spelling; all of them hold."""
    unknown: tuple[str, ...]
    """What is no SPDX expression, as it was written."""

    @property
    def known(self) -> bool:
        """Whether something is said and all of it could be read."""
        return bool(self.expressions) and not self.unknown


def read(texts: Iterable[str]) -> Licences:
    """Reads the licences of one package, as `Library.licences` has them."""
    expressions, unknown = [], []
    for text in texts:
        if text.strip().upper() in _SAYS_NOTHING:
            continue
        known = expression(text)
        if known:
            expressions.append(known)
        else:
            unknown.append(text)
    return Licences(tuple(expressions), tuple(unknown))


@functools.lru_cache(maxsize=4096)
def expression(text: str) -> str:
    """The expression in SPDX's spelling; empty if it is none, or names a licence that SPDX does not list."""
    if len(text) > _LONGEST:
        return ""
    try:
        spelled = canonicalize_license_expression(text.strip())
    except InvalidLicenseExpression:
        return ""
    return " ".join(map(_renamed, _TOKEN.findall(spelled))).replace("( ", "(").replace(" )", ")")


def _renamed(name: str) -> str:
    old = _OLD_NAME.fullmatch(name)
    return name if old is None else f"{old[1]}-{old[2]}-{'or-later' if old[3] else 'only'}"


def pattern_problem(text: str) -> str:
    """What is wrong with how a rule names a licence: one, or the beginning of some and `*`. Empty if nothing."""
    if _PATTERN.fullmatch(text):
        return ""
    if " " in text.strip() and " WITH " not in text:
        return f"{text[:60]!r} is an expression; name each licence by itself"
    return "" if expression(text) else f"{text[:60]!r} is no licence that SPDX lists"


def refused(text: str, allowed: Iterable[str], denied: Iterable[str]) -> tuple[str, ...]:
    """The licences that stand in the way of accepting this expression (as `expression` spells it); empty if none.

    A licence is acceptable unless it is denied, and if some are allowed only if it is one of them. Names are those
    that `pattern_problem` finds nothing wrong with.
    """
    return _Reader(_TOKEN.findall(text), _matcher(allowed), _matcher(denied)).whole()


@functools.lru_cache(maxsize=64)
def _compiled(names: tuple[str, ...]) -> re.Pattern[str] | None:
    if not names:
        return None
    parts = [
        re.escape(name[:-1]) + ".*" if name.endswith("*") else re.escape(expression(name) or name)
        for name in names
    ]
    return re.compile("|".join(parts), re.IGNORECASE)


def _matcher(names: Iterable[str]) -> re.Pattern[str] | None:
    return _compiled(tuple(names))


class _Reader:
    """Goes through an expression once. It is well formed: `expression` has seen to that."""

    def __init__(
        self, tokens: list[str], allowed: re.Pattern[str] | None, denied: re.Pattern[str] | None
    ) -> None:
        self._tokens = [*tokens, ""]
        self._place = 0
        self._allowed, self._denied = allowed, denied

    def whole(self) -> tuple[str, ...]:
        """What is refused of all of it."""
        return self._either()

    def _take(self, *wanted: str) -> bool:
        if self._tokens[self._place] in wanted:
            self._place += 1
            return True
        return False

    def _either(self) -> tuple[str, ...]:
        found = [self._all()]
        while self._take("OR"):
            found.append(self._all())
        return () if () in found else tuple(dict.fromkeys(name for each in found for name in each))

    def _all(self) -> tuple[str, ...]:
        found = self._one()
        while self._take("AND"):
            found += self._one()
        return tuple(dict.fromkeys(found))

    def _one(self) -> tuple[str, ...]:
        if self._take("("):
            inside = self._either()
            self._take(")")
            return inside
        name = self._tokens[self._place]
        self._place += 1
        if not self._take("WITH"):
            return () if self._accepts(name, name) else (name,)
        whole = f"{name} WITH {self._tokens[self._place]}"
        self._place += 1
        return () if self._accepts(whole, name) else (whole,)

    def _accepts(self, whole: str, name: str) -> bool:
        """An exception only ever permits more, so a licence that is allowed is so with one, too.

        A denied licence stays denied with an exception, unless the two together are allowed by name.
        """
        if self._allowed is not None and self._allowed.fullmatch(whole):
            return whole != name or not self._matches(self._denied, name)
        if self._matches(self._denied, name) or self._matches(self._denied, whole):
            return False
        return self._allowed is None or self._matches(self._allowed, name)

    @staticmethod
    def _matches(pattern: re.Pattern[str] | None, name: str) -> bool:
        return pattern is not None and pattern.fullmatch(name) is not None
