"""The digest of our own files changes with any of them, and is worked out again only where one was touched."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

import keyhole
from keyhole.core.secret import Secret
from keyhole.scanners import code as module
from keyhole.scanners.kept import Kept


@pytest.fixture
def kept(tmp_path):
    return Kept(tmp_path / "kept", Secret("of the tests"))


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Ours, but in another place and with few files."""
    folder = tmp_path / "keyhole"
    for part in ("scanners/secrets/rules", "core", "web"):
        (folder / part).mkdir(parents=True)
    for name in (
        "__init__.py",
        "scanners/head.py",
        "scanners/secrets/rules/a.toml",
        "core/terms.py",
        "web/urls.py",
    ):
        (folder / name).write_text(f"{name}\n")
    monkeypatch.setattr(keyhole, "__file__", str(folder / "__init__.py"))
    return folder


@pytest.fixture(autouse=True)
def readings(monkeypatch):
    """How often the files were read. That the digest is known is forgotten before and after."""
    made, digest = [], module._digest
    monkeypatch.setattr(module, "_known", [])
    monkeypatch.setattr(module, "_digest", lambda *given: made.append(1) or digest(*given))
    return made


def again(kept):
    module._known.clear()
    return module.code(kept)


def test_it_is_worked_out_once(kept, package, readings):
    first = module.code(kept)
    assert len(first) == 64
    assert module.code(kept) == again(kept) == first
    assert len(readings) == 1


@pytest.mark.parametrize("name", ["scanners/head.py", "scanners/secrets/rules/a.toml", "core/terms.py"])
def test_it_changes_with_every_file_though_size_and_time_are_the_same(kept, package, readings, name):
    first = module.code(kept)
    file = package / name
    before = file.stat()
    file.write_text(file.read_text().swapcase())
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert again(kept) != first
    assert len(readings) == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "scanners/new.py").write_text(""),
        lambda folder: (folder / "scanners/head.py").unlink(),
        lambda folder: (folder / "scanners/head.py").rename(folder / "scanners/tail.py"),
        lambda folder: (folder / "core/terms.py").rename(folder / "scanners/terms.py"),
    ],
)
def test_it_changes_with_what_is_there(kept, package, change):
    first = module.code(kept)
    change(package)
    assert again(kept) != first


def test_what_no_scanner_depends_on_changes_nothing(kept, package, readings):
    first = module.code(kept)
    (package / "web/urls.py").write_text("another\n")
    (package / "core/__pycache__").mkdir()
    (package / "core/__pycache__/terms.cpython-311.pyc").write_text("")
    (package / "core/github_permissions.json").write_text("{}")
    assert again(kept) == first
    assert len(readings) == 1


def test_the_same_files_put_elsewhere_or_at_another_time_have_the_same(
    kept, package, readings, tmp_path, monkeypatch
):
    first = module.code(kept)
    other = Path(shutil.copytree(package, tmp_path / "other" / "keyhole"))
    monkeypatch.setattr(keyhole, "__file__", str(other / "__init__.py"))
    assert again(kept) == first
    monkeypatch.setattr(keyhole, "__file__", str(package / "__init__.py"))
    assert again(kept) == first
    assert len(readings) == 2
    (package / "core/terms.py").touch()
    assert again(kept) == first
    assert len(readings) == 3


def test_where_nothing_can_be_kept_it_is_worked_out(package, readings, tmp_path):
    (tmp_path / "file").touch()
    nowhere = Kept(tmp_path / "file", Secret("of the tests"))
    assert again(nowhere) == again(nowhere)
    assert len(readings) == 2


def test_what_somebody_else_wrote_is_not_believed(kept, package, readings, tmp_path):
    first = module.code(kept)
    (file,) = (tmp_path / "kept").glob("code-*")
    file.write_bytes(file.read_bytes().replace(first.encode(), b"0" * 64))
    assert again(kept) == first
    assert len(readings) == 2
