"""A whole scan of dependencies: findings with places, and gaps instead of a false "clean"."""

from __future__ import annotations

import json

import pytest

from keyhole.core.finding import AdvisoriesOf
from keyhole.core.terms import Status
from keyhole.scanners.dependencies import SCANNER
from keyhole.scanners.dependencies.draft import Draft
from keyhole.scanners.dependencies.examiner import Packages
from keyhole.scanners.dependencies.formats import requirements
from keyhole.scanners.dependencies.index import KEV
from tests.unit.scanners.dependencies.advisories import AT, index_of, record


def dependencies(scan, history, file):
    return scan(history, scanners=["dependencies"], advisories=file)


def test_a_vulnerable_package_is_found_where_it_stands(history, scan, tmp_path):
    file = index_of(tmp_path, record(aliases=["CVE-2026-1"], references=[{"url": "https://example.org/a"}]))
    commit = history.commit(
        {"a/requirements.txt": b"other==1.0\n\nTool==1.0\n", "requirements.txt": b"tool==1.5\n"}
    )
    result = dependencies(scan, history, file)
    assert result.status is Status.COMPLETE, result.reasons
    (finding,) = result.findings
    assert (finding.rule, finding.occurrences, finding.scanner) == ("vulnerable-package", 2, "dependencies")
    assert [(place.path, place.line, place.commit) for place in finding.locations] == [
        ("a/requirements.txt", 3, commit),
        ("requirements.txt", 1, commit),
    ]
    assert "CVE-2026-1" in finding.why
    assert finding.fix == "Upgrade Tool to 2.0 or later."
    assert finding.references == ("https://example.org/a",)
    assert result.notes == (
        "3 packages of 2 files compared with advisories of 2026-11-25.",
        "Advisories: PyPI 1 (2026-11-25).",
    )
    assert result.advisories_at == AT
    assert result.advisories == (AdvisoriesOf("PyPI", AT),)
    assert dependencies(scan, history, file).findings[0].id == finding.id


def test_the_result_tells_when_the_list_of_what_is_exploited_was_synced(history, scan, tmp_path):
    file = index_of(tmp_path, record())
    history.commit({"requirements.txt": b"tool==1.5\n"})
    assert dependencies(scan, history, file).kev_at == ""
    with Draft(file) as draft:
        draft.fed(KEV, AT, draft.exploited(["CVE-2026-1"]), "")
        draft.commit()
    assert dependencies(scan, history, file).kev_at == AT


def test_the_files_of_the_newest_commit_count_and_not_those_before(history, scan, tmp_path):
    history.commit({"requirements.txt": b"tool==1.0\n"})
    history.commit({"requirements.txt": b"tool==2.0\n"})
    assert dependencies(scan, history, index_of(tmp_path, record())).clean


def test_a_malicious_package_is_a_class_of_its_own(history, scan, tmp_path):
    file = index_of(
        tmp_path, record("MAL-2026-7", name="left-pda", ecosystem="npm", events=[{"introduced": "0"}])
    )
    lock = {"lockfileVersion": 3, "packages": {"node_modules/left-pda": {"version": "1.0.0"}}}
    history.commit({"package-lock.json": json.dumps(lock).encode()})
    (finding,) = dependencies(scan, history, file).findings
    assert (finding.rule, finding.severity.value) == ("malicious-package", "critical")


def test_without_advisories_nothing_is_clean(history, scan, tmp_path):
    history.commit({"requirements.txt": b"tool==1.0\n"})
    for file in (None, tmp_path / "absent"):
        result = dependencies(scan, history, file)
        assert not result.clean
        assert result.reasons == (
            "1 package was not assessed: there are no advisories yet; keyhole advisories sync fetches them",
        )


