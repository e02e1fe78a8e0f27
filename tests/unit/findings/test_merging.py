"""What says the same is shown once, with the reason, until somebody says that it is not the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from keyhole.core.terms import Kind, Severity
from keyhole.findings.merging import PYTHON_SCANNERS, together
from keyhole.findings.models import Problem
from keyhole.scanners.registry import all_scanners
from tests.unit.findings.making import finding, hash_of, repository, scanned, secret, vulnerable

pytestmark = pytest.mark.django_db


def code(scanner, rule, path="app.py", line=3, severity=Severity.MEDIUM, references=()):
    title = f"{scanner} {rule}"
    return finding(
        scanner,
        rule,
        hash_of(f"{scanner}{rule}{path}{line}"),
        path,
        line,
        severity=severity,
        kind=Kind.CODE,
        references=references,
        title=title,
    )


def at(found, *places):
    """The finding with these places: path, line, and line in the latest version."""
    locations = tuple(
        replace(found.locations[0], path=path, line=line, latest=latest) for path, line, latest in places
    )
    return replace(found, locations=locations, occurrences=len(locations))


CWE = "https://cwe.mitre.org/data/definitions/78.html"


@pytest.mark.parametrize(
    ("found", "merged"),
    [
        (
            [code("bandit", "b602"), code("ruff", "s602-subprocess", severity=Severity.HIGH)],
            {"bandit b602": ("ruff s602-subprocess", "same line, same weakness: bandit B602 and ruff S602")},
        ),
        ([code("bandit", "b602"), code("ruff", "s602", line=4)], {}),
        ([code("bandit", "b602"), code("ruff", "s608")], {}),
        ([code("bandit", "b602"), code("bandit", "b602-again")], {}),
        (
            [
                code("semgrep", "shell", references=[CWE]),
                code("bandit", "b602", references=[CWE, "https://x.invalid"]),
            ],
            {
                "semgrep shell": (
                    "bandit b602",
                    "same line, same weakness (CWE-78): semgrep shell and bandit B602",
                )
            },
        ),
        (
            [secret("a", title="token", line=3), code("bandit", "b105"), code("ruff", "s105")],
            {
                "bandit b105": (
                    "token",
                    "same line, a secret in the code: bandit B105 and secrets github-token",
                ),
                "ruff s105": ("token", "same line, same weakness: ruff S105 and bandit B105"),
            },
        ),
        (
            [at(secret("a", title="token"), ("old.py", 9, 12), ("app.py", 1, 3)), code("bandit", "b105")],
            {
                "bandit b105": (
                    "token",
                    "same line, a secret in the code: bandit B105 and secrets github-token",
                )
            },
        ),
        ([at(secret("a", title="token"), ("app.py", 1, 0), ("b.py", 3, 0)), code("bandit", "b105")], {}),
        (
            [
                at(secret("a", title="one"), ("app.py", 3, 0)),
                at(secret("b", title="two"), ("app.py", 3, 0)),
                code("bandit", "b105"),
            ],
            {
                "bandit b105": (
                    "one",
                    "same line, a secret in the code: bandit B105 and secrets github-token",
                )
            },
        ),
        (
            [
                secret("a", title="sure"),
                secret("a", rule="generic", title="unsure", severity=Severity.LOW, path="x"),
            ],
            {"unsure": ("sure", "same secret: secrets generic and secrets github-token")},
        ),
        (
            [
                finding(
                    "sarif-keyhole",
                    "github-token",
                    hash_of("a"),
                    "app.py",
                    1,
                    severity=Severity.CRITICAL,
                    kind=Kind.SECRET,
                    title="said",
                ),
                secret("a", title="seen", severity=Severity.LOW),
            ],
            {"said": ("seen", "same secret: sarif-keyhole github-token and secrets github-token")},
        ),
        ([secret("a", title="one"), secret("b", title="two")], {}),
        (
            [
                vulnerable("flask", ["CVE-1", "GHSA-1"], title="one"),
                vulnerable("flask", ["GHSA-1"], lasting="g", title="two", path="z.lock"),
            ],
            {"two": ("one", "same advisory of flask: GHSA-1")},
        ),
        ([vulnerable("flask", ["CVE-1"]), vulnerable("jinja2", ["CVE-1"])], {}),
    ],
)
def test_what_is_merged_and_why(found, merged):
    place = repository()
    scanners = sorted({each.scanner for each in found})
    for _ in range(2):
        scanned(place, found, scanners=scanners)
        rows = Problem.objects.exclude(merged_into=None).select_related("merged_into")
        assert {row.title: (row.merged_into.title, row.merge_reason) for row in rows} == merged
    scanned(repository(), found, scanners=scanners)
    without_a_server = together(found)
    assert {
        found[number].title: (found[each.into].title, each.reason)
        for number, each in without_a_server.items()
    } == merged


def test_what_is_left_when_the_one_that_was_shown_is_fixed_is_shown_itself():
    place = repository()
    both = [code("ruff", "s602", severity=Severity.HIGH), code("bandit", "b602")]
    scanned(place, both, scanners=["bandit", "ruff"])
    scanned(place, [], scanners=["ruff"])
    row = Problem.objects.get(scanner="bandit")
    assert (row.merged_into, row.is_open) == (None, True)
    assert [event.what for event in row.events.all()] == ["merged", "unmerged"]


def test_scanners_with_the_same_tests_go_by_the_names_they_have():
    assert set(PYTHON_SCANNERS) <= set(all_scanners())
