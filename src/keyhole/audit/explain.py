"""A record in plain words: what was asked, what it needs, what was held, and what to ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from keyhole.audit.models import Entry
from keyhole.core.errors import NotFound

_WHY = {
    "not_yet_valid": "The token is not valid yet.",
    "expired": "The token has expired.",
    "revoked": "The token was revoked while the request was under way.",
    "unknown_token": "The token does not exist any more.",
    "paused": "The token is paused: nothing is allowed with it until it is resumed.",
    "replaced": "The token was rotated, and this is its text from before: the new one was used or the overlap is over.",
    "user_inactive": "The account that the token belongs to is not active.",
    "unknown_operation": "No documented operation has this method and path, and what is not documented is denied.",
    "not_visible": "The token does not reach what was named; to the tool it looks as if there were none.",
    "not_available": "Fine-grained tokens cannot use this operation, on GitHub either.",
    "permission_missing": "The token lacks a permission.",
    "workflows_missing": "It changes files below .github/workflows/, which needs a permission of its own.",
    "ref_not_allowed": "Only branches and tags with proper names can be moved.",
}
_ASK = {
    "not_yet_valid": "Wait until the token is valid.",
    "expired": "Generate a new token.",
    "revoked": "Generate a new token, if the tool should go on.",
    "paused": "Resume it, on the token's page or with `keyhole token resume`, if the tool should go on.",
    "replaced": "Give the tool the new text, or, if that was lost, rotate the token once more.",
    "user_inactive": "Ask an owner of this Keyhole.",
    "unknown_operation": "Check the method and the spelling of the path.",
    "not_visible": "If the tool should reach it, generate a token that selects that repository.",
    "not_available": "Use another operation; no permission helps.",
    "ref_not_allowed": "Push to refs/heads/ or refs/tags/.",
}


def why(reason: str) -> str:
    """The sentence for a reason as records have it; the reason itself where there is none."""
    return _WHY.get(reason, reason)


@dataclass(frozen=True, slots=True)
class Explanation:
    """One record, told."""

    id: str
    at: str
    """RFC 3339, UTC."""
    outcome: str
    who: str
    asked: str
    why: str
    """Why it was denied; empty if it was allowed."""
    needed: str
    held: str
    ask_for: str
    """What to do to be allowed; empty if it was."""
    summary: str
    """All of it in a few sentences."""

    def text(self) -> str:
        """For a terminal."""
        lines = [
            ("Asked", self.asked),
            ("By", self.who),
            ("When", self.at),
            ("Outcome", self.outcome),
            ("Why", self.why),
            ("Needed", self.needed),
            ("Held", self.held),
            ("What to do", self.ask_for),
        ]
        return "\n".join(f"{name:>10}  {value}" for name, value in lines if value)


def explain(entry_id: str) -> Explanation:
    """The record with this id, told. NotFound when there is none."""
    wanted = entry_id.strip()
    # Only what could be an id is looked up: a database may refuse odd characters with an error of its own.
    entry = Entry.objects.filter(id=wanted).first() if wanted.isascii() and wanted.isprintable() else None
    if entry is None:
        raise NotFound(
            "There is no record with this id.", hint="Ids begin with ex_ and are in every refusal."
        )
    subject: dict[str, Any] = entry.subject
    reason = str(subject.get("reason", ""))
    needed = sets(subject.get("needs", []))
    held = sets([subject["has"]]) if subject.get("has") else ""
    ask = _ASK.get(reason) or (f"Generate a token that also has {needed}." if needed else "")
    why = str(subject.get("why") or _WHY.get(reason, reason)) if entry.outcome == "denied" else ""
    if subject.get("detail"):
        why = f"{why} ({subject['detail']})"
    explanation = Explanation(
        id=entry.id,
        at=entry.at.isoformat(timespec="seconds"),
        outcome=entry.outcome,
        who=str(entry.actor.get("name", "")),
        asked=_asked(entry),
        why=why,
        needed=needed,
        held=held,
        ask_for=ask if entry.outcome == "denied" else "",
        summary="",
    )
    return _with_summary(explanation)


def _asked(entry: Entry) -> str:
    subject = entry.subject
    what = f"{subject.get('method', '')} {subject.get('target', '')}".strip() or entry.action
    repositories = ", ".join(subject.get("repositories", [])) or str(subject.get("repository", ""))
    operation = subject.get("operation")
    return what + (f" ({operation})" if operation else "") + (f" on {repositories}" if repositories else "")


def sets(needs: list[dict[str, str]]) -> str:
    """Permission sets in words: `contents: read`, joined by `and`, alternatives by `or`."""
    words = [" and ".join(f"{name}: {level}" for name, level in needed.items()) for needed in needs]
    return ", or ".join(word for word in words if word)


def _with_summary(told: Explanation) -> Explanation:
    if told.outcome == "denied":
        parts = [
            f"Asked: {told.asked}.",
            told.why,
            f"Needed: {told.needed}." if told.needed else "",
            f"The token has: {told.held}." if told.held else "",
            told.ask_for,
        ]
    else:
        parts = [f"{told.who} asked: {told.asked}.", "It was allowed."]
    summary = "\n".join(part for part in parts if part)
    fields = {name: getattr(told, name) for name in told.__slots__ if name != "summary"}
    return Explanation(**fields, summary=summary)
