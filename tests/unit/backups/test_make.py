"""Making a backup: whole, private, on record, and never over something else."""

import json
import tarfile
from pathlib import Path

import pytest
from django.conf import settings
from pyrage import x25519

from keyhole.accounts.services import local_caller
from keyhole.audit.models import Entry
from keyhole.backups import age, archive
from keyhole.backups.make import make
from keyhole.core.caller import Caller, Via
from keyhole.core.errors import Conflict, InvalidInput, PermissionDenied
from keyhole.core.secret import Secret
from keyhole.vault import rotation
from keyhole.vault.services import Place, keep
from tests import canaries

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pair():
    made = x25519.Identity.generate()
    return age.recipients([str(made.to_public())]), age.Identities((Secret(str(made)),))


def opened(file, lock, folder):
    folder.mkdir()
    age.decrypt(file, folder / "plain", lock)
    manifest = archive.unpack(folder / "plain", folder)
    return manifest, {path.name for path in folder.iterdir()} - {"plain"}


def leftovers():
    return list(Path(settings.KEYHOLE_DATA).glob(".backup-*"))


def test_a_backup_holds_what_its_manifest_says_and_is_on_record(pair, tmp_path):
    keep(local_caller(), Place("connection", 1, "token"), Secret(canaries.plant("sealed")))
    made = make(local_caller(), tmp_path / "a.age", pair[0])
    manifest, names = opened(made.path, pair[1], tmp_path / "opened")
    assert names == manifest.names()
    assert {"keyhole.sqlite3", "vault.keys", "audit.head", "django.secret", "findings.secret"} <= names
    assert manifest.records == made.records == Entry.objects.count()
    assert "server.lock" not in names
    entry = Entry.objects.get(action="backup:make")
    assert entry.subject["sealed_for"] == list(pair[0].keys)
    assert not leftovers()


def test_without_keys_there_are_none_in_it(pair, tmp_path):
    keep(local_caller(), Place("connection", 1, "token"), Secret("anything"))
    made = make(local_caller(), tmp_path / "a.age", pair[0], with_keys=False)
    manifest, names = opened(made.path, pair[1], tmp_path / "opened")
    assert "vault.keys" not in names
    assert (made.with_keys, manifest.with_keys) == (False, False)


def test_nothing_is_written_over(pair, tmp_path):
    (tmp_path / "a.age").write_text("mine")
    with pytest.raises(Conflict):
        make(local_caller(), tmp_path / "a.age", pair[0])
    assert (tmp_path / "a.age").read_text() == "mine"
    with pytest.raises(InvalidInput, match="no folder"):
        make(local_caller(), tmp_path / "none" / "a.age", pair[0])
    assert not leftovers()


def test_not_beside_a_rotation_nor_for_strangers(pair, tmp_path):
    with rotation.alone(), pytest.raises(Conflict, match="at work"):
        make(local_caller(), tmp_path / "a.age", pair[0])
    with pytest.raises(PermissionDenied):
        make(Caller(None, "nobody", Via.WEB), tmp_path / "a.age", pair[0])
    assert not list(tmp_path.iterdir())


def test_what_a_killed_backup_left_is_swept_away(pair, tmp_path):
    left = Path(settings.KEYHOLE_DATA) / ".backup-left"
    left.mkdir()
    (left / "keyhole.sqlite3").write_text("x")
    make(local_caller(), tmp_path / "a.age", pair[0])
    assert not left.exists()


def test_the_manifest_comes_first_and_names_the_schema(pair, tmp_path):
    made = make(local_caller(), tmp_path / "a.age", pair[0])
    age.decrypt(made.path, tmp_path / "plain", pair[1])
    with tarfile.open(tmp_path / "plain") as tar:
        first = tar.next()
        raw = json.loads(tar.extractfile(first).read())
    assert first.name == "manifest.json"
    assert raw["schema"]["audit"] >= "0002"
