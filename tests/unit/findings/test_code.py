"""The code around a finding is read from the repository, and no secret is in what is shown."""

from __future__ import annotations

import dataclasses
import subprocess

import pytest

from keyhole.audit.models import Entry
from keyhole.core.finding import Location
from keyhole.core.terms import Kind, Severity
from keyhole.findings import code, services
from keyhole.findings.masking import BLANK, lines_around
from keyhole.findings.models import Problem
from keyhole.repositories import services as repositories
from tests import canaries
from tests.unit.findings.making import boss, finding, hash_of, person, repository, scanned, secret

KEY = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIIrYSSNQFaA2\n/short/\n-----END EC PRIVATE KEY-----"


def text_of(text, line, **more):
    return "\n".join(
        each.text for each in lines_around(text, line, **{"secrets": (), "near_secret": False, **more})
    )


def test_the_line_of_a_secret_and_values_around_it_are_left_out():
    text = "name = tide\ntoken = abc\n\tDEBUG: yes\nurl https://user:pw@host.example/x\nx"
    assert (
        text_of(text, 2, secrets={2}, near_secret=True)
        == f"name = {BLANK}\n{BLANK}\n    DEBUG: {BLANK}\nurl https: {BLANK}\nx"
    )


def test_of_a_line_in_a_file_with_secrets_elsewhere_the_code_is_left():
    text = "run(f'sh {x}', \"a\" + abc12345, shell=True)\nprint('unclosed"
    assert text_of(text, 1, near_secret=True).split("\n")[0] == (
        f"run(f'{BLANK}', \"{BLANK}\" + {BLANK}, shell=True)"
    )
    assert text_of(text, 2, near_secret=True).endswith(f"print('{BLANK}'")


@pytest.mark.parametrize(
    ("text", "line", "shown"),
    [
        ("a\nb\nc", 2, "a\nb\nc"),
        (f"a\n{KEY}\nb", 1, f"a\n{BLANK}\n{BLANK}\n{BLANK}\n{BLANK}\nb"),
        ("a\nsecret\nc", 1, f"a\n{BLANK}\nc"),
        ("key('Zk4ab9QmPz27rTgHxLw5')", 1, f"key('{BLANK}')"),
        ("subprocess.run(command, shell=True)", 1, "subprocess.run(command, shell=True)"),
        ("\x1b[31m\u202etxt", 1, "\\u001b[31m\\u202etxt"),
        ("x" * 500, 1, f"{'x' * 400} ..."),
        ("one\r\ntwo", 2, "one\ntwo"),
        ("only", 9, ""),
    ],
)
def test_lines_of_other_findings(text, line, shown):
    assert text_of(text, line, secrets={2} if "secret" in text else ()) == shown


def test_few_lines_are_shown_and_the_one_is_marked():
    lines = lines_around("\n".join(map(str, range(1, 101))), 50, secrets=(), near_secret=False)
    assert [line.number for line in lines] == list(range(44, 57))
    assert [line.number for line in lines if line.here] == [50]


@pytest.fixture
def planted(tmp_path):
    """A repository with a secret, two findings in it, and the secret's text."""
    value = canaries.plant("secret beside a finding")
    work = tmp_path / "planted" / "harbour" / "tide"
    work.mkdir(parents=True)
    (work / "run\tme.py").write_text(f"import os\nTOKEN = '{value}'\nos.system(TOKEN)\n")
    (work / "blob.bin").write_bytes(b"\0\1")
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run(["git", *arguments], cwd=work, check=True)
    commit = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=work, text=True).strip()
    repositories.connect_folder(boss(), tmp_path / "planted")
    place = repositories.list_repositories(boss())[0]

    def other(path, line, rule="s605"):
        return finding(
            "ruff",
            rule,
            hash_of(path + rule),
            path,
            line,
            severity=Severity.LOW,
            kind=Kind.CODE,
            commit=commit,
        )

    scanned(
        place,
        [
            secret("a", path="run\\u0009me.py", line=2, commit=commit, title="secret"),
            other("run\\u0009me.py", 3),
            other("run\\u0009me.py", 1, "s105-hardcoded"),
            other("blob.bin", 1, "binary"),
            other("gone.py", 1, "gone"),
        ],
        scanners=["secrets", "ruff"],
    )
    return value


def looked_at(rule, caller=None):
    return code.around(caller or boss(), services.get(boss(), Problem.objects.get(rule=rule).pk))


@pytest.mark.django_db
def test_code_is_read_at_the_commit_without_any_secret_and_that_is_on_record(planted):
    for rule in ("github-token", "s605", "s105-hardcoded"):
        lines = looked_at(rule).lines
        assert [line.number for line in lines] == [1, 2, 3, 4]
        assert planted not in "".join(line.text for line in lines)
        assert lines[1].hidden
    assert looked_at("s605").lines[2].text == "os.system(TOKEN)"
    entry = Entry.objects.filter(action="finding:code").first()
    assert entry.subject["path"] == "run\\u0009me.py"


@pytest.mark.django_db
def test_a_secret_that_is_on_another_line_by_now_or_came_under_another_name_is_not_shown(tmp_path):
    work = tmp_path / "planted" / "harbour" / "tide"
    work.mkdir(parents=True)
    versions = ["{}\n", "import os\n\n{}\nos.system(x)\n", "import os\n\n\n\n{}\nos.system(x)\n"]
    line = "PASSWORD = 'xw short'"  # too short to be known for what it is
    subprocess.run(["git", "init", "-q"], cwd=work, check=True)
    commits = []
    for text in versions:
        (work / "app.py").write_text(text.format(line))
        for arguments in (["add", "."], ["commit", "-qm", "one"]):
            subprocess.run(["git", *arguments], cwd=work, check=True)
        commits.append(subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=work, text=True).strip())
    repositories.connect_folder(boss(), tmp_path / "planted")
    place = repositories.list_repositories(boss())[0]
    first = secret("a", path="old.py", title="secret", commit=commits[0])
    there = Location(commits[0], "", "app.py", 1, 1, latest=5)
    hidden = dataclasses.replace(first, locations=(*first.locations, there), occurrences=2)
    for commit, at in ((commits[2], 6), (commits[1], 4)):
        system = finding(
            "ruff",
            "s605",
            hash_of(commit),
            "app.py",
            at,
            severity=Severity.LOW,
            kind=Kind.CODE,
            commit=commit,
        )
        scanned(place, [hidden, system], scanners=["secrets", "ruff"])
        lines = code.around(boss(), Problem.objects.get(key=system.id)).lines
        assert [each.text for each in lines if each.here] == ["os.system(x)"]
        assert "xw short" not in "".join(each.text for each in lines)


@pytest.mark.django_db
def test_why_code_is_not_shown(planted):
    assert looked_at("binary").why_not == "The file is not text."
    assert "not in the repository any more" in looked_at("gone").why_not
    assert "role" in looked_at("s605", person("auditor", "otto")).why_not
    assert looked_at("s605", person("member", "mia")).lines
    place = repository()
    scanned(place, [secret("b", rule="elsewhere"), secret("c", rule="no-commit", commit="")])
    assert "not where it was connected" in looked_at("elsewhere").why_not
    assert "No commit" in looked_at("no-commit").why_not


@pytest.mark.parametrize("near", [True, False])
@pytest.mark.parametrize("line", [1, 2])
@pytest.mark.parametrize("unit", ["a", "'", "'a", '"'])
def test_a_line_of_a_megabyte_is_gone_through_once(near, line, unit):
    assert text_of(unit * 1_000_000, line, near_secret=near)
