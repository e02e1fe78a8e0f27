"""Probes of repository permissions. Most are what [TruffleHog](https://github.com/trufflesecurity/trufflehog) asks too,
less what could act: PUT of contents with an empty body, PATCH of a label.

A write-level GET is preferred to any write. Where there is none, a write that misses what GitHub requires: answered
422 to who holds the permission and 403 to who does not. Rows without `closed` prove a grant on private repositories
only, since everybody may read these things of public ones.
"""

from __future__ import annotations

from typing import Final

from keyhole.core.permissions import Level
from keyhole.inspector.probe import Place, Probe

READ, WRITE = Level.READ, Level.WRITE
_REPO = Place.REPOSITORY
_INVALID = frozenset({422})
_ONE = "per_page=1"

SELECTION: Final = Probe("metadata", READ, "repos/list-collaborators", _REPO, closed=True, query=_ONE)
"""Tells on a public repository whether it is one of the selected ones: to others it answers 403."""

READS: Final = (
    SELECTION,
    Probe("contents", READ, "repos/list-commits", _REPO, passed=frozenset({200, 409}), query=_ONE),
    Probe("administration", READ, "actions/get-github-actions-permissions-repository", _REPO, closed=True),
    Probe("administration", READ, "repos/list-deploy-keys", _REPO, closed=True, query=_ONE),
    Probe("issues", READ, "issues/list-for-repo", _REPO, query=_ONE),
    Probe("pull_requests", READ, "pulls/list", _REPO, query=_ONE),
    Probe("actions", READ, "actions/list-artifacts-for-repo", _REPO, query=_ONE),
    Probe("statuses", READ, "repos/get-combined-status-for-ref", _REPO, query=_ONE),
    Probe("deployments", READ, "repos/list-deployments", _REPO, query=_ONE),
    Probe("environments", READ, "actions/list-environment-variables", _REPO, closed=True, query=_ONE),
    Probe("pages", READ, "repos/list-pages-builds", _REPO, query=_ONE),
    Probe("secrets", READ, "actions/list-repo-secrets", _REPO, closed=True, query=_ONE),
    Probe("actions_variables", READ, "actions/list-repo-variables", _REPO, closed=True, query=_ONE),
    Probe("dependabot_secrets", READ, "dependabot/list-repo-secrets", _REPO, closed=True, query=_ONE),
    Probe("agent_secrets", READ, "agents/list-repo-secrets", _REPO, closed=True, query=_ONE),
    Probe("agent_variables", READ, "agents/list-repo-variables", _REPO, closed=True, query=_ONE),
    Probe("security_events", READ, "code-scanning/list-alerts-for-repo", _REPO, closed=True, query=_ONE),
    Probe("vulnerability_alerts", READ, "dependabot/list-alerts-for-repo", _REPO, closed=True, query=_ONE),
    Probe(
        "secret_scanning_alerts", READ, "secret-scanning/list-alerts-for-repo", _REPO, closed=True, query=_ONE
    ),
    Probe("repository_advisories", READ, "security-advisories/list-repository-advisories", _REPO, query=_ONE),
    Probe("repository_hooks", READ, "repos/list-webhooks", _REPO, closed=True, query=_ONE),
    Probe("codespaces", READ, "codespaces/list-in-repository-for-authenticated-user", _REPO, query=_ONE),
    Probe("codespaces_metadata", READ, "codespaces/repo-machines-for-authenticated-user", _REPO),
    Probe("codespaces_lifecycle_admin", READ, "codespaces/get-export-details-for-authenticated-user", _REPO),
    Probe("attestations", READ, "repos/list-attestations", _REPO, query=_ONE),
    Probe("code_quality", READ, "code-quality/list-findings-for-repo", _REPO, query=_ONE),
    Probe("copilot_agent_settings", READ, "copilot/get-copilot-cloud-agent-configuration", _REPO),
    Probe("private_repository_invitations", READ, "repos/list-invitations", _REPO, closed=True, query=_ONE),
)
"""What reading tells."""

WRITE_LEVEL_READS: Final = (
    Probe("contents", WRITE, "activity/list-stargazers-for-repo", _REPO, query=_ONE),
    Probe("administration", WRITE, "interactions/get-pull-request-creation-cap-for-repo", _REPO, closed=True),
    Probe("administration", WRITE, "code-quality/get-setup", _REPO, closed=True),
    Probe("codespaces", WRITE, "codespaces/pre-flight-with-repo-for-authenticated-user", _REPO),
    Probe("codespaces_secrets", WRITE, "codespaces/list-repo-secrets", _REPO, closed=True, query=_ONE),
    Probe("pages", WRITE, "repos/get-pages-health-check", _REPO, passed=frozenset({200, 202})),
)
"""GET operations that GitHub nevertheless answers only to those who may write."""