def test_what_could_not_be_assessed_is_named(history, scan, tmp_path):
    history.commit(
        {
            "requirements.txt": b"tool>=1.0\n",
            "Cargo.lock": b"[[package]]\nname='a'\nversion='1.0.0'\nsource='registry+x'\n",
            "composer.lock": b"{",
            "evil\x1b[2J/go.mod": b"\xff",
        }
    )
    result = dependencies(scan, history, index_of(tmp_path, record()))
    assert result.status is Status.INCOMPLETE
    told = "; ".join(result.reasons)
    assert "composer.lock was not assessed: not JSON" in told
    assert "go.mod was not assessed: not UTF-8 text" in told
    assert "1 package of crates.io was not assessed: there are no advisories for crates.io" in told
    assert "1 package without one exact version was not assessed: tool" in told
    assert "\x1b" not in told


def test_a_repository_without_such_files_or_without_commits_is_clean(history, scan, tmp_path):
    file = index_of(tmp_path, record())
    assert dependencies(scan, history, file).clean
    history.commit({"README": b"x"})
    assert dependencies(scan, history, file).clean


def test_both_scanners_in_one_scan(history, scan, tmp_path, token):
    history.commit({"requirements.txt": b"tool==1.0\n", "old": token})
    history.commit({"old": b"gone"})
    result = scan(history, scanners=["secrets", "dependencies"], advisories=index_of(tmp_path, record()))
    assert {finding.scanner for finding in result.findings} == {"secrets", "dependencies"}


@pytest.mark.parametrize(
    ("target", "gap"),
    [
        (b"/etc/passwd", "1 link out of the repository was not assessed: requirements.txt"),
        (b"../requirements.txt", "1 link out of the repository was not assessed: requirements.txt"),
        (b"gone.txt", "1 link to no file of the commit was not assessed: requirements.txt"),
        (b"requirements.txt", "1 link to no file of the commit was not assessed: requirements.txt"),
    ],
)
def test_a_link_to_what_is_not_there_is_not_followed_and_not_clean(history, scan, tmp_path, target, gap):
    history.commit({"requirements.txt": target}, modes={"requirements.txt": "120000"})
    result = dependencies(scan, history, index_of(tmp_path, record()))
    assert (result.clean, result.reasons) == (False, (gap,))


def test_a_link_is_read_as_its_own_name_says_if_its_file_is_not_read_anyway(history, scan, tmp_path):
    links = {"requirements.txt": b"deps/base", "a/requirements.txt": b"../deps/base"}
    links |= {"b/requirements.txt": b"../c/requirements.txt"}
    files = {"deps/base": b"tool==1.0\n", "c/requirements.txt": b"-r ../b/requirements.txt\ntool==1.5\n"}
    history.commit({**files, **links}, modes=dict.fromkeys(links, "120000"))
    result = dependencies(scan, history, index_of(tmp_path, record()))
    assert result.reasons == ()
    (finding,) = result.findings
    paths = ["a/requirements.txt", "c/requirements.txt", "requirements.txt"]
    assert [place.path for place in finding.locations] == paths
    assert [library.path for library in result.libraries] == paths


def test_a_link_whose_file_is_read_as_another_format_is_read_as_its_own(history, scan, tmp_path):
    files = {"setup.py": b"tool==1.0\n", "requirements.txt": b"setup.py"}
    history.commit(files, modes={"requirements.txt": "120000"})
    (finding,) = dependencies(scan, history, index_of(tmp_path, record())).findings
    assert [place.path for place in finding.locations] == ["requirements.txt"]


def test_a_lock_file_that_is_a_link_settles_its_manifest(history, scan, tmp_path):
    gemfile = b"gemspec\n"
    lock = b"GEM\n  remote: https://rubygems.org/\n  specs:\n    rake (13.0.0)\n"
    files = {"Gemfile.lock": lock, "a/Gemfile": gemfile, "a/Gemfile.lock": b"../Gemfile.lock"}
    history.commit(files, modes={"a/Gemfile.lock": "120000"})
    file = index_of(tmp_path, record(name="tool", ecosystem="RubyGems"))
    assert dependencies(scan, history, file).reasons == ()
    history.commit({"a/Gemfile.lock": b"../gone"}, modes={"a/Gemfile.lock": "120000"})
    assert len(dependencies(scan, history, file).reasons) == 2


