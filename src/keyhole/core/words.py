"""What each permission means, in words: one line for forms, and what a token "can" do with it, per level.

The names and levels come from GitHub's table (`permissions.py`); the sentences are ours. A permission that the
table gains without a sentence here fails `tests/unit/core/test_words.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

from keyhole.core.permissions import Level, vocabulary


@dataclass(frozen=True, slots=True)
class Words:
    """One permission in plain words."""

    about: str
    """What it covers, as one short line for a form."""
    read: str
    """Completes "it can ..." when the level is read; empty where there is no such level."""
    write: str
    """Completes "it can ..." when the level is write or above; includes what read gives."""


COMMON = (
    "metadata",
    "contents",
    "pull_requests",
    "issues",
    "security_events",
    "statuses",
    "actions",
    "workflows",
    "administration",
)
"""Repository permissions that most integrations are about, in the order a form shows them first."""


def words(name: str) -> Words:
    """The words for a permission of the vocabulary; KeyError for any other name."""
    return _WORDS[name]


def phrase(name: str, level: Level) -> str:
    """Completes "it can ..." for a permission held at a level."""
    known = _WORDS[name]
    if level >= Level.ADMIN:
        return f"administer {vocabulary().permissions[name].title.lower()}"
    return known.read if level is Level.READ else known.write


def level_word(level: Level | None) -> str:
    """A level as GitHub's form words it."""
    return "No access" if level is None else level.word.capitalize()


_REPOSITORY = {
    "metadata": Words("Name, description, visibility. Always included.", "see names and descriptions", ""),
    "contents": Words(
        "Clone, files, commits, branches, tags and releases.", "read code", "read and push code"
    ),
    "pull_requests": Words(
        "Pull requests, their reviews, comments and labels.",
        "read pull requests",
        "open and review pull requests",
    ),
    "issues": Words("Issues, comments, labels and milestones.", "read issues", "open and edit issues"),
    "security_events": Words(
        "Results of code scanning; uploading them needs write.",
        "read code scanning alerts",
        "upload scan results",
    ),
    "statuses": Words(
        "The pass or fail marks beside commits.", "read commit statuses", "set commit statuses"
    ),
    "actions": Words(
        "Workflow runs, logs, artifacts and caches.",
        "read workflow runs and artifacts",
        "start and cancel workflow runs",
    ),
    "workflows": Words(
        "Change files below .github/workflows. Whoever can do this can run code in CI.",
        "",
        "change workflow files",
    ),
    "administration": Words(
        "Settings, collaborators, branch protection; deleting the repository.",
        "read settings and collaborators",
        "change settings and delete repositories",
    ),
    "actions_variables": Words(
        "Variables of workflows.", "read workflow variables", "change workflow variables"
    ),
    "agent_secrets": Words("Secrets of coding agents.", "list agent secrets", "replace agent secrets"),
    "agent_tasks": Words("Tasks given to coding agents.", "read agent tasks", "start agent tasks"),
    "agent_variables": Words("Variables of coding agents.", "read agent variables", "change agent variables"),
    "artifact_metadata": Words(
        "Where built artifacts are stored and deployed.", "read artifact metadata", "record artifact metadata"
    ),
    "attestations": Words(
        "Signed statements of how something was built.", "read attestations", "create attestations"
    ),
    "code_quality": Words(
        "Code quality findings and their set-up.", "read code quality findings", "set up code quality"
    ),
    "codespaces": Words(
        "Create, start and stop codespaces.", "list codespaces", "create and delete codespaces"
    ),
    "codespaces_lifecycle_admin": Words(
        "Start, stop and export existing codespaces.", "see codespace lifecycles", "start and stop codespaces"
    ),
    "codespaces_metadata": Words("Machine types and dev containers.", "read codespace metadata", ""),
    "codespaces_secrets": Words("Secrets that codespaces receive.", "", "replace codespace secrets"),
    "copilot_agent_settings": Words("Settings of Copilot's coding agent.", "read Copilot agent settings", ""),
    "dependabot_secrets": Words(
        "Secrets that Dependabot receives.", "list Dependabot secrets", "replace Dependabot secrets"
    ),
    "deployments": Words("Deployments and their statuses.", "read deployments", "create deployments"),
    "discussions": Words("Discussions and their comments.", "read discussions", "write discussions"),
    "environments": Words(
        "Deployment environments and their protection.", "read environments", "change environments"
    ),
    "merge_queues": Words(
        "The queue of pull requests to be merged.", "read merge queues", "change merge queues"
    ),
    "pages": Words("The site published from the repository.", "read Pages settings", "publish Pages"),
    "repository_advisories": Words(
        "Security advisories, also those not published yet.",
        "read security advisories",
        "write security advisories",
    ),
    "repository_custom_properties": Words(
        "Values of the organization's custom properties.",
        "read custom properties",
        "change custom properties",
    ),
    "repository_hooks": Words("Webhooks: where events are sent to.", "read webhooks", "change webhooks"),
    "secret_scanning_alerts": Words(
        "Leaked secrets that were found.", "read secret scanning alerts", "resolve secret scanning alerts"
    ),
    "secrets": Words(
        "Secrets of workflows: names can be read, values only replaced.",
        "list workflow secrets",
        "replace workflow secrets",
    ),
    "vulnerability_alerts": Words(
        "Dependencies with known vulnerabilities.", "read Dependabot alerts", "dismiss Dependabot alerts"
    ),
}

