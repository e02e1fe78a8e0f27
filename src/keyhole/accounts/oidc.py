"""Signing in with an OpenID provider: https://openid.net/specs/openid-connect-core-1_0.html, the code flow with PKCE.

The one issuer is named by the operator, not by whoever signs in, and is asked by the same guarded client as every
address that people give: pinned, without redirects, bounded in time and size. Nothing that the browser brings is
believed but by what the provider says over that connection and signs.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode

import jwt
from django.conf import settings
from django.core.cache import cache
from django.db import transaction

from keyhole.accounts.models import Identity, User
from keyhole.accounts.services import checked_email, make_user
from keyhole.audit.log import ALLOWED, Draft, append
from keyhole.core.actions import Role
from keyhole.core.caller import Caller, Via
from keyhole.core.errors import Conflict, InvalidInput, PermissionDenied, Unavailable
from keyhole.core.names import owner_name
from keyhole.core.secret import Secret
from keyhole.providers.outgoing import Outgoing, Reply, configured

_LARGEST = 200_000
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA")
"""Signatures by a key pair. `none` and those by a shared secret are not signatures of the provider."""
_LEEWAY = 60
_LONGEST_CODE = 2048
_LONGEST_SUBJECT = 255
_REMEMBERED_SECONDS = 300
_NO_ADDRESS = "The provider does not vouch for an email address of yours."


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in on its way: where the browser goes, and what the session keeps for `finish`."""

    address: str
    kept: dict[str, str]


def offered() -> bool:
    """Whether an issuer is set."""
    return bool(settings.KEYHOLE_OIDC_ISSUER)


def begin(outgoing: Outgoing | None = None) -> Begun:
    """Start a sign-in. Unavailable when the provider does not answer or is not what it should be."""
    document = _document(outgoing or configured())
    kept = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
    challenge = urlsafe_b64encode(sha256(kept["verifier"].encode()).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code",
        "client_id": settings.KEYHOLE_OIDC_CLIENT_ID,
        "redirect_uri": _redirect(),
        "scope": "openid email profile",
        "state": kept["state"],
        "nonce": kept["nonce"],
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    address = document["authorization_endpoint"]
    return Begun(f"{address}{'&' if '?' in address else '?'}{urlencode(query)}", kept)


def finish(
    kept: Mapping[str, str] | None, query: Mapping[str, str], outgoing: Outgoing | None = None
) -> User:
    """Who came back from the provider. PermissionDenied when it is nobody who may come in; Unavailable as `begin`.

    `kept` is used up by the caller before this is called: one answer for each sign-in that was begun.
    """
    state = query.get("state", "")
    if kept is None or not hmac.compare_digest(state.encode("utf-8", "replace"), kept["state"].encode()):
        raise _refused("The sign-in was not begun in this browser, or was finished already.")
    if query.get("iss", settings.KEYHOLE_OIDC_ISSUER) != settings.KEYHOLE_OIDC_ISSUER:
        raise _refused("The answer is of another provider.")
    code = query.get("code", "")
    if "error" in query or not code or len(code) > _LONGEST_CODE:
        raise _refused("The provider did not let you in.")
    client = outgoing or configured()
    document = _document(client)
    token = _id_token(client, document, Secret(code), kept["verifier"])
    return _person(_claims(client, document, token, kept["nonce"]))


def _document(outgoing: Outgoing) -> dict[str, Any]:
    """What the provider says of itself, asked for once in some minutes: anybody can begin to sign in, ever again."""
    issuer = settings.KEYHOLE_OIDC_ISSUER
    place = f"oidc-provider:{sha256(issuer.encode()).hexdigest()}"
    known: dict[str, Any] | None = cache.get(place)
    if known is None:
        known = _described(outgoing, issuer)
        cache.set(place, known, _REMEMBERED_SECONDS)
    return known


def _described(outgoing: Outgoing, issuer: str) -> dict[str, Any]:
    found = _json(_ask(outgoing, "GET", f"{issuer}/.well-known/openid-configuration"))
    needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    if found.get("issuer") != issuer or not all(isinstance(found.get(name), str) for name in needed):
        raise _not_right("its description is of another issuer, or lacks an address")
    if not found["authorization_endpoint"].startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        raise _not_right("people would sign in there without encryption")
    return found


def _id_token(outgoing: Outgoing, document: dict[str, Any], code: Secret, verifier: str) -> str:
    client_id: str = settings.KEYHOLE_OIDC_CLIENT_ID
    secret = settings.KEYHOLE_OIDC_CLIENT_SECRET or Secret("")
    form = {
        "grant_type": "authorization_code",
        "code": code.reveal(),
        "redirect_uri": _redirect(),
        "client_id": client_id,
        "code_verifier": verifier,
    }
    headers: dict[str, str | Secret] = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "application/json",
    }
    methods = document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    if "client_secret_basic" in methods:
        pair = f"{quote(client_id, safe='')}:{quote(secret.reveal(), safe='')}"
        headers["Authorization"] = Secret(f"Basic {b64encode(pair.encode()).decode()}")
    else:
        form["client_secret"] = secret.reveal()
    reply = _ask(outgoing, "POST", document["token_endpoint"], headers, urlencode(form).encode())
    if reply.status in (400, 401, 403):
        raise _refused("The provider did not take the code: it was used already, or is too old.")
    token = _json(reply).get("id_token")
    if not isinstance(token, str):
        raise _not_right("it sent no ID token")
    return token


