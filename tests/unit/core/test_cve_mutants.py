"""Bugs that others shipped, put into copies of `decide` one at a time: the differential run finds each of them.

If a mutant survives, the run has become blind to that kind of mistake, whatever its figures say.
"""

from __future__ import annotations

import sys
import types

import pytest

from keyhole.core import decide as decide_module
from keyhole.core import grant as grant_module
from tests.unit.core.test_differential import answers

DECISIONS = 40_000
SOURCE = decide_module.__loader__.get_source(decide_module.__name__)

_HOLDS_ALL = (
    "if all(_holds(grant, request, name, level) for name, level in needed.items()):\n            return"
)
_TOUCHING = "if updates is None or any(update.touches_workflows is not False for update in updates):"
_PUBLIC = "if operation.public_ok and all(repository is not None"
_UNAVAILABLE = "operation.standing in (Standing.UNAVAILABLE, Standing.UNLISTED)"
_NAMED = "owner_named or (request.owner is None and not _about_a_user(request))"
MUTANTS = {
    # Gitea CVE-2026-28744, -28699: a missing or unchecked permission reads as "pass".
    "absent-permission-passes": (
        "if held is None or known is None or held < level",
        "if held and held < level",
    ),
    "any-permission-of-a-set-suffices": (_HOLDS_ALL, _HOLDS_ALL.replace("if all(", "if any(")),
    "read-suffices-for-write": ("or held < level:", "or (held < level and level > 2):"),
    "higher-level-does-not-include-lower": ("or held < level:", "or held != level:"),
    # Vault CVE-2020-25816: a lease that outlives its time; the two ends of the interval.
    "expired-for-one-second-passes": ("request.at >= grant.expires_at", "request.at > grant.expires_at"),
    "expiry-forgotten": ("request.at >= grant.expires_at", "False"),
    "not-before-forgotten": ("if request.at < grant.not_before:", "if False:"),
    "not-before-excludes-its-first-moment": (
        "request.at < grant.not_before",
        "request.at <= grant.not_before",
    ),
    # GHES CVE-2026-5845: what is gone reads as "no restriction".
    "deleted-repository-is-skipped": (
        "repository is not None and grant.sees",
        "repository is None or grant.sees",
    ),
    "no-repository-named-is-no-restriction": ("if not request.repositories and any(", "if False and any("),
    "template-repository-is-not-a-repository": (', "{template_repo}")', ")"),
    "repository-id-is-not-a-repository": ('"{repository_id}", ', ""),
    "unknown-organization-is-no-restriction": (
        'if request.owner is None and "{org}" in',
        'if False and "{org}" in',
    ),
    # Gitea CVE-2026-20897, -22555: the second repository of a request is not judged.
    "only-first-repository-must-be-visible": (
        "grant.sees(repository) for repository in request.repositories",
        "grant.sees(repository) for repository in request.repositories[:1]",
    ),
    "one-selected-repository-suffices": (
        "all(_selected(grant, repository)",
        "any(_selected(grant, repository)",
    ),
    # Gitea CVE-2025-68941 and its three sisters: public is confused with permitted.
    "public-permits-writing": (_PUBLIC, _PUBLIC.replace("operation.public_ok and", "")),
    "one-public-repository-suffices": (_PUBLIC, _PUBLIC.replace("all(", "any(")),
    "public-ok-ignores-private": (_PUBLIC, _PUBLIC.replace(" and ", " or ", 1)),
    # goodtune/ghp: what is not known is forwarded.
    "unavailable-operation-passes": (_UNAVAILABLE, "operation.standing is Standing.UNLISTED"),
    "unlisted-operation-falls-through": (_UNAVAILABLE, "operation.standing is Standing.UNAVAILABLE"),
    # GitLab CVE-2024-11669: a permission applies to more than what it was given for.
    "organization-permission-on-any-organization": ("return owner_named and grant", "return grant"),
    "organization-permission-for-a-user": ("and grant.owner.kind is OwnerKind.ORGANIZATION", ""),
    "account-permission-for-an-organization": ("grant.owner.kind is OwnerKind.USER and", ""),
    "account-permission-on-another-user": ("and (owner_named or not _about_a_user(request))", ""),
    "repository-permission-on-another-owner": (_NAMED, "True"),
    "repository-permission-on-an-unknown-user": (_NAMED, "owner_named or request.owner is None"),
    # GHES CVE-2022-46258: a route on which workflow files change without their own permission.
    "workflows-never-needed": (_TOUCHING, "if False:"),
    "unknown-updates-touch-no-workflow": (
        _TOUCHING,
        _TOUCHING.replace("updates is None or ", "").replace("in updates", "in updates or ()"),
    ),
    "undetermined-update-touches-no-workflow": (_TOUCHING, _TOUCHING.replace(" is not False", "")),
    # git-proxy CVE-2025-54583, Gitea CVE-2026-27775: one verdict for all refs of a push.
    "only-first-update-counts-for-workflows": ("for update in updates):", "for update in updates[:1]):"),
    "only-first-ref-is-judged": (
        "in request.updates or () if not is",
        "in (request.updates or ())[:1] if not is",
    ),
    "any-ref-may-move": ("if refused is not None:", "if False:"),
    # Gitea CVE-2025-69413: what is hidden answers differently from what is absent.
    "hidden-answers-forbidden": ("Reason.NOT_VISIBLE: 404", "Reason.NOT_VISIBLE: 403"),
    "visibility-forgotten": ("repository is not None and grant.sees(repository)", "True"),
}


