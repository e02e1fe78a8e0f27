"""Connecting folders, following renames, refusing what would confuse one repository with another."""

import shutil
import subprocess

import pytest
from django.conf import settings

from keyhole.accounts.services import local_caller
from keyhole.audit.models import Entry
from keyhole.core.errors import Conflict, InvalidInput, NotFound
from keyhole.core.grant import Access, make
from keyhole.core.permissions import Level
from keyhole.providers import local
from keyhole.repositories import lookup, services
from keyhole.repositories.models import Repository

pytestmark = pytest.mark.django_db(transaction=True)


def bare(path):
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(path)], check=True)
    return path


def connect(root, **more):
    return services.connect_folder(local_caller(), root, **more)


def names(rows):
    return [row.full_name for row in rows]


def grant(owner, access=Access.SELECTED, ids=()):
    permissions = {} if access is Access.PUBLIC else {"contents": Level.READ}
    return make(
        owner=owner.as_core(),
        access=access,
        repository_ids=frozenset(ids),
        permissions=permissions,
        not_before=Repository.objects.first().connected_at,
        expires_at=None,
    )


def test_folders_become_owners_and_everything_is_private(tmp_path):
    bare(tmp_path / "team" / "tool.git")
    bare(tmp_path / "alone.git")
    report = connect(tmp_path)
    assert sorted(names(report.connected)) == ["local/alone", "team/tool"]
    assert not any(row.public for row in report.connected)
    assert {entry.action for entry in Entry.objects.all()} == {"repository:connect"}


def test_connecting_again_changes_nothing(tmp_path):
    bare(tmp_path / "tool.git")
    first = connect(tmp_path).connected[0]
    again = connect(tmp_path)
    assert again.connected == ()
    assert [row.pk for row in again.known] == [first.pk]


@pytest.mark.parametrize("where", ["nothing", "empty", "file"])
def test_what_is_no_folder_of_repositories_is_explained(tmp_path, where):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")
    with pytest.raises(InvalidInput) as refused:
        connect(tmp_path / where)
    assert refused.value.field == "path"
    assert refused.value.hint
    assert Repository.objects.count() == 0


@pytest.mark.parametrize("name", ["-rf", "a b", "naïve", "tool.wiki", "x" * 101])
def test_n5_a_folder_whose_name_is_no_repository_name_is_skipped_and_said(tmp_path, name):
    bare(tmp_path / "good.git")
    bare(tmp_path / name)
    report = connect(tmp_path)
    assert names(report.connected) == ["local/good"]
    assert [one.path.name for one in report.skipped] == [name]
    assert report.skipped[0].why


def test_n4_two_names_that_differ_in_case_alone_are_one_name(tmp_path):
    bare(tmp_path / "Tool.git")
    bare(tmp_path / "tool")
    report = connect(tmp_path)
    assert len(report.connected) == len(report.skipped) == 1
    found = lookup.find("LOCAL", "tOOL")
    assert found is not None
    assert found.repository.pk == report.connected[0].pk
    assert not found.moved


def test_p22_a_renamed_folder_keeps_its_id_and_its_old_name_leads_to_it(tmp_path):
    bare(tmp_path / "old.git")
    row = connect(tmp_path).connected[0]
    (tmp_path / "old.git").rename(tmp_path / "new.git")
    assert lookup.find("local", "old") is None, "what is not in its place is not served"
    report = services.refresh(local_caller())
    assert [(found.pk, found.full_name) for found in report.renamed] == [(row.pk, "local/new")]
    former = lookup.find("local", "old")
    assert former is not None
    assert (former.repository.pk, former.moved) == (row.pk, True)


def test_p22_a_transferred_folder_changes_its_owner_and_keeps_its_id(tmp_path):
    bare(tmp_path / "red" / "tool.git")
    (tmp_path / "blue").mkdir()
    row = connect(tmp_path).connected[0]
    (tmp_path / "red" / "tool.git").rename(tmp_path / "blue" / "tool.git")
    assert names(services.refresh(local_caller()).renamed) == ["blue/tool"]
    moved = lookup.by_id(row.pk)
    assert moved is not None
    assert not grant(row.owner, ids=[row.pk]).sees(moved.as_core()), (
        "a token of the old owner does not follow"
    )


