"""Real workflows before the real zizmor: what is found, and that nobody talks it out of it."""

from __future__ import annotations

from keyhole.core.terms import Kind, Severity, Status
from keyhole.scanners.zizmor import SCANNER

VULNERABLE = b"""\
on: pull_request_target
jobs:
  greet:
    runs-on: ubuntu-latest
    steps:
      - run: echo "${{ github.event.pull_request.title }}"
"""
HIDDEN = VULNERABLE.replace(b'title }}"', b'title }}" # zizmor: ignore[template-injection]')
SAFE = b"""\
name: safe
on: push
permissions: {}
jobs:
  build:
    name: build
    runs-on: ubuntu-latest
    steps:
      - run: "true"
"""


def rules(result):
    return {finding.rule for finding in result.findings}


def test_a_vulnerable_workflow_is_found_with_its_line(history, scan):
    history.commit({".github/workflows/greet.yml": VULNERABLE})
    result = scan(history, scanners=["zizmor"])
    assert result.status is Status.COMPLETE, result.reasons
    assert {"template-injection", "dangerous-triggers"} <= rules(result)
    (injection,) = [finding for finding in result.findings if finding.rule == "template-injection"]
    assert injection.kind is Kind.WORKFLOW
    assert injection.severity is Severity.HIGH
    assert (injection.locations[0].path, injection.locations[0].line) == (".github/workflows/greet.yml", 6)
    assert injection.locations[0].commit == history.tip()
    assert "zizmor 1." in result.notes[0]
    assert any("Landlock" in held or "network" in held for held in result.isolation)


def test_a_safe_one_is_clean_and_none_at_all_is_said(history, scan):
    history.commit({".github/workflows/safe.yaml": SAFE})
    result = scan(history, scanners=["zizmor"])
    assert result.clean, (result.reasons, rules(result))
    history.commit({"a.yml": VULNERABLE}, delete=[".github/workflows/safe.yaml"])
    result = scan(history, scanners=["zizmor"])
    assert result.clean
    assert result.notes[0].startswith("No workflow files to look at")


def test_neither_comments_nor_settings_of_the_repository_hide_anything(history, scan):
    settings = b"rules:\n  template-injection:\n    disable: true\n  dangerous-triggers:\n    disable: true\n"
    history.commit(
        {
            ".github/workflows/greet.yml": HIDDEN,
            "zizmor.yml": settings,
            ".github/zizmor.yml": settings,
            ".gitignore": b"*\n",
        }
    )
    result = scan(history, scanners=["zizmor"])
    assert {"template-injection", "dangerous-triggers"} <= rules(result)
    assert any("such comments are not followed" in note for note in result.notes)


def test_a_file_that_is_no_workflow_is_a_gap_and_the_others_are_looked_at(history, scan):
    history.commit(
        {
            ".github/workflows/greet.yml": VULNERABLE,
            ".github/workflows/broken.yml": b"a: [\n",
            ".github/workflows/other.yml": b"on: push\njobs: 3\n",
            ".github/workflows/new\nline\x1b[31m.yml": VULNERABLE,
            ".github/workflows/bomb.yml": b"a: &a [x,x]\n"
            + b"".join(
                b"%c: &%c [%s]\n" % (98 + each, 98 + each, b",".join([b"*%c" % (97 + each)] * 9))
                for each in range(12)
            ),
        }
    )
    result = scan(history, scanners=["zizmor"])
    assert result.status is Status.INCOMPLETE
    reasons = " ".join(result.reasons)
    assert "broken.yml was not assessed" in reasons
    assert "other.yml was not assessed" in reasons
    paths = {finding.locations[0].path for finding in result.findings}
    assert {".github/workflows/greet.yml", ".github/workflows/new\\u000aline\\u001b[31m.yml"} <= paths


def test_what_is_no_utf_8_keeps_it_from_no_other_file(history, scan):
    files = {
        "greet": VULNERABLE,
        "latin": b"# Gr\xfc\xdfe\n" + VULNERABLE,
        "wide": VULNERABLE.decode().encode("utf-16"),
    }
    history.commit({f".github/workflows/{name}.yml": text for name, text in files.items()})
    result = scan(history, scanners=["zizmor"])
    (reason,) = result.reasons
    assert reason.startswith(".github/workflows/wide.yml was not assessed")
    found = [each.locations[0] for each in result.findings if each.rule == "template-injection"]
    assert {(each.path.rpartition("/")[2], each.line) for each in found} == {
        ("greet.yml", 6),
        ("latin.yml", 7),
    }


def test_links_and_folders_are_not_followed(history, scan, tmp_path):
    outside = tmp_path / "outside.yml"
    outside.write_bytes(VULNERABLE)
    history.commit(
        {".github/workflows/link.yml": str(outside).encode(), "a/b": b"x"},
        modes={".github/workflows/link.yml": "120000"},
    )
    assert scan(history, scanners=["zizmor"]).findings == ()


def test_a_moved_line_is_the_same_finding(history, scan):
    history.commit({".github/workflows/greet.yml": VULNERABLE})
    before = {finding.id for finding in scan(history, scanners=["zizmor"]).findings}
    history.commit({".github/workflows/greet.yml": b"# a line\n\n" + VULNERABLE})
    assert {finding.id for finding in scan(history, scanners=["zizmor"]).findings} == before


def test_which_files_it_wants():
    for path in (b".github/workflows/a.yml", b"a/b/action.yaml", b"action.yml", b".github/dependabot.yml"):
        assert SCANNER.wants(path), path
    for path in (b"a/.github/workflows/a.yml", b".github/workflows/a/b.yml", b"reaction.yml", b"a.yml"):
        assert not SCANNER.wants(path), path


def test_what_an_alias_repeats_is_one_finding_for_one_place(history, scan):
    job = b"""\
on: push
permissions: {}
jobs:
  one: %s
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: echo ${{ github.event.head_commit.message }} ${{ github.event.head_commit.message }}
"""
    path = ".github/workflows/ci.yml"
    history.commit({path: job % b""})
    plainly = scan(history, scanners=["zizmor"])
    history.commit({path: (job % b"&one") + b"  two: *one\n  three: *one\n"})
    aliased = scan(history, scanners=["zizmor"])
    within = [each.id for each in aliased.findings if each.locations[0].line < 9]
    assert within == [each.id for each in plainly.findings]
    assert len(within) >= 3
    assert sum(each.occurrences for each in aliased.findings) == sum(
        each.occurrences for each in plainly.findings
    )


def test_a_workflow_may_be_named_like_an_action(history, scan):
    history.commit({".github/workflows/action.yml": VULNERABLE})
    result = scan(history, scanners=["zizmor"])
    assert result.status is Status.COMPLETE, result.reasons
    assert "template-injection" in rules(result)
    assert SCANNER.name(7, b"a/action.yaml") == "7/action.yml"
    assert SCANNER.alike(b"action.yml", b"a/action.yaml")
    assert not SCANNER.alike(b"action.yml", b".github/workflows/action.yml")
