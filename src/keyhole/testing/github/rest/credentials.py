"""Revoking leaked tokens: by anybody, without authentication, and without saying which were real."""

from __future__ import annotations

from keyhole.testing.github.answers import Answer, Problem, invalid
from keyhole.testing.github.call import Call
from keyhole.testing.github.registry import answers

_MOST = 1000
_PREFIXES = ("ghp_", "github_pat_", "gho_", "ghu_", "ghr_")


@answers("credentials/revoke")
def revoke(call: Call) -> Answer:
    """Ends the tokens named; installation tokens are not among the kinds that GitHub takes."""
    if call.actor.token is not None or call.actor.app is not None:
        raise Problem(403, "This endpoint does not accept authenticated requests.")
    given = call.body.get("credentials")
    if not isinstance(given, list) or not given or len(given) > _MOST:
        raise invalid("Credential", "credentials", "invalid")
    ended = 0
    for text in given:
        token = call.world.tokens.get(text) if isinstance(text, str) and text.startswith(_PREFIXES) else None
        if token is not None and token.valid(call.world.now()):
            token.revoked = True
            ended += 1
    return Answer(202, {}, changed=ended > 0)