def test_a_file_that_requirements_name_and_is_not_in_the_commit_is_not_assessed(history, scan, tmp_path):
    history.commit({"requirements.txt": b"-r dev-requirements.txt\n-c constraints.txt\n"})
    result = dependencies(scan, history, index_of(tmp_path, record()))
    assert result.reasons == (
        "2 files named by requirements were not assessed: constraints.txt, dev-requirements.txt",
    )
    files = {"dev-requirements.txt": b"tool==2.0\n", "constraints.txt": b"other==1\n"}
    history.commit(files)
    assert dependencies(scan, history, index_of(tmp_path, record())).clean


def test_the_path_of_a_link_tells_no_secret_and_steers_nothing(history, scan, tmp_path, token):
    path = b"d" * 70 + b"/\x1b-" + token + b"/requirements.txt"
    history.commit({path: b"/x"}, modes={path: "120000"})
    file = index_of(tmp_path, record())
    (reason,) = scan(history, scanners=["secrets", "dependencies"], advisories=file).reasons
    assert reason.endswith("/\\u001b-***/requirements.txt")


def test_submodules_are_not_opened(history, scan, tmp_path):
    commit = history.commit({"a": b"1"})
    history.git("update-ref", "refs/heads/other", commit)
    tree = history.git("mktree", "--missing", stdin=b"160000 commit %b\trequirements.txt\n" % commit.encode())
    who = ("-c", "user.name=A", "-c", "user.email=a@example.invalid")
    history.git("update-ref", "refs/heads/main", history.git(*who, "commit-tree", "-m", "x", tree))
    assert dependencies(scan, history, index_of(tmp_path, record())).clean


def test_more_packages_than_anybody_has_are_cut_and_said(tmp_path, monkeypatch):
    monkeypatch.setattr("keyhole.scanners.dependencies.examiner.MOST_PACKAGES", 3)
    text = b"".join(b"p%d==1.0\n" % number for number in range(10))
    assessment = Packages(index_of(tmp_path, record())).assess([(b"requirements.txt", text)])
    assert any("more than 3 packages" in gap for gap in assessment.gaps)
    assert len(assessment.libraries) == 3


def test_the_scanner_tells_its_version():
    assert SCANNER.rules_version()
    assert SCANNER.title


def test_a_version_that_another_file_gives_is_assessed_there(tmp_path):
    parent = (
        b"<project><groupId>g</groupId><artifactId>top</artifactId><dependency><groupId>g</groupId>"
        b"<artifactId>tool</artifactId><version>1.0</version></dependency></project>"
    )
    child = (
        b"<project><parent><groupId>g</groupId><artifactId>top</artifactId></parent>"
        b"<dependency><groupId>g</groupId><artifactId>tool</artifactId></dependency></project>"
    )
    scanner = Packages(index_of(tmp_path, record(name="g:tool", ecosystem="Maven")))
    together = scanner.assess([(b"pom.xml", parent), (b"child/pom.xml", child)])
    assert (len(together.issues), together.gaps) == (1, ())
    assert "1 package of 2 files" in together.notes[0]
    alone = scanner.assess([(b"child/pom.xml", child)])
    assert "1 package without one exact version was not assessed: g:tool" in alone.gaps[0]


def test_a_reader_that_fails_takes_no_other_file_with_it(tmp_path, monkeypatch):
    def broken(_content):
        raise KeyError("unheard-of")

    readers = {b"Cargo.lock": broken, b"requirements.txt": requirements.read}
    monkeypatch.setattr("keyhole.scanners.dependencies.examiner.reader_of", readers.get)
    monkeypatch.setattr("keyhole.scanners.dependencies.examiner.LARGEST_FILE", 100)
    files = [(b"Cargo.lock", b""), (b"requirements.txt", b"tool==1.0\n"), (b"requirements.txt", b"#" * 101)]
    found = Packages(index_of(tmp_path, record())).assess(files)
    assert len(found.issues) == 1
    assert found.gaps == (
        "Cargo.lock was not assessed: it cannot be read (KeyError)",
        "requirements.txt was not assessed: it is larger than any such file",
    )