_ORGANIZATION = {
    "issue_fields": Words("Fields that issues have.", "read issue fields", "change issue fields"),
    "issue_types": Words("Types that issues have.", "read issue types", "change issue types"),
    "members": Words("Members and teams.", "read members and teams", "change members and teams"),
    "organization_actions_variables": Words(
        "Variables of workflows, for the organization.",
        "read organization variables",
        "change organization variables",
    ),
    "organization_administration": Words(
        "The organization's settings and policies.",
        "read organization settings",
        "change organization settings",
    ),
    "organization_agent_secrets": Words(
        "Secrets of coding agents, for the organization.",
        "list organization agent secrets",
        "replace organization agent secrets",
    ),
    "organization_agent_variables": Words(
        "Variables of coding agents, for the organization.",
        "read organization agent variables",
        "change organization agent variables",
    ),
    "organization_announcement_banners": Words(
        "The banner shown to everyone.", "read the announcement banner", "change the announcement banner"
    ),
    "organization_api_insights": Words("Who calls the API, and how often.", "read API insights", ""),
    "organization_campaigns": Words("Security campaigns.", "read campaigns", "run campaigns"),
    "organization_code_scanning_dismissal_requests": Words(
        "Requests to dismiss code scanning alerts.", "read dismissal requests", "review dismissal requests"
    ),
    "organization_codespaces": Words(
        "The members' codespaces.", "read members' codespaces", "stop and delete members' codespaces"
    ),
    "organization_codespaces_secrets": Words(
        "Secrets that codespaces receive, for the organization.",
        "list organization codespace secrets",
        "replace organization codespace secrets",
    ),
    "organization_codespaces_settings": Words(
        "Who may use codespaces.", "read codespace policies", "change codespace policies"
    ),
    "organization_copilot_agent_settings": Words(
        "Settings of Copilot's coding agent, for the organization.",
        "read Copilot agent policies",
        "change Copilot agent policies",
    ),
    "organization_copilot_content_exclusion": Words(
        "What Copilot must not read.", "read Copilot exclusions", "change Copilot exclusions"
    ),
    "organization_copilot_metrics": Words("How Copilot is used.", "read Copilot metrics", ""),
    "organization_copilot_seat_management": Words(
        "Who has a Copilot seat.", "read Copilot seats", "assign Copilot seats"
    ),
    "organization_copilot_spaces": Words("Copilot Spaces.", "read Copilot Spaces", "change Copilot Spaces"),
    "organization_custom_org_roles": Words(
        "Custom organization roles.", "read organization roles", "change organization roles"
    ),
    "organization_custom_properties": Words(
        "Which custom properties repositories have.", "read property definitions", "set property values"
    ),
    "organization_custom_roles": Words(
        "Custom repository roles.", "read repository roles", "change repository roles"
    ),
    "organization_dependabot_secrets": Words(
        "Secrets that Dependabot receives, for the organization.",
        "list organization Dependabot secrets",
        "replace organization Dependabot secrets",
    ),
    "organization_events": Words("What happens in the organization.", "read organization events", ""),
    "organization_hooks": Words(
        "Webhooks of the organization.", "read organization webhooks", "change organization webhooks"
    ),
    "organization_hosted_runner_custom_images": Words(
        "Images of hosted runners.", "read runner images", "change runner images"
    ),
    "organization_knowledge_bases": Words(
        "Knowledge bases.", "read knowledge bases", "change knowledge bases"
    ),
    "organization_models": Words("AI models.", "use AI models", ""),
    "organization_network_configurations": Words(
        "Private networks of hosted runners.", "read network configurations", "change network configurations"
    ),
    "organization_plan": Words("The organization's plan.", "read the organization's plan", ""),
    "organization_private_registries": Words(
        "Private package registries.", "read private registries", "change private registries"
    ),
    "organization_projects": Words("Projects of the organization.", "read projects", "edit projects"),
    "organization_secrets": Words(
        "Secrets of workflows, for the organization.",
        "list organization secrets",
        "replace organization secrets",
    ),
    "organization_self_hosted_runners": Words(
        "The organization's own runners.", "read self-hosted runners", "change self-hosted runners"
    ),
    "organization_user_blocking": Words(
        "Users blocked by the organization.", "read blocked users", "block users"
    ),
    "team_discussions": Words("Discussions of teams.", "read team discussions", "write team discussions"),
}