def _mutant(old, new):
    source = SOURCE.replace(old, new)
    module = types.ModuleType("mutated_decide")
    sys.modules[module.__name__] = module  # dataclasses look their module up
    exec(compile(source, "mutated_decide", "exec"), module.__dict__)
    del sys.modules[module.__name__]
    return module.decide


def _first_divergence(engine):
    for number, (_, found, expected) in enumerate(answers(engine, 1, DECISIONS), 1):
        if found != expected:
            return number
    return None


def test_the_unchanged_copy_survives():
    assert _first_divergence(_mutant("", "")) is None


@pytest.mark.parametrize("name", MUTANTS)
def test_mutant_is_killed(name):
    old, new = MUTANTS[name]
    assert old in SOURCE, "decide has changed; change the mutant with it"
    assert _first_divergence(_mutant(old, new)) is not None


@pytest.mark.parametrize(
    ("name", "method", "mutation"),
    [
        (
            "selection-without-owner",
            "selects",
            lambda grant, repository: (
                repository.id in grant.repository_ids or grant.access is grant_module.Access.ALL
            ),
        ),
        (
            "selection-by-owner-only",
            "selects",
            lambda grant, repository: repository.owner.id == grant.owner.id,
        ),
        (
            "selection-by-prefix",
            "selects",
            lambda grant, repository: (
                repository.owner.id == grant.owner.id
                and (
                    grant.access is grant_module.Access.ALL
                    or any(str(repository.id).startswith(str(number)[:1]) for number in grant.repository_ids)
                )
            ),
        ),
        (
            "public-access-selects-public",
            "selects",
            lambda grant, repository: (
                repository.public
                or (
                    repository.owner.id == grant.owner.id
                    and (grant.access is grant_module.Access.ALL or repository.id in grant.repository_ids)
                )
            ),
        ),
        (
            "leftover-selection-counts",
            "selects",
            lambda grant, repository: (
                repository.owner.id == grant.owner.id
                and (grant.access is grant_module.Access.ALL or repository.id in grant.repository_ids)
            ),
        ),
        ("public-is-not-seen", "sees", lambda grant, repository: grant.selects(repository)),
        ("everything-is-seen", "sees", lambda _grant, _repository: True),
    ],
    ids=lambda value: value if isinstance(value, str) and "-" in value else "",
)
def test_mutant_of_a_grant_is_killed(name, method, mutation, monkeypatch):
    monkeypatch.setattr(grant_module.Grant, method, mutation)
    assert _first_divergence(decide_module.decide) is not None, name