def _claims(outgoing: Outgoing, document: dict[str, Any], token: str, nonce: str) -> dict[str, Any]:
    try:
        header = jwt.get_unverified_header(token)
        if header.get("alg") not in _ALGORITHMS:
            raise _refused("The ID token is not signed in a way that counts.")
        keys = jwt.PyJWKSet.from_dict(_json(_ask(outgoing, "GET", document["jwks_uri"]))).keys
        wanted = [key for key in keys if header.get("kid") in (None, key.key_id)]
        if len(wanted) != 1:
            raise _refused("The ID token is signed with a key that the provider does not have.")
        claims = jwt.decode(
            token,
            wanted[0].key,
            algorithms=[header["alg"]],
            audience=settings.KEYHOLE_OIDC_CLIENT_ID,
            issuer=settings.KEYHOLE_OIDC_ISSUER,
            leeway=_LEEWAY,
            options={"require": ["exp", "iat", "sub", "aud", "iss"]},
        )
    except (jwt.PyJWTError, ValueError, TypeError) as problem:
        raise _refused("The ID token does not hold.") from problem
    for_others = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    azp = claims.get("azp")
    if (for_others or azp is not None) and azp != settings.KEYHOLE_OIDC_CLIENT_ID:
        raise _refused("The ID token is for somebody else.")
    said = claims.get("nonce")
    if not isinstance(said, str) or not hmac.compare_digest(said.encode(), nonce.encode()):
        raise _refused("The ID token is of another sign-in.")
    subject: dict[str, Any] = claims
    return subject


def _person(claims: dict[str, Any]) -> User:
    """Known by issuer and subject, which never change hands; by address only once, and only where that is allowed."""
    issuer, subject = settings.KEYHOLE_OIDC_ISSUER, str(claims["sub"])
    if not 0 < len(subject) <= _LONGEST_SUBJECT:
        raise _refused("The ID token names nobody.")  # cut short, two people could be one
    known = Identity.objects.select_related("user__owner").filter(issuer=issuer, subject=subject).first()
    if known is not None:
        if not known.user.is_active:
            raise _refused("This account is disabled.")
        return known.user
    email = _address(claims)
    domain = email.rpartition("@")[2].casefold()
    if settings.KEYHOLE_OIDC_DOMAINS and domain not in settings.KEYHOLE_OIDC_DOMAINS:
        raise _refused("People of this address are not let in.")
    with transaction.atomic():
        user = User.objects.select_related("owner").filter(email__iexact=email).first()
        if user is None:
            user = _join(email, claims)
        elif not settings.KEYHOLE_OIDC_LINK or not user.is_active:
            raise _refused("There is an account with this address, which is not signed in to this way.")
        elif user.identities.filter(issuer=issuer).exists():
            # Addresses are given to the next one; who was tied to the account is somebody else.
            raise _refused("The account with this address is somebody else's at the provider.")
        Identity.objects.create(user=user, issuer=issuer, subject=subject)
        _record(user, "account:identity", issuer=issuer, member=user.login)
    return user


def _address(claims: Mapping[str, Any]) -> str:
    """The address that the provider vouches for, in ASCII: some databases take a dotless i for an I."""
    email = claims.get("email")
    if claims.get("email_verified") is not True or not isinstance(email, str) or not email.isascii():
        raise _refused(_NO_ADDRESS)
    try:
        return checked_email(email)
    except InvalidInput as problem:
        raise _refused(_NO_ADDRESS) from problem


def _join(email: str, claims: dict[str, Any]) -> User:
    if not settings.KEYHOLE_OIDC_JOIN or not settings.KEYHOLE_OIDC_DOMAINS:
        raise _refused("There is no account with this address here.")
    wanted = str(claims.get("preferred_username") or email.partition("@")[0])
    base = re.sub(r"[^A-Za-z0-9]+", "-", wanted).strip("-")[:30] or "person"
    for number in range(1, 100):
        try:
            login = owner_name(base if number == 1 else f"{base}-{number}")
            user = make_user(email, login, None, Role(settings.KEYHOLE_OIDC_ROLE))
        except Conflict:
            continue
        except InvalidInput:
            base = "person"
        else:
            issuer = settings.KEYHOLE_OIDC_ISSUER
            _record(user, "account:create", login=user.login, role=user.role_name, issuer=issuer)
            return user
    raise _refused("No login is free for this address.")


def _record(user: User, action: str, **subject: object) -> None:
    actor = Caller(user.pk, user.email, Via.SETUP).as_actor()
    append(Draft(action=action, outcome=ALLOWED, actor=actor, subject={"user_id": user.pk, **subject}))


def _redirect() -> str:
    return f"{settings.KEYHOLE_URL}/sign-in/oidc/back"


def _ask(
    outgoing: Outgoing,
    method: str,
    url: str,
    headers: Mapping[str, str | Secret] | None = None,
    body: bytes = b"",
) -> Reply:
    try:
        return outgoing.request(method, url, headers=headers or {}, body=body)
    except InvalidInput as problem:
        raise _not_right(f"an address of it may not be opened ({problem.message})") from problem


def _json(reply: Reply) -> dict[str, Any]:
    try:
        found = json.loads(reply.body) if reply.status == 200 and len(reply.body) <= _LARGEST else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise _not_right(f"it answered with status {reply.status} and nothing that can be read")
    return found


def _refused(why: str) -> PermissionDenied:
    return PermissionDenied(why, hint="Begin again, or ask an owner of this Keyhole.")


def _not_right(why: str) -> Unavailable:
    return Unavailable(
        f"The sign-in provider is not right: {why}.", hint="Tell the operator of this Keyhole."
    )
