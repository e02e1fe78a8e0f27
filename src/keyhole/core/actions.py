"""What people may do in Keyhole itself: one entry per action, its roles beside it. Unlisted means no.

Grammar: `resource:verb`. `_any` marks the right over what belongs to other people. What a token may do on a
repository is another matter, decided in `decide`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What an account is here. Roles are sets of actions; none includes another by rank."""

    OWNER = "owner"
    MAINTAINER = "maintainer"
    AUDITOR = "auditor"
    MEMBER = "member"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that can be asked of Keyhole."""

    name: str
    title: str
    """What it lets a person do, after `may`."""
    roles: frozenset[Role]


_ALL = frozenset(Role)
_WORKERS = frozenset({Role.OWNER, Role.MAINTAINER, Role.MEMBER})
_MAINTAINERS = frozenset({Role.OWNER, Role.MAINTAINER})
_STAFF = frozenset({Role.OWNER, Role.MAINTAINER, Role.AUDITOR})
_AUDITORS = frozenset({Role.OWNER, Role.AUDITOR})
_OWNER = frozenset({Role.OWNER})

_TABLE = (
    Action("advisories:change", "have advisories fetched, now and by themselves", _MAINTAINERS),
    Action("advisories:read", "see how old advisories are, and when they are fetched", _ALL),
    Action("api_token:manage", "make and revoke one's own API tokens", _ALL),
    Action("api_token:manage_any", "see and revoke everybody's API tokens", _OWNER),
    Action("account:change", "change one's own password, second factors and sessions", _ALL),
    Action("approval:decide", "approve and deny tokens that wait for it", _MAINTAINERS),
    Action("approval:read", "see which of one's tokens wait for approval", _ALL),
    Action("audit:read", "read the audit log", _AUDITORS),
    Action("audit:verify", "verify the audit log", _AUDITORS),
    Action("backup:make", "back up everything that Keyhole keeps", _OWNER),
    Action("clock:accept", "declare the machine's clock right after it went back", _OWNER),
    Action("connection:change", "check, rename, rotate, pause and remove connections", _MAINTAINERS),
    Action("connection:create", "connect upstream credentials", _MAINTAINERS),
    Action("connection:read", "see the connections to upstreams", _ALL),
    Action("connection:revoke", "have GitHub revoke the credential of a connection", _MAINTAINERS),
    Action("connection:use", "have code scans reach upstreams through a connection", _WORKERS),
    Action("environment:change", "make, change and remove environments and scan policies", _MAINTAINERS),
    Action("environment:read", "see environments and scan policies", _ALL),
    Action("evidence:make", "make evidence packs of code scans, and see the keys that sign them", _STAFF),
    Action("evidence:rotate", "replace the key that evidence packs are signed with", _OWNER),
    Action("finding:code", "see the code around findings", _WORKERS),
    Action(
        "finding:decide", "accept findings, call them false positives, and part merged ones", _MAINTAINERS
    ),
    Action("finding:read", "see findings through all scans, and the decisions about them", _ALL),
    Action("integration:change", "describe, pause and remove one's own integrations", _WORKERS),
    Action("integration:change_any", "describe, pause and remove everybody's integrations", _OWNER),
    Action("integration:read", "see which tools hold tokens", _ALL),
    Action("member:change", "change roles, and disable and enable members", _OWNER),
    Action("member:invite", "invite people, and take invitations back", _OWNER),
    Action("member:read", "see who is a member and in which role", _STAFF),
    Action("notification:change", "make, change, test and remove notification channels", _MAINTAINERS),
    Action("notification:read", "see notification channels and what was sent", _STAFF),
    Action("policy:change", "set what signing in and tokens must keep to", _OWNER),
    Action("policy:read", "see what signing in and tokens must keep to", _STAFF),
    Action("report:mail", "have reports sent by mail again and again", _MAINTAINERS),
    Action("report:read", "see which reports are shared by link and sent by mail", _ALL),
    Action(
        "report:share",
        "share reports by link with people who have no account, and take links back",
        _MAINTAINERS,
    ),
    Action("repository:change", "make a repository public or private, or remove it", _MAINTAINERS),
    Action("repository:connect", "connect and import repositories", _MAINTAINERS),
    Action("repository:read", "see the connected repositories", _ALL),
    Action("scan:change", "stop and delete code scans", _MAINTAINERS),
    Action("scan:create", "create code scans", _WORKERS),
    Action("scan:read", "see code scans and their findings", _ALL),
    Action("scan:run", "run code scans", _WORKERS),
    Action("schedule:change", "change, pause and remove everybody's schedules", _MAINTAINERS),
    Action("schedule:create", "make schedules, and change one's own", _WORKERS),
    Action("schedule:read", "see which code scans run by themselves", _ALL),
    Action("token:create", "generate tokens", _WORKERS),
    Action("token:create_any", "generate tokens for resource owners other than oneself", _MAINTAINERS),
    Action("token:pause", "pause and resume one's own tokens", _ALL),
    Action("token:pause_any", "pause and resume everybody's tokens", _OWNER),
    Action("token:read", "see one's own tokens", _ALL),
    Action("token:read_any", "see everybody's tokens", _AUDITORS),
    Action("token:revoke", "revoke one's own tokens", _ALL),
    Action("token:revoke_any", "revoke everybody's tokens", _OWNER),
    Action("token:rotate", "rotate one's own tokens", _WORKERS),
    Action("token:rotate_any", "rotate everybody's tokens", _OWNER),
    Action("vault:read", "see whether the vault is open, and under which keys", _AUDITORS),
    Action("vault:release", "let secrets from a restored backup be used again", _OWNER),
    Action("vault:rotate", "replace the key of the vault", _OWNER),
)

ACTIONS = {action.name: action for action in _TABLE}
"""Every action by name."""


def may(role: Role, action: str) -> bool:
    """Whether accounts with the role may do it; False for what is not in the table."""
    known = ACTIONS.get(action)
    return known is not None and role in known.roles
