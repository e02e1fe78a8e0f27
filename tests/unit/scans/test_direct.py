"""Scanning a folder without server and database."""

import os
import subprocess
import sys

import pytest

from keyhole.core.errors import InvalidInput
from keyhole.core.terms import Status
from keyhole.scans import direct, refs
from keyhole.scans.direct import Around
from tests.unit.scans.test_services import git


@pytest.fixture
def work(tmp_path):
    git("init", "-q", "-b", "main", at=tmp_path)
    (tmp_path / "README.md").write_text("hello\n")
    git("add", "-A", at=tmp_path)
    git("commit", "-q", "-m", "first", at=tmp_path)
    return tmp_path


def test_a_folder_is_scanned_as_it_is(work):
    seen = []
    result = direct.scan(work, on_progress=seen.append)
    assert (result.status, result.objects, result.clean) == (Status.COMPLETE, 2, True)
    assert {progress.phase for progress in seen} >= {"listing", "reading"}


def test_one_branch_can_be_named_and_a_wrong_one_is_refused(work):
    assert direct.scan(work, ref="main").objects == 2
    with pytest.raises(InvalidInput) as refused:
        direct.scan(work, ref="gone")
    assert refused.value.field == "ref"
    with pytest.raises(InvalidInput):
        direct.scan(work / "nowhere")


ODD = [
    b"refs/heads/-x",
    b"refs/heads/--all",
    b"refs/heads/caf\xe9",
    "refs/heads/a\u2028b".encode(),
    b"refs/tags/-v",
]


@pytest.mark.parametrize("ref", ODD)
def test_a_branch_of_any_name_that_git_takes_can_be_named(work, ref):
    for each in ODD:
        subprocess.run([b"git", b"update-ref", each, b"HEAD"], cwd=work, check=True)
    name = os.fsdecode(ref)
    assert direct.scan(work, ref=name).objects == 2
    assert direct.scan(work, ref=name, head=True).status is Status.COMPLETE
    with pytest.raises(InvalidInput):
        direct.scan(work, ref=f"{name}-")


@pytest.mark.parametrize(
    "ref", ["refs/heads/*", "refs/heads/m?in", "a\nb", "a\0b", "-main", "\ud800", "x" * 2000]
)
def test_what_is_no_name_is_refused(work, ref):
    with pytest.raises(InvalidInput):
        direct.scan(work, ref=ref)


def test_names_for_a_form_can_be_written_and_need_no_objects(work):
    for each in ODD:
        subprocess.run([b"git", b"update-ref", each, b"HEAD"], cwd=work, check=True)
    (work / ".git/refs/heads/missing").write_text("1" * 40 + "\n")
    found = refs.names(work / ".git")
    assert found == [
        *(
            "refs/heads/--all",
            "refs/heads/-x",
            "refs/heads/a\u2028b",
            "refs/heads/main",
            "refs/heads/missing",
        ),
        "refs/tags/-v",
    ]


def test_a_branch_is_remembered_by_whichever_name_it_is_called(work, tmp_path_factory, settings):
    around = Around(tmp_path_factory.mktemp("data"), settings.KEYHOLE_HMAC_SECRET)
    first = direct.scan(work, ref="main", around=around)
    git("commit", "-q", "--allow-empty", "-m", "second", at=work)
    second = direct.scan(work, ref="refs/heads/main", around=around)
    assert (first.objects, second.objects) == (2, 3)
    assert second.notes == ("Remembered: 2 objects were read by an earlier scan, 1 by this one.",)


def test_ids_last_where_a_folder_can_be_kept_and_are_for_one_run_elsewhere(work, monkeypatch, settings):
    keys = []
    monkeypatch.setattr(direct.child, "run", lambda _folder, *, hmac_secret, **_: keys.append(hmac_secret))
    for around in (Around(), Around(), Around.of(settings), Around.of(settings)):
        direct.scan(work, around=around)
    assert keys[0] != keys[1]
    assert keys[2] == keys[3] == settings.KEYHOLE_HMAC_SECRET


def test_it_needs_neither_the_engine_nor_a_database():
    code = (
        "import sys; from keyhole.scans import direct; "
        "print([name for name in ('dbos', 'sqlalchemy', 'django.db.models') if name in sys.modules])"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "[]\n"
    )
