"""The token in a request's headers. One rule for all carriers, so that no carrier can be judged differently.

`Bearer T` and `token T`, any letter case of the scheme (RFC 9110, 11.1), one space. `Basic` (RFC 7617) carries the
token as its password with any user name, or as its user name with an empty password or `x-oauth-basic`. Everything
else that is present is refused, never skipped: a skipped credential would be judged as none.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable

from keyhole.core.errors import BadCredentials, MalformedRequest
from keyhole.core.secret import Secret
from keyhole.core.token_text import is_well_formed

_LONGEST = 4096
"""Bytes of a header value; tokens have 53 characters, the longest of other systems about a thousand."""
_TOKEN_TEXT = re.compile(r"[\x21-\x7e]+")
_TOKEN_IS_USER = frozenset({"", "x-oauth-basic"})
"""Passwords that say: the token is the user name. The second is what GitHub documented for old git clients."""


def presented(headers: Iterable[tuple[bytes, bytes]]) -> Secret | None:
    """The one token presented, or None when there is no Authorization header at all.

    The text is not checked to be a token of ours; whoever identifies it does that before any look-up. Raises
    BadCredentials when the header is there but not understood, MalformedRequest when there are several.
    """
    values = [value for name, value in headers if name.lower() == b"authorization"]
    if not values:
        return None
    if len(values) > 1:
        raise MalformedRequest("More than one Authorization header.")
    return Secret(_token(values[0]))


def _token(value: bytes) -> str:
    if len(value) > _LONGEST:
        raise _not_understood()
    scheme, _, rest = value.partition(b" ")
    match scheme.lower():
        case b"bearer" | b"token":
            return _visible(rest)
        case b"basic":
            return _from_basic(rest)
        case _:
            raise _not_understood()


def _from_basic(encoded: bytes) -> str:
    try:
        plain = base64.b64decode(encoded, validate=True)
        user, colon, password = plain.decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise _not_understood() from None  # the cause holds the bytes of a credential
    # Stray bits or padding would be a second spelling of the same token.
    if not colon or base64.b64encode(plain) != encoded:
        raise _not_understood()
    if password in _TOKEN_IS_USER:
        return _visible(user.encode("utf-8"))
    if is_well_formed(user) and user != password:
        raise BadCredentials("Bad credentials", hint="User name and password hold different credentials.")
    return _visible(password.encode("utf-8"))


def _visible(raw: bytes) -> str:
    """Nothing is stripped or folded: a token with a space, line end or accent is not that token."""
    text = raw.decode("latin-1")
    if _TOKEN_TEXT.fullmatch(text) is None:
        raise _not_understood()
    return text


def _not_understood() -> BadCredentials:
    return BadCredentials(
        "Bad credentials",
        hint="Send the token as `Authorization: Bearer TOKEN`, or as the password of Basic.",
    )
