"""Probes of account permissions: they count only where the user is the resource owner.

`gists` and `starring` have none. POST /gists and DELETE /user/following act or may act, and the star lists are
answered with or without the permission.
"""

from __future__ import annotations

from typing import Final

from keyhole.core.permissions import Level
from keyhole.inspector.probe import Place, Probe

READ, WRITE = Level.READ, Level.WRITE
_ME = Place.ACCOUNT
_INVALID = frozenset({422})
_ONE = "per_page=1"

READS: Final = (
    Probe("blocking", READ, "users/list-blocked-by-authenticated-user", _ME, query=_ONE),
    Probe("codespaces_user_secrets", READ, "codespaces/list-secrets-for-authenticated-user", _ME, query=_ONE),
    Probe("emails", READ, "users/list-emails-for-authenticated-user", _ME, query=_ONE),
    Probe("followers", READ, "users/list-followers-for-authenticated-user", _ME, query=_ONE),
    Probe(
        "git_signing_ssh_public_keys",
        READ,
        "users/list-ssh-signing-keys-for-authenticated-user",
        _ME,
        query=_ONE,
    ),
    Probe("gpg_keys", READ, "users/list-gpg-keys-for-authenticated-user", _ME, query=_ONE),
    Probe("interaction_limits", READ, "interactions/get-restrictions-for-authenticated-user", _ME),
    Probe("keys", READ, "users/list-public-ssh-keys-for-authenticated-user", _ME, query=_ONE),
    Probe("plan", READ, "billing/get-github-billing-usage-report-user", _ME, own="username"),
)
"""What reading tells."""

WRITES: Final = (
    Probe(
        "blocking", WRITE, "users/block", _ME, _INVALID, absent=True,
        harmless="Nobody has a login that begins with a hyphen, so there is nobody to block.",
    ),
    Probe(
        "codespaces_user_secrets", WRITE, "codespaces/create-or-update-secret-for-authenticated-user", _ME, _INVALID,
        harmless="No value and no key are given, and the name is one that no secret can have.",
    ),
    Probe(
        "emails", WRITE, "users/add-email-for-authenticated-user", _ME, _INVALID,
        harmless="No address is given to add.",
    ),
    Probe(
        "followers", WRITE, "users/follow", _ME, _INVALID,
        harmless="Nobody has a login that begins with a hyphen, so there is nobody to follow.",
    ),
    Probe(
        "git_signing_ssh_public_keys", WRITE, "users/create-ssh-signing-key-for-authenticated-user", _ME, _INVALID,
        harmless="No key is given to add.",
    ),
    Probe(
        "gpg_keys", WRITE, "users/create-gpg-key-for-authenticated-user", _ME, _INVALID,
        harmless="No key is given to add.",
    ),
    Probe(
        "interaction_limits", WRITE, "interactions/set-restrictions-for-authenticated-user", _ME, _INVALID,
        harmless="The limit is required; none is given.",
    ),
    Probe(
        "keys", WRITE, "users/create-public-ssh-key-for-authenticated-user", _ME, _INVALID,
        harmless="No key is given to add.",
    ),
    Probe(
        "profile", WRITE, "users/add-social-account-for-authenticated-user", _ME, _INVALID,
        harmless="No account is given to add.",
    ),
)  # fmt: skip
"""Writes that cannot write. Each says why."""
