"""Probes of organization permissions, asked only of the organization that owns the credential. All of them are GET."""

from __future__ import annotations

from typing import Final

from keyhole.core.permissions import Level
from keyhole.inspector.probe import Place, Probe

READ, WRITE = Level.READ, Level.WRITE
_ORG = Place.ORGANIZATION
_ONE = "per_page=1"
_NEVER: frozenset[int] = frozenset()

READS: Final = (
    Probe("members", READ, "orgs/list-outside-collaborators", _ORG, query=_ONE),
    Probe("members", READ, "teams/list", _ORG, query=_ONE),
    Probe("issue_fields", READ, "orgs/list-issue-fields", _ORG),
    Probe("issue_types", READ, "orgs/list-issue-types", _ORG),
    Probe("organization_actions_variables", READ, "actions/list-org-variables", _ORG, query=_ONE),
    Probe("organization_administration", READ, "actions/get-github-actions-permissions-organization", _ORG),
    Probe("organization_agent_secrets", READ, "agents/list-org-secrets", _ORG, query=_ONE),
    Probe("organization_agent_variables", READ, "agents/list-org-variables", _ORG, query=_ONE),
    Probe("organization_api_insights", READ, "api-insights/get-summary-stats", _ORG),
    Probe("organization_campaigns", READ, "campaigns/list-org-campaigns", _ORG, query=_ONE),
    Probe("organization_codespaces", READ, "codespaces/list-in-organization", _ORG, query=_ONE),
    Probe("organization_codespaces_secrets", READ, "codespaces/list-org-secrets", _ORG, query=_ONE),
    Probe(
        "organization_copilot_agent_settings",
        READ,
        "copilot/get-copilot-coding-agent-permissions-organization",
        _ORG,
    ),
    Probe(
        "organization_copilot_content_exclusion",
        READ,
        "copilot/copilot-content-exclusion-for-organization",
        _ORG,
    ),
    Probe("organization_copilot_metrics", READ, "copilot/copilot-organization-usage-metrics", _ORG),
    Probe("organization_copilot_seat_management", READ, "copilot/get-copilot-organization-details", _ORG),
    Probe("organization_copilot_spaces", READ, "copilot-spaces/list-for-org", _ORG, query=_ONE),
    Probe("organization_custom_org_roles", READ, "orgs/list-org-roles", _ORG),
    Probe(
        "organization_custom_properties",
        READ,
        "orgs/custom-properties-for-repos-get-organization-definitions",
        _ORG,
    ),
    Probe("organization_dependabot_secrets", READ, "dependabot/list-org-secrets", _ORG, query=_ONE),
    Probe(
        "organization_events", READ, "activity/list-org-events-for-authenticated-user", _ORG, own="username"
    ),
    Probe("organization_hooks", READ, "orgs/list-webhooks", _ORG, query=_ONE),
    Probe("organization_hosted_runner_custom_images", READ, "actions/list-custom-images-for-org", _ORG),
    Probe(
        "organization_network_configurations",
        READ,
        "hosted-compute/list-network-configurations-for-org",
        _ORG,
        query=_ONE,
    ),
    Probe(
        "organization_private_registries",
        READ,
        "private-registries/list-org-private-registries",
        _ORG,
        query=_ONE,
    ),
    # Public projects are listed to everybody, so that only a refusal tells something.
    Probe("organization_projects", READ, "projects/list-for-org", _ORG, _NEVER, query=_ONE),
    Probe("organization_secrets", READ, "actions/list-org-secrets", _ORG, query=_ONE),
    Probe(
        "organization_self_hosted_runners", READ, "actions/list-self-hosted-runners-for-org", _ORG, query=_ONE
    ),
    Probe("organization_user_blocking", READ, "orgs/list-blocked-users", _ORG, query=_ONE),
    # Rows of repositories that the credential cannot read are left out: an empty list is answered to all.
    Probe("artifact_metadata", READ, "orgs/list-artifact-storage-records", _ORG, _NEVER),
)
"""What reading tells."""

WRITE_LEVEL_READS: Final = (
    Probe("organization_administration", WRITE, "repos/get-org-rulesets", _ORG, query=_ONE),
    Probe(
        "repository_advisories", WRITE, "security-advisories/list-org-repository-advisories", _ORG, query=_ONE
    ),
)
"""GET operations that GitHub nevertheless answers only to those who may write."""
