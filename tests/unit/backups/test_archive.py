"""What is inside: exactly what the manifest says, and nothing that lands elsewhere."""

import io
import json
import tarfile
from dataclasses import asdict

import pytest

from keyhole.backups import archive
from keyhole.backups.archive import Manifest, held, pack, unpack
from keyhole.core.errors import InvalidInput

FILES = {"keyhole.sqlite3": b"rows" * 1000, "vault.keys": b"k\n", "django.secret": b"s"}


@pytest.fixture
def manifest(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    files = tuple(held(folder / name) for name in FILES)
    return Manifest("1", "2026-01-01T00:00:00+00:00", "http://x", {"audit": "0001"}, True, 3, files)


@pytest.fixture
def target(tmp_path):
    folder = tmp_path / "target"
    folder.mkdir()
    return folder


def archived(path, members, raw=None, manifest=None):
    """An archive as somebody else might make it: (name, content or TarInfo) one after another."""
    with tarfile.open(path, "w:gz") as tar:
        if raw is not None or manifest is not None:
            text = raw if raw is not None else json.dumps(asdict(manifest))
            members = [("manifest.json", text.encode()), *members]
        for name, content in members:
            if isinstance(content, tarfile.TarInfo):
                tar.addfile(content)
                continue
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def test_what_is_packed_comes_out_again(tmp_path, manifest, target):
    pack(tmp_path / "files", manifest, tmp_path / "a.tar.gz")
    assert unpack(tmp_path / "a.tar.gz", target) == manifest
    assert {path.name: path.read_bytes() for path in target.iterdir()} == FILES
    assert all(path.stat().st_mode & 0o077 == 0 for path in target.iterdir())


def test_an_archive_tells_nothing_of_who_made_it(tmp_path, manifest):
    pack(tmp_path / "files", manifest, tmp_path / "a.tar.gz")
    with tarfile.open(tmp_path / "a.tar.gz") as tar:
        assert {(one.uid, one.uname, one.mode) for one in tar} == {(0, "", 0o600)}


HOSTILE = ["../evil", "/tmp/evil", "a/b", "evil", "manifest.json", "keyhole.sqlite3-wal", "x.secret/../../y"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_member_that_the_manifest_does_not_name_is_refused(tmp_path, manifest, target, name):
    members = [*FILES.items(), (name, b"evil")]
    with pytest.raises(InvalidInput):
        unpack(archived(tmp_path / "a", members, manifest=manifest), target)
    assert {path.name for path in target.iterdir()} <= set(FILES)
    assert not list(tmp_path.glob("**/evil"))


@pytest.mark.parametrize(
    "name", ["../evil.secret", "/etc/passwd", "vault.keys/x", "..", "", "A.secret", ".hidden.secret"]
)
def test_a_manifest_that_names_what_is_no_file_of_ours_is_refused(tmp_path, manifest, target, name):
    raw = asdict(manifest)
    raw["files"][1]["name"] = name
    with pytest.raises(InvalidInput):
        unpack(archived(tmp_path / "a", [(name or "x", b"k\n")], raw=json.dumps(raw)), target)
    assert not list(target.iterdir())


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE]
)
def test_links_folders_and_devices_are_refused(tmp_path, manifest, target, kind):
    info = tarfile.TarInfo("vault.keys")
    info.type, info.linkname = kind, "/etc/passwd"
    with pytest.raises(InvalidInput):
        unpack(archived(tmp_path / "a", [("vault.keys", info)], manifest=manifest), target)
    assert not list(target.iterdir())


def test_a_file_that_is_not_what_its_hash_says_is_refused(tmp_path, manifest, target):
    members = [("keyhole.sqlite3", b"rowz" * 1000), ("vault.keys", b"k\n"), ("django.secret", b"s")]
    with pytest.raises(InvalidInput, match="hash"):
        unpack(archived(tmp_path / "a", members, manifest=manifest), target)


@pytest.mark.parametrize("missing", FILES)
def test_a_missing_file_is_noticed(tmp_path, manifest, target, missing):
    members = [(name, content) for name, content in FILES.items() if name != missing]
    with pytest.raises(InvalidInput, match=missing):
        unpack(archived(tmp_path / "a", members, manifest=manifest), target)


def test_a_file_that_comes_twice_is_refused(tmp_path, manifest, target):
    members = [*FILES.items(), ("vault.keys", b"k\n")]
    with pytest.raises(InvalidInput):
        unpack(archived(tmp_path / "a", members, manifest=manifest), target)


BROKEN = ["", "[]", "null", "{}", '{"format": 1}', "{" * 100_000, '{"format": 1, "files": 3}', "\udcff"]


@pytest.mark.parametrize("raw", BROKEN, ids=range(len(BROKEN)))
def test_a_manifest_that_is_not_understood_is_refused(tmp_path, target, raw):
    path = archived(tmp_path / "a", [("manifest.json", raw.encode("utf-8", "surrogateescape"))])
    with pytest.raises(InvalidInput):
        unpack(path, target)


def test_a_later_format_is_refused_by_its_number(tmp_path, manifest, target):
    raw = json.dumps({**asdict(manifest), "format": 2, "version": "9.9"})
    with pytest.raises(InvalidInput, match="format 2") as refused:
        unpack(archived(tmp_path / "a", [], raw=raw), target)
    assert "9.9" in refused.value.hint


@pytest.mark.parametrize("cut", [0, 10, 100, -60])
def test_an_archive_that_was_cut_is_refused(tmp_path, manifest, target, cut):
    pack(tmp_path / "files", manifest, tmp_path / "a")
    whole = (tmp_path / "a").read_bytes()
    (tmp_path / "b").write_bytes(whole[:cut])
    with pytest.raises(InvalidInput):
        unpack(tmp_path / "b", target)


def test_only_names_that_belong_into_a_backup_are_known():
    assert all(
        map(archive.known, ["keyhole.sqlite3", "vault.keys", "findings.secret", "audit.head", "revoked.log"])
    )
    assert not any(map(archive.known, ["jobs.sqlite", "server.lock", "x.secret\n", "-.secret", "a/b.secret"]))
