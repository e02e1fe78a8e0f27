"""What Keyhole itself can be connected for, and what each of these needs. They add up."""

from __future__ import annotations

from dataclasses import dataclass

from keyhole.core.errors import InvalidInput
from keyhole.core.permissions import Level, PermissionSet

_READ, _WRITE = Level.READ, Level.WRITE


@dataclass(frozen=True, slots=True)
class Feature:
    """One thing that Keyhole does with a repository."""

    id: str
    title: str
    about: str
    """What it does with the permissions: completes "Keyhole ..."."""
    permissions: PermissionSet


_TABLE = (
    Feature("scan", "Code scan", "clones the repository to scan it", {"contents": _READ}),
    Feature(
        "pr-comment",
        "Pull request comments",
        "comments on pull requests with what it found",
        {"pull_requests": _WRITE},
    ),
    Feature("status", "Commit status", "marks commits as passed or failed", {"statuses": _WRITE}),
    Feature("sarif", "Code scanning alerts", "uploads findings as SARIF", {"security_events": _WRITE}),
    Feature(
        "webhook",
        "Webhook",
        "makes a webhook, so that a push starts a scan",
        {"repository_hooks": _WRITE},
    ),
    Feature(
        "fix-pr",
        "Fix pull requests",
        "pushes a branch with a fix and opens a pull request",
        {"contents": _WRITE, "pull_requests": _WRITE},
    ),
    Feature(
        "fix-workflows",
        "Fixes in workflow files",
        "changes files below .github/workflows in such a fix",
        {"contents": _WRITE, "pull_requests": _WRITE, "workflows": _WRITE},
    ),
    Feature(
        "posture",
        "Posture check",
        "reads the settings of repositories and of the organization",
        {
            "administration": _READ,
            "contents": _READ,
            "metadata": _READ,
            "vulnerability_alerts": _READ,
            "organization_administration": _READ,
            "members": _READ,
        },
    ),
)

FEATURES = {feature.id: feature for feature in _TABLE}
"""Every feature by id, in the order of the form."""


def feature(wanted: str) -> Feature:
    """The feature of that id. InvalidInput when there is none."""
    found = FEATURES.get(wanted)
    if found is None:
        raise InvalidInput(
            f"There is no feature {wanted[:60]!r}.",
            field="feature",
            hint=f"There are: {', '.join(FEATURES)}.",
        )
    return found
