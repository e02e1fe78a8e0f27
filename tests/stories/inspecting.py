"""Credentials of the sandbox, what they really hold, and the check of what the inspector says of them."""

from __future__ import annotations

from keyhole.core.permissions import Group, Level, vocabulary
from keyhole.core.secret import Secret
from keyhole.inspector.inspect import inspect
from keyhole.inspector.report import Report, Verdict
from keyhole.providers.github.instance import instance_at
from keyhole.providers.outgoing import Outgoing
from tests import canaries

NOT_PUBLISHED = {"agent_secrets", "agent_tasks", "agent_variables", "copilot_agent_settings"}
"""Names that GitHub does not publish, so that no token can be given them."""
OUTGOING = Outgoing(allow_private=True)


def levels_of(group):
    """Every permission of a group that a token can be given, at each of its levels."""
    return [
        (each.name, level)
        for each in vocabulary().permissions.values()
        if each.group is group and each.name not in NOT_PUBLISHED
        for level in each.levels
    ]


def only(name, level):
    """Nothing but one permission."""
    return {name: level.word}


def all_but(group, name, level):
    """Everything of a group, less one permission at one level: what is below that level stays."""
    most = {each: held.word for each, held in levels_of(group)}
    lower = [held for held in vocabulary().permissions[name].levels if held < level]
    del most[name]
    return most | ({name: lower[-1].word} if lower else {})


def report_on(github, token, **rest) -> Report:
    """The inspector's report, made by requests that changed nothing."""
    canaries.watch("a token of the sandbox", token.text)
    before = github.changes
    report = inspect(instance_at(github.url, OUTGOING), Secret(token.text), OUTGOING, **rest)
    assert github.changes == before
    assert token.text not in str(report.as_json())
    return report


def really_held(token) -> dict[str, Level]:
    """What the token may, by GitHub's rules: account permissions need the user, organization ones an organization."""
    person = token.owner is token.user
    groups = {Group.REPOSITORY, Group.ACCOUNT if person else Group.ORGANIZATION}
    known = vocabulary().permissions
    return {name: level for name, level in token.permissions.items() if known[name].group in groups}


def wrong_verdicts(report: Report, held) -> list[str]:
    """The verdicts that contradict what is held."""
    found = []
    for each in report.findings:
        really = held.get(each.permission, 0) >= each.level
        if (each.verdict is Verdict.GRANTED and not really) or (
            each.verdict is Verdict.NOT_GRANTED and really
        ):
            found.append(
                f"{each.permission}={each.level.word} {each.verdict.value}: {each.reason} {each.evidence}"
            )
    return found
