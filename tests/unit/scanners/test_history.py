"""What a scan of a whole repository finds, in a real child, with the commit, path and line of each."""

from __future__ import annotations

import base64

import pytest

from keyhole.core.finding import Place
from keyhole.core.secret import Secret
from keyhole.scanners import child
from tests.unit.scanners.conftest import git, only


def test_a_secret_in_a_deleted_file_is_found_with_the_commit_that_brought_it(history, token, scan):
    history.commit({"README": b"hello\n"})
    guilty = history.commit({"src/config.py": b"# settings\n\nTOKEN = '" + token + b"'\n"})
    history.commit(delete=["src/config.py"])
    finding = only(scan(history))
    where = finding.locations[0]
    assert (where.commit, where.path, where.line, where.column) == (guilty, "src/config.py", 3, 10)
    assert where.author_date == "2023-11-14T22:15:20Z"
    assert finding.rule == "github-personal-token"
    assert finding.last4 == token[-4:].decode()


def test_a_secret_in_the_very_first_commit_is_found(history, token, scan):
    first = history.commit({"a": token})
    assert only(scan(history)).locations[0].commit == first


def test_a_secret_that_only_a_merge_has_is_found_there(history, token, scan):
    base = history.commit({"a": b"1\n"})
    one = history.commit({"b": b"2\n"})
    other = history.commit({"c": b"3\n"}, branch="other", parents=[base])
    merge = history.commit({"b": b"2\n", "a": b"1\n" + token + b"\n"}, parents=[one, other])
    where = only(scan(history)).locations[0]
    assert (where.commit, where.path, where.line) == (merge, "a", 2)


def test_a_merge_that_merely_brings_a_secret_along_is_not_blamed(history, token, scan):
    base = history.commit({"a": b"1\n"})
    guilty = history.commit({"s": token}, branch="other", parents=[base])
    history.commit({"b": b"2\n"})
    history.commit({"s": token}, parents=[history.tip(), guilty])
    finding = only(scan(history))
    assert [where.commit for where in finding.locations] == [guilty]


@pytest.mark.parametrize("ref", ["refs/heads/side", "refs/tags/v1", "refs/notes/commits", "refs/pull/7/head"])
def test_every_ref_is_read(history, token, scan, ref):
    history.commit({"a": b"1\n"})
    guilty = history.commit({"s": token}, branch="elsewhere", parents=[])
    history.git("update-ref", ref, guilty)
    history.git("update-ref", "-d", "refs/heads/elsewhere")
    assert only(scan(history)).locations[0].commit == guilty


def test_only_the_chosen_history_is_read_if_tips_are_given(history, token, scan):
    clean = history.commit({"a": b"1\n"})
    dirty = history.commit({"s": token}, branch="side", parents=[])
    assert scan(history, tips=[clean]).clean
    assert scan(history, tips=[dirty]).commit == dirty
    assert only(scan(history, tips=[dirty])).locations[0].commit == dirty
    with pytest.raises(ValueError, match="object id"):
        scan(history, tips=["--output=/tmp/x"])


def test_what_no_ref_reaches_is_not_read(history, token, scan):
    history.commit({"a": b"1\n"})
    history.git("hash-object", "-w", "--stdin", stdin=token)
    assert scan(history).clean


def test_a_secret_in_a_commit_message_is_found(history, token, scan):
    history.commit({"a": b"1\n"}, message="first")
    guilty = history.commit({"a": b"2\n"}, message="second\n\nuse " + token.decode())
    where = only(scan(history)).locations[0]
    assert (where.place, where.commit, where.line) == (Place.COMMIT_MESSAGE, guilty, 3)


@pytest.mark.parametrize("kind", ["empty", "merge"])
def test_a_secret_in_the_message_of_a_commit_that_changes_nothing_is_found_there(history, token, scan, kind):
    base = history.commit({"a": b"1\n"})
    side = history.commit({"b": b"2\n"}, branch="side", parents=[base])
    main = history.commit({"c": b"3\n"})
    parents = [main] if kind == "empty" else [main, side]
    files = {} if kind == "empty" else {"b": b"2\n"}
    guilty = history.commit(files, parents=parents, message="because " + token.decode())
    where = only(scan(history)).locations[0]
    assert (where.place, where.commit, where.path) == (Place.COMMIT_MESSAGE, guilty, "commit message")


def test_a_secret_in_a_tag_message_is_found(history, token, scan):
    commit = history.commit({"a": b"1\n"})
    history.git("tag", "-a", "-m", "with " + token.decode(), "v1", commit)
    where = only(scan(history)).locations[0]
    assert where.place is Place.TAG_MESSAGE
    assert where.line == 1


def test_a_secret_in_a_file_that_only_a_tag_names_is_found(history, token, scan):
    history.commit({"a": b"1\n"})
    blob = history.git("hash-object", "-w", "--stdin", stdin=token)
    history.git("update-ref", "refs/tags/raw", blob)
    where = only(scan(history)).locations[0]
    assert (where.commit, where.line) == ("", 1)


def test_one_secret_in_many_places_is_one_finding(history, token, scan):
    history.commit({f"copy{number:03}": b"%d " % number + token for number in range(70)})
    finding = only(scan(history))
    assert finding.occurrences == 70
    assert len(finding.locations) == 50
    assert finding.locations[0].path == "copy000"


def test_many_versions_of_one_file_are_one_location(history, token, scan):
    first = history.commit({"a": token})
    for number in range(5):
        history.commit({"a": b"\n" * number + b"more\n" + token})
    finding = only(scan(history))
    assert finding.occurrences == 1
    assert (finding.locations[0].commit, finding.locations[0].line) == (first, 1)


def test_the_same_secret_has_the_same_id_in_two_repositories_and_another_under_another_key(
    history, token, scan
):
    history.commit({"a": token})
    one, again = only(scan(history)), only(scan(history))
    other = only(child.run(history.path, hmac_secret=Secret("another")))
    assert (one.id, one.fingerprint) == (again.id, again.fingerprint)
    assert other.fingerprint != one.fingerprint


def test_a_working_copy_and_its_bare_clone_say_the_same(history, token, scan, tmp_path):
    history.commit({"a": token})
    copy = tmp_path / "planted" / "copy"
    git(tmp_path, "clone", "-q", str(history.path), str(copy))
    assert scan(copy / ".git").findings == scan(history).findings


def test_an_empty_repository_is_clean(history, scan):
    result = scan(history)
    assert result.clean
    assert (result.objects, result.commit) == (0, "")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_text_in_utf_16_is_read(history, token, scan, encoding):
    text = "\ufeffline one\r\n$token = '" + token.decode() + "'\r\n"
    history.commit({"script.ps1": text.encode(encoding)})
    assert only(scan(history)).locations[0].line == 2


def test_base64_is_not_attempted(history, token, scan):
    history.commit({"a": base64.b64encode(b"x " + token)})
    assert scan(history).clean