def test_p22_a_repository_made_again_under_an_old_name_is_another_one(tmp_path):
    path = bare(tmp_path / "tool.git")
    old = connect(tmp_path).connected[0]
    shutil.rmtree(path)
    bare(path)
    assert lookup.find("local", "tool") is None
    assert lookup.by_id(old.pk) is None
    services.disconnect(local_caller(), old.pk)
    new = connect(tmp_path).connected[0]
    assert new.pk != old.pk
    found = lookup.find("local", "tool")
    assert found is not None
    assert found.repository.pk == new.pk


def test_p22_a_squatter_takes_the_name_and_not_the_rights(tmp_path):
    bare(tmp_path / "tool.git")
    old = connect(tmp_path).connected[0]
    (tmp_path / "tool.git").rename(tmp_path / "moved.git")
    bare(tmp_path / "tool.git")
    services.refresh(local_caller())
    squatter = lookup.find("local", "tool")
    assert squatter is not None
    assert squatter.repository.pk != old.pk
    assert not grant(old.owner, ids=[old.pk]).selects(squatter.repository.as_core())


def test_a_copy_gets_an_identity_of_its_own(tmp_path):
    path = bare(tmp_path / "tool.git")
    original = connect(tmp_path).connected[0]
    shutil.copytree(path, tmp_path / "copy.git")
    copy = connect(tmp_path).connected[0]
    assert copy.pk != original.pk
    assert local.marker_of(tmp_path / "copy.git") != original.marker
    assert lookup.by_id(original.pk) is not None


def test_missing_ones_are_reported_and_not_forgotten(tmp_path):
    path = bare(tmp_path / "tool.git")
    bare(tmp_path / "other.git")
    connect(tmp_path)
    shutil.rmtree(path)
    report = services.refresh(local_caller())
    assert names(report.missing) == ["local/tool"]
    assert "local/tool" in names(services.list_repositories(local_caller()))


def test_an_import_is_a_copy_that_goes_with_its_disconnection(tmp_path):
    source = bare(tmp_path / "source.git")
    row = services.import_repository(local_caller(), str(source), "team/tool")
    assert row.full_name == "team/tool"
    assert row.git_dir == settings.KEYHOLE_REPOSITORIES / "team" / "tool.git"
    with pytest.raises(Conflict):
        services.import_repository(local_caller(), str(source), "team/TOOL")
    services.disconnect(local_caller(), row.pk)
    assert not row.git_dir.exists()
    assert source.exists()


def test_disconnecting_leaves_a_connected_folder_alone(tmp_path):
    path = bare(tmp_path / "tool.git")
    row = connect(tmp_path).connected[0]
    services.disconnect(local_caller(), row.pk)
    assert path.exists()
    assert lookup.by_id(row.pk) is None
    with pytest.raises(NotFound):
        services.get(local_caller(), row.pk)


def test_a_public_repository_is_seen_by_every_grant_and_a_private_one_by_its_own(tmp_path):
    bare(tmp_path / "open.git")
    bare(tmp_path / "closed.git")
    connect(tmp_path)
    rows = {row.name: row for row in services.list_repositories(local_caller())}
    services.set_public(local_caller(), rows["open"].pk, public=True)
    public_only = grant(rows["open"].owner, Access.PUBLIC)
    selected = grant(rows["open"].owner, ids=[rows["closed"].pk])
    assert names(lookup.visible_to(public_only)) == ["local/open"]
    assert names(lookup.visible_to(selected)) == ["local/closed", "local/open"]
    assert names(lookup.selected_by(selected)) == ["local/closed"]
    assert names(lookup.selected_by(grant(rows["open"].owner, Access.ALL))) == ["local/closed", "local/open"]


@pytest.mark.parametrize("number", [0, -1, 2**63, 10**30])
def test_ids_that_cannot_be_are_not_found(number):
    assert lookup.by_id(number) is None
