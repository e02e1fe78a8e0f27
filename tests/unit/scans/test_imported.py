"""SARIF files of other tools: real ones, and every way in which one can be wrong."""

from __future__ import annotations

import json
import subprocess
import sysconfig
from pathlib import Path

import pytest

from keyhole.accounts.services import local_caller
from keyhole.audit.models import Entry
from keyhole.core.actions import Role
from keyhole.core.errors import Conflict, InvalidInput, PermissionDenied
from keyhole.core.gate_kinds import FindingsGate
from keyhole.core.gates import Policy
from keyhole.core.terms import Severity
from keyhole.environments import policies
from keyhole.environments import services as environments
from keyhole.environments.services import EnvironmentSpec
from keyhole.findings.judging import kept_verdict
from keyhole.jobs import engine
from keyhole.repositories import services as repositories
from keyhole.scans import job, reports, services
from keyhole.scans.imported import import_sarif
from keyhole.scans.models import Scan, State
from keyhole.scans.sarif_nodes import Malformed, Node
from keyhole.scans.sarif_places import Places
from keyhole.scans.sarif_reading import MOST_BYTES, read
from tests import canaries
from tests.unit.accounts.kit import caller, person
from tests.unit.scans.test_services import git

pytestmark = pytest.mark.django_db(transaction=True)
SCRIPTS = Path(sysconfig.get_path("scripts"))


@pytest.fixture
def repository(tmp_path):
    work = tmp_path / "harbour" / "tide"
    work.mkdir(parents=True)
    git("init", "-q", "-b", "main", at=work)
    (work / "a.py").write_text("exec(x)\n")
    git("add", "-A", at=work)
    git("commit", "-q", "-m", "first", at=work)
    repositories.connect_folder(local_caller(), tmp_path)
    return repositories.list_repositories(local_caller())[0]


@pytest.fixture(autouse=True)
def handed_over(monkeypatch):
    handed = []
    monkeypatch.setattr(engine, "enqueue", lambda kind, row: handed.append((kind, row)))
    return handed


def log(*results, rules=(), driver="Acme Scan", **run):
    tool = {"driver": {"name": driver, "version": "3.1", "rules": list(rules)}}
    return {"version": "2.1.0", "runs": [{"tool": tool, "results": list(results), **run}]}