_ACCOUNT = {
    "blocking": Words("Users blocked by you.", "read blocked users", "block users"),
    "codespaces_user_secrets": Words(
        "Secrets that your codespaces receive.",
        "list your codespace secrets",
        "replace your codespace secrets",
    ),
    "copilot_editor_context": Words("What your editor shows Copilot.", "read Copilot's editor context", ""),
    "copilot_messages": Words("Your Copilot conversations.", "read Copilot messages", ""),
    "copilot_requests": Words("Requests to Copilot in your name.", "", "send Copilot requests"),
    "emails": Words("Your email addresses.", "read your email addresses", "change your email addresses"),
    "followers": Words("Whom you follow, and who follows you.", "read followers", "follow people"),
    "gists": Words("Your gists.", "", "write gists"),
    "git_signing_ssh_public_keys": Words(
        "Public SSH keys that sign your commits.", "read your signing keys", "change your signing keys"
    ),
    "gpg_keys": Words("Public GPG keys.", "read your GPG keys", "change your GPG keys"),
    "interaction_limits": Words(
        "Who may comment on your repositories.", "read interaction limits", "change interaction limits"
    ),
    "keys": Words(
        "Public SSH keys that give access to your account.",
        "read your SSH keys",
        "add SSH keys to your account",
    ),
    "knowledge_bases": Words(
        "Your knowledge bases.", "read your knowledge bases", "change your knowledge bases"
    ),
    "plan": Words("Your plan and usage.", "read your plan", ""),
    "private_repository_invitations": Words(
        "Invitations to private repositories.", "read your invitations", ""
    ),
    "profile": Words("Your public profile.", "", "change your profile"),
    "starring": Words("Repositories that you starred.", "read your stars", "star repositories"),
    "user_events": Words("What you do.", "read your events", ""),
    "user_models": Words("AI models, in your name.", "use AI models", ""),
    "watching": Words("Repositories that you watch.", "read what you watch", "watch repositories"),
}

_WORDS = {**_REPOSITORY, **_ORGANIZATION, **_ACCOUNT}
