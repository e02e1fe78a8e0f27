"""Tokens in words and as data, for every command that shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keyhole.cli.output import count, safe

if TYPE_CHECKING:
    from keyhole.core.caller import Caller
    from keyhole.core.grant import Grant
    from keyhole.tokens.models import Token


def find(caller: Caller, wanted: str) -> Token:
    """The token with this id or name; the live one where a revoked one had the same name."""
    from keyhole.core.errors import NotFound
    from keyhole.tokens.services import get, list_tokens

    if wanted.isdecimal() and wanted.isascii():
        return get(caller, int(wanted))
    named = [row for row in list_tokens(caller, include_revoked=True) if row.name == wanted]
    if not named:
        raise NotFound(
            f"There is no token {safe(wanted)!r}.", hint="`keyhole token list --all` shows every token."
        )
    return min(named, key=lambda row: (row.revoked_at is not None, -row.pk))


def as_dict(token: Token) -> dict[str, Any]:
    """A token for machines, without any secret."""
    stored = token.grant
    return {
        "id": token.pk,
        "name": token.name,
        "description": token.description,
        "state": token.state,
        "purpose": token.purpose,
        "resource_owner": stored.get("owner", {}).get("login"),
        "repository_access": stored.get("access"),
        "repositories": _names(token),
        "permissions": stored.get("permissions", {}),
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "revoked_at": token.revoked_at,
        "paused_at": token.paused_at,
        "rotation": {"since": token.next_since, "old_ends_at": token.overlap_ends_at}
        if token.rotating
        else None,
        "last_used_at": token.last_used_at,
        "last_used_address": token.last_used_address,
        "requests": token.requests,
        "denials": token.denials,
    }


def _names(token: Token) -> list[str]:
    from keyhole.repositories.lookup import selected_by

    rights = _rights(token)
    return [] if rights is None else [row.full_name for row in selected_by(rights)]


def _rights(token: Token) -> Grant | None:
    try:
        return token.grant_value()
    except ValueError:
        return None  # not understood to the last field: it allows nothing, and the commands say so


def reach(token: Token) -> str:
    """Which repositories a token reaches, short."""
    from keyhole.core.grant import Access

    rights, names = _rights(token), _names(token)
    if rights is None:
        return "nothing: its rights cannot be read"
    if rights.access is Access.PUBLIC:
        return "public only"
    if rights.access is Access.ALL:
        return f"all of {rights.owner.login} ({len(names)})"
    gone = len(rights.repository_ids) - len(names)
    if not names:
        return f"{count(gone, 'repository')} not connected any more"
    return ", ".join(names) if len(names) <= 2 else f"{names[0]} and {count(len(names) - 1, 'other')}"


def permission_words(token: Token) -> str:
    """The permissions with their levels, short."""
    rights = _rights(token)
    held = rights.permissions if rights is not None else {}
    return ", ".join(f"{name}: {level.word}" for name, level in sorted(held.items())) or "none"


def sentence(token: Token) -> str:
    """What the token may do, said in one sentence."""
    until = (
        "With no expiration" if token.expires_at is None else f"Until {token.expires_at:%d %B %Y %H:%M} UTC"
    )
    return f"{until}, it reaches {safe(reach(token))} with {permission_words(token)}. Nothing else."
