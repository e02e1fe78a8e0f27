"""`POST /api/v3/credentials/revoke`: whoever has found tokens of this Keyhole ends them, without an account.

GitHub's own shape, so that what reports leaks to GitHub reports them here: https://docs.github.com/rest/credentials.
The answer is the same whatever was sent, as long as it is a list of texts: it tells nobody whether a token is valid.
"""

from __future__ import annotations

from keyhole.core.errors import InvalidInput
from keyhole.core.secret import Secret
from keyhole.gateway.errors import TooManyRequests
from keyhole.gateway.http import HttpRequest, Response, json_response
from keyhole.gateway.places import in_thread
from keyhole.gateway.rest.bodies import parse
from keyhole.tokens.bounded import Bounded
from keyhole.tokens.leaked import MOST, report

PATH = ("api", "v3", "credentials", "revoke")
PER_HOUR = 60
"""Calls of one address, as at GitHub."""
_LARGEST = 2 * 1024 * 1024
_calls = Bounded(seconds=3600)


def is_report(http: HttpRequest) -> bool:
    """Whether the request hands in leaked tokens. It needs no token, and one in its header changes nothing."""
    return http.method == "POST" and http.target.segments == PATH


async def answer(http: HttpRequest) -> Response:
    """Revoke what is ours among them; 202 and nothing else to say."""
    if _calls.count(http.address)[0] > PER_HOUR:
        raise TooManyRequests(
            f"At most {PER_HOUR} calls an hour are taken from one address; hand in up to {MOST:,} at once."
        )
    given = parse(await http.body.read(_LARGEST)).get("credentials")
    if not isinstance(given, list) or not all(isinstance(text, str) for text in given):
        raise InvalidInput("`credentials` must be a list of texts.", field="credentials")
    if not 1 <= len(given) <= MOST:
        raise InvalidInput(f"`credentials` must hold from 1 to {MOST:,} texts.", field="credentials")
    await in_thread(report, [Secret(text) for text in given], None, http.address)
    return json_response({}, 202)