def result(uri="src/a.py", line=3, **more):
    place = {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": line}}}
    return {"ruleId": "acme/R1", "message": {"text": "m"}, "locations": [place]} | more


def digest(value):
    import hashlib

    return hashlib.sha256(value).hexdigest()[:32]


def told(document, commit="a" * 40):
    return read(json.dumps(document).encode(), digest, commit)


def only(document):
    (finding,) = told(document).findings
    return finding


def ended(scan):
    job.run(scan.pk)
    scan.refresh_from_db()
    return scan


def test_the_result_of_a_real_tool_is_a_scan_like_any_other(repository, handed_over):
    work = str(repository.git_dir).removesuffix("/.git")
    ran = subprocess.run(
        [SCRIPTS / "ruff", "check", "--isolated", "--select", "S", "--output-format", "sarif", "a.py"],
        cwd=work,
        capture_output=True,
        check=False,
    )
    with pytest.raises(Malformed):
        import_sarif(local_caller(), repository.pk, ran.stdout, "main")
    scan = import_sarif(local_caller(), repository.pk, ran.stdout, "main", work)
    assert handed_over == [("scan", scan.pk)]
    assert scan.state == State.RUNNING
    scan = ended(scan)
    assert scan.state == State.COMPLETE, scan.reason
    assert (scan.scanners, scan.ref, scan.trigger) == (["sarif-ruff"], "refs/heads/main", "manual")
    (row,) = scan.findings.all()
    assert (row.scanner, row.path, row.line) == ("sarif-ruff", "a.py", 1)
    assert row.commit == scan.commit
    assert reports.result(scan).findings[0].id == row.key
    assert Entry.objects.filter(action="scan:create", subject__imported=True).exists()
    again = ended(import_sarif(local_caller(), repository.pk, ran.stdout, "main", work))
    assert again.counters["new"] == again.counters["fixed"] == 0


def test_a_crash_before_the_end_reads_nothing_of_the_repository(repository):
    scan = import_sarif(local_caller(), repository.pk, json.dumps(log(result())).encode())
    for step in (job.prepare, job.read, job.prepare, job.read):
        step(scan.pk)
    scan.refresh_from_db()
    assert (scan.state, scan.attempts, scan.token) == (State.RUNNING, 0, None)
    assert ended(scan).findings.count() == 1


def test_it_is_not_run_again_but_imported_again(repository):
    scan = ended(import_sarif(local_caller(), repository.pk, json.dumps(log(result())).encode()))
    with pytest.raises(Conflict) as problem:
        services.run(local_caller(), scan.pk)
    assert "imported" in problem.value.message


def test_a_policy_judges_what_is_imported_for_an_environment(repository):
    gates = policies.create(local_caller(), Policy("Strict", (FindingsGate(),)))
    live = environments.create(local_caller(), EnvironmentSpec("Live", policy_id=gates.pk))
    told = json.dumps(log(result())).encode()
    scan = ended(import_sarif(local_caller(), repository.pk, told, environment_id=live.pk))
    assert (scan.environment, kept_verdict(scan).passed) == (live, False)
    assert kept_verdict(ended(import_sarif(local_caller(), repository.pk, told))) is None
    environments.remove(local_caller(), live.pk)
    before = Scan.objects.count()
    with pytest.raises(InvalidInput) as problem:
        import_sarif(local_caller(), repository.pk, told, environment_id=live.pk)
    assert (problem.value.field, Scan.objects.count()) == ("environment", before)


def test_who_may_not_scan_may_not_import(repository):
    with pytest.raises(PermissionDenied):
        import_sarif(caller(person("adam", Role.AUDITOR)), repository.pk, b"{}")
    assert not Scan.objects.exists()


def test_a_wrong_file_or_ref_makes_nothing(repository):
    for raw, ref in ((b"{}", ""), (json.dumps(log(result())).encode(), "no-such")):
        with pytest.raises(InvalidInput):
            import_sarif(local_caller(), repository.pk, raw, ref)
    assert not Scan.objects.exists()


def test_rules_say_how_bad_and_what_it_is():
    rule = {
        "id": "acme/R1",
        "shortDescription": {"text": "weak\u202e hash"},
        "fullDescription": {"text": "It breaks."},
        "help": {"text": "Use another."},
        "helpUri": "https://acme.invalid/r1",
        "properties": {"security-severity": "9.1", "precision": "very-high", "tags": ["Secrets"]},
    }
    finding = only(log(result(level="note"), rules=[rule]))
    assert (finding.severity, finding.confidence, finding.kind) == ("critical", "high", "secret")
    assert (finding.title, finding.why, finding.fix) == ("Weak\\u202e hash", "It breaks.", "Use another.")
    assert finding.references == ("https://acme.invalid/r1",)
    assert (finding.scanner, finding.rule) == ("sarif-acme-scan", "acme-r1")


@pytest.mark.parametrize(
    ("more", "severity"),
    [
        ({"level": "error"}, Severity.HIGH),
        ({}, Severity.MEDIUM),
        ({"level": "note"}, Severity.LOW),
        ({"level": "note", "properties": {"security-severity": 7.2}}, Severity.HIGH),
        ({"level": "error", "properties": {"security-severity": "0.0"}}, Severity.HIGH),
    ],
)
def test_the_number_counts_before_the_level(more, severity):
    assert only(log(result(**more))).severity is severity


def test_a_rule_is_found_by_index_and_by_the_parts_of_its_name():
    rules = [{"id": "other"}, {"id": "acme", "shortDescription": {"text": "Found"}}]
    assert only(log(result(), rules=rules)).title == "Found"
    by_index = result(ruleIndex=1)
    del by_index["ruleId"]
    assert only(log(by_index, rules=rules)).title == "Found"


def test_fingerprints_make_it_the_same_and_lines_do_not():
    same = [only(log(result(line=line, partialFingerprints={"h/v1": "x"}))).id for line in (3, 90)]
    assert same[0] == same[1]
    other = only(log(result(uri="src/b.py", partialFingerprints={"h/v1": "x"}))).id
    assert other != same[0]
    whole = [only(log(result(uri=uri, fingerprints={"f": "1"}))).id for uri in ("a", "b")]
    assert whole[0] == whole[1]
    hidden = [only(log(result(uri=uri, fingerprints={"f": "requires login"}))).id for uri in ("a", "b")]
    assert hidden[0] != hidden[1]
    unmarked = told(log(result(line=1), result(line=2), result(line=3, message={"text": "n"}))).findings
    assert len({finding.id for finding in unmarked}) == 3
    assert [only(log(result(line=line))).id for line in (1, 2)] == [only(log(result())).id] * 2


@pytest.mark.parametrize(
    ("uri", "bases", "path"),
    [
        ("src/a.py", {}, "src/a.py"),
        ("./src/../b%20c.py", {}, "b c.py"),
        ("new%0Aline.py?x#y", {}, "new\\u000aline.py"),
        ("file:///work/src/a.py", {"%SRCROOT%": {"uri": "file:///work"}}, "src/a.py"),
        ("/work/src/a.py", {"%SRCROOT%": {"uri": "/work/"}}, "src/a.py"),
        ("a.py", {"SRC": {"uri": "src/", "uriBaseId": "ROOT"}, "ROOT": {"uri": "file:///w/"}}, "a.py"),
        (
            "file:///w/src/a.py",
            {"SRC": {"uri": "src/", "uriBaseId": "ROOT"}, "ROOT": {"uri": "file:///w/"}},
            "src/a.py",
        ),
    ],
)
def test_addresses_become_paths(uri, bases, path):
    assert only(log(result(uri=uri), originalUriBaseIds=bases)).locations[0].path == path


@pytest.mark.parametrize(
    "uri", ["../x", "a/../../x", "file:///etc/passwd", "/etc/passwd", "https://x.invalid/a", "a%00b"]
)
def test_what_is_outside_of_the_repository_is_refused_by_its_place(uri):
    with pytest.raises(Malformed) as problem:
        told(log(result(), result(uri=uri)))
    assert problem.value.message.startswith(
        "runs[0].results[1].locations[0].physicalLocation.artifactLocation.uri"
    )


def test_what_a_tool_suppressed_counts_and_what_is_gone_does_not():
    found = told(
        log(
            result(suppressions=[{"kind": "inSource"}]),
            result(baselineState="absent"),
            result(kind="pass"),
            {"ruleId": "r", "message": {"text": "nowhere"}},
        )
    )
    assert {finding.locations[0].path for finding in found.findings} == {"src/a.py", "."}
    assert "1 result that the tool suppressed counted all the same." in found.notes


def test_a_tool_that_failed_makes_it_incomplete():
    found = told(log(invocations=[{"executionSuccessful": False}]))
    assert found.status == "incomplete"
    assert not found.clean
    assert told(log()).clean


def test_the_commit_that_the_file_names_counts():
    document = log(result(), versionControlProvenance=[{"revisionId": "b" * 40}])
    assert only(document).locations[0].commit == "b" * 40
    assert (
        only(log(result(), versionControlProvenance=[{"revisionId": "HEAD"}])).locations[0].commit == "a" * 40
    )


def test_values_that_tools_write_into_messages_and_snippets_are_not_kept():
    value = canaries.watch("what a tool quotes", "quoted-by-some-tool-5150")
    place = result()["locations"][0]
    place["physicalLocation"]["region"]["snippet"] = {"text": value}
    finding = only(log(result(message={"text": f"found {value}"}, locations=[place])))
    assert value not in json.dumps(finding.to_json())


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (b"", "no JSON"),
        (b"{", "no JSON (line 1)"),
        (b"\xff\xfe", "no JSON"),
        (b"[]", "one object"),
        (b"[" * 100_000, "too deeply"),
        (b" " * (MOST_BYTES + 1), "more than 16 MiB"),
        ({}, "version is missing"),
        ({"version": "2.0.0"}, "version is not 2.1.0"),
        ({"version": "2.1.0"}, "runs is empty"),
        ({"version": "2.1.0", "runs": {}}, "runs is not a list"),
        ({"version": "2.1.0", "runs": [7]}, "runs[0] is not an object"),
        ({"version": "2.1.0", "runs": [{}]}, "runs[0].tool.driver.name is missing"),
        ({"version": "2.1.0", "runs": [{}] * 21}, "21 entries"),
        (log(driver="…"), "runs[0].tool.driver.name has no letter"),
        (log({"message": {}}), "runs[0].results[0].ruleId is missing"),
        (log(result(level="bad")), "runs[0].results[0].level is none of"),
        (log(result(line=0)), "region.startLine is not a line"),
        (log(result(line=True)), "startLine is not a whole number"),
        (log(result(line="3")), "startLine is not a whole number"),
        (log(result(properties={"security-severity": "bad"})), "security-severity is no number"),
        (log(result(locations=[{}] * 1001)), "1,001 entries"),
        (log(*[result()] * 10_001), "10,001 entries"),
        (log(rules=[{}]), "runs[0].tool.driver.rules[0].id is missing"),
        (log(result(fingerprints={"a": 1})), "something else than texts"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(document, says):
    raw = document if isinstance(document, bytes) else json.dumps(document).encode()
    with pytest.raises(Malformed) as problem:
        read(raw, digest, "")
    assert says in problem.value.message
    assert problem.value.field == "file"


def test_a_base_that_names_itself_ends():
    run = Node({"originalUriBaseIds": {"A": {"uri": "a/", "uriBaseId": "A"}}}, "runs[0]")
    with pytest.raises(Malformed):
        Places(run).path(Node({"uri": "/x", "uriBaseId": "A"}, "here"))


@pytest.mark.parametrize(
    ("uri", "root"),
    [
        ("file:///work/a%20b/src/a.py", "/work/a b"),
        ("/work/src/a.py", "/work/"),
        ("file:///C:/work/src/a.py", "C:\\work"),
    ],
)
def test_absolute_addresses_are_below_the_root_that_is_given(uri, root):
    raw = json.dumps(log(result(uri=uri))).encode()
    assert read(raw, digest, "", root).findings[0].locations[0].path == "src/a.py"
    with pytest.raises(Malformed):
        read(raw, digest, "", "/wor")


@pytest.mark.parametrize(
    "run",
    [
        {"results": None},
        {"invocations": [{"executionSuccessful": True, "toolExecutionNotifications": [{"level": "error"}]}]},
        {
            "invocations": [
                {"executionSuccessful": True, "toolConfigurationNotifications": [{"level": "error"}]}
            ]
        },
    ],
)
def test_what_does_not_say_that_all_was_looked_at_is_not_clean(run):
    document = log()
    document["runs"][0] |= run
    assert told(document).status == "incomplete"
    if "results" in run:
        del document["runs"][0]["results"]
        assert told(document).status == "incomplete"


def test_files_of_several_languages_are_of_scanners_of_their_own():
    names = [
        told(log(automationDetails={"id": each})).scanners
        for each in ("/language:python/", "/language:python/monday", "nightly", "a very long category/7")
    ]
    assert names[0] == names[1] == ("sarif-acme-scan-language-python",)
    assert names[2] == ("sarif-acme-scan",)
    assert len(names[3][0]) < 64


@pytest.mark.parametrize(
    "document",
    [
        log(result(properties={"security-severity": 10**400})),
        log(originalUriBaseIds={f"b{number}": {"uri": "x"} for number in range(101)}),
        log(result(uri="/\ud800", uriBaseId="\ud800\x1b[31m")),
    ],
)
def test_what_is_odd_is_refused_in_words_that_can_be_shown(document):
    with pytest.raises(Malformed) as problem:
        told(document)
    assert problem.value.message.isprintable()
    assert problem.value.message.encode()


def test_halves_of_characters_and_endless_names_are_taken_as_far_as_they_go():
    document = log(result(uri="a\ud800.py"), result(ruleId="/" * 3_000_000))
    document["runs"][0]["tool"]["driver"]["version"] = "1\ud800"
    assert len(told(document).findings) == 2