WRITES: Final = (
    Probe(
        "contents", WRITE, "git/create-ref", _REPO, _INVALID, closed=True,
        harmless="A ref needs a name and a commit; neither is given.",
    ),
    Probe(
        "issues", WRITE, "issues/create", _REPO, _INVALID, closed=True,
        harmless="An issue needs a title; none is given.",
    ),
    Probe(
        "pull_requests", WRITE, "pulls/create", _REPO, _INVALID, closed=True,
        harmless="A pull request needs two branches; none is given.",
    ),
    Probe(
        "actions", WRITE, "actions/create-workflow-dispatch", _REPO, _INVALID, absent=True, closed=True,
        harmless="No workflow has the id 0, and no ref is given to run one on.",
    ),
    Probe(
        "statuses", WRITE, "repos/create-commit-status", _REPO, _INVALID, closed=True,
        harmless="A status needs a state and a commit; the state is missing, and no commit has git's null id.",
    ),
    Probe(
        "deployments", WRITE, "repos/create-deployment", _REPO, _INVALID, closed=True,
        harmless="A deployment needs a ref; none is given.",
    ),
    Probe(
        "environments", WRITE, "actions/create-environment-variable", _REPO, _INVALID, closed=True,
        harmless="A variable needs a name and a value; neither is given.",
    ),
    Probe(
        "pages", WRITE, "repos/cancel-pages-deployment", _REPO, _INVALID, absent=True, closed=True,
        harmless="No deployment belongs to git's null id, so there is none to cancel.",
    ),
    Probe(
        "secrets", WRITE, "actions/create-or-update-repo-secret", _REPO, _INVALID, closed=True,
        harmless="No value is given, and the name is one that no secret can have.",
    ),
    Probe(
        "actions_variables", WRITE, "actions/create-repo-variable", _REPO, _INVALID, closed=True,
        harmless="A variable needs a name and a value; neither is given.",
    ),
    Probe(
        "dependabot_secrets", WRITE, "dependabot/create-or-update-repo-secret", _REPO, _INVALID, closed=True,
        harmless="No value is given, and the name is one that no secret can have.",
    ),
    Probe(
        "agent_secrets", WRITE, "agents/create-or-update-repo-secret", _REPO, _INVALID, closed=True,
        harmless="No value is given, and the name is one that no secret can have.",
    ),
    Probe(
        "agent_variables", WRITE, "agents/create-repo-variable", _REPO, _INVALID, closed=True,
        harmless="A variable needs a name and a value; neither is given.",
    ),
    Probe(
        "security_events", WRITE, "code-scanning/update-alert", _REPO, _INVALID, absent=True, closed=True,
        harmless="No alert has the number 0, and no state is given.",
    ),
    Probe(
        "vulnerability_alerts", WRITE, "dependabot/update-alert", _REPO, _INVALID, absent=True, closed=True,
        harmless="No alert has the number 0, and no state is given.",
    ),
    Probe(
        "secret_scanning_alerts", WRITE, "secret-scanning/update-alert", _REPO, _INVALID, absent=True, closed=True,
        harmless="No alert has the number 0, and no state is given.",
    ),
    Probe(
        "repository_advisories", WRITE, "security-advisories/create-repository-advisory", _REPO, _INVALID, closed=True,
        harmless="An advisory needs a summary and a description; neither is given.",
    ),
    Probe(
        "repository_hooks", WRITE, "repos/update-webhook", _REPO, _INVALID, absent=True, closed=True,
        harmless="No webhook has the id 0, and no setting is given that could change.",
    ),
    Probe(
        "repository_custom_properties", WRITE,
        "repos/custom-properties-for-repos-create-or-update-repository-values", _REPO, _INVALID, closed=True,
        harmless="The list of properties is required; none is given, so no property is named.",
    ),
    Probe(
        "attestations", WRITE, "repos/create-attestation", _REPO, _INVALID, closed=True,
        harmless="An attestation is a signed bundle; none is given.",
    ),
)  # fmt: skip
"""Writes that cannot write. Each says why."""
