"""Secrets in the whole history: keys, tokens and passwords that providers issue, found by their published formats.

What: every text in the repository's history is searched for credentials of some two hundred providers, for private
keys, and for passwords, keys and connection strings that code or configuration assigns. Formats that carry a checksum
are verified without any network.

Why: whoever can read the repository, or any copy of it ever made, can use the credential until it is revoked.
Deleting the line in a later commit does not help; history keeps it.

Fix: revoke or rotate the credential at its provider first, then remove it from the files, and hand it to the program
through its environment or a secret store. Rewriting history is optional once the credential is dead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyhole.scanners.secrets import own

if TYPE_CHECKING:
    from keyhole.core.terms import Kind
    from keyhole.scanners.interface import Examiner, Tools

ENGINE_VERSION = "6"
"""Raised by hand when the engine itself, not a rule, would give another result for the same text."""


class Secrets:
    """The scanner, before it is made ready."""

    id = "secrets"
    title = "Secrets in the whole history"
    remembers = True

    @property
    def kinds(self) -> frozenset[Kind]:
        """See `Scanner.kinds`."""
        from keyhole.core.terms import Kind  # noqa: PLC0415  # who only starts a scan does without

        return frozenset({Kind.SECRET})

    def rules_version(self) -> str:
        """Version of the engine and a digest of every rule, own ones too. Raises WrongRules."""
        from keyhole.scanners.secrets import rules  # noqa: PLC0415  # who only starts a scan does without

        more = own.own_rules()
        return f"{ENGINE_VERSION}.{rules.digest_of_all()}{f'+{rules.digest(more)}' if more else ''}"

    def open(self, tools: Tools) -> Examiner:
        """Compiles every rule."""
        from keyhole.scanners.secrets import parsed, rules  # noqa: PLC0415  # 60 ms that only the child needs
        from keyhole.scanners.secrets.engine import Engine  # noqa: PLC0415

        kept = tools.kept if tools.code else None
        if kept is not None:
            parsed.use(kept, tools.code)
        return Engine((*rules.all_rules(), *own.own_rules()), tools.digest, kept, tools.code)


SCANNER = Secrets()
