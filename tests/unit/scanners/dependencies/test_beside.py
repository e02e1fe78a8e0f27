"""Each manifest belongs to the nearest lock file above it."""

from __future__ import annotations

import pytest

from keyhole.scanners.dependencies import beside
from keyhole.scanners.dependencies.beside import Beside
from keyhole.scanners.dependencies.formats import npm_lock, yarn_lock


def test_the_nearest_lock_file_above_has_it():
    files = [
        (b"package.json", b"top"),
        (b"yarn.lock", b""),
        (b"packages/a/package.json", b"a"),
        (b"other/package.json", b"other"),
        (b"other/yarn.lock", b""),
        (b"elsewhere/package.json.txt", b"no"),
    ]
    found = Beside(files)
    assert found.of(b"yarn.lock", yarn_lock.read) == {"package.json": [b"top", b"a"]}
    assert found.of(b"other/yarn.lock", yarn_lock.read) == {"package.json": [b"other"]}
    assert found.of(b"other/package-lock.json", npm_lock.read) == {}


def test_not_more_and_nothing_larger_than_people_write(monkeypatch):
    monkeypatch.setattr(beside, "_MOST", 2)
    monkeypatch.setattr(beside, "LARGEST", 10)
    files = [(b"yarn.lock", b""), (b"package.json", b"x" * 11)]
    files += [(b"%d/package.json" % number, b"%d" % number) for number in range(5)]
    assert len(Beside(files).of(b"yarn.lock", yarn_lock.read)["package.json"]) == 2


def test_folders_of_any_depth_and_name():
    deep = b"/".join([b"\xff"] * 5000)
    assert not Beside([(b"yarn.lock", b""), (deep + b"/package.json", b"x")]).of(b"yarn.lock", yarn_lock.read)


def test_other_files_are_found_by_their_paths_and_none_outside_or_too_large():
    files = [(b"pom.xml", b"root"), (b"a/pom.xml", b"a"), (b"big.xml", b"x" * (beside.LARGEST + 1))]
    around = Beside(files).around(b"a/pom.xml")
    assert around("../pom.xml") == b"root"
    assert around("..\\pom.xml") == b"root"
    assert around("./pom.xml") == b"a"
    for place in ("../../pom.xml", "/pom.xml", "../big.xml", "", "../gone.xml", "../" * 5000 + "pom.xml"):
        assert around(place) is None


def test_the_folder_of_the_lock_file_comes_before_those_below_it():
    files = [(b"a/package.json", b"a"), (b"package.json", b"top"), (b"yarn.lock", b"")]
    assert Beside(files).of(b"yarn.lock", yarn_lock.read) == {"package.json": [b"top", b"a"]}


def test_manifests_of_installed_packages_say_nothing_of_what_the_repository_asks_for():
    files = [(b"node_modules/x/package.json", b"x"), (b"package.json", b"top"), (b"yarn.lock", b"")]
    assert Beside(files).of(b"yarn.lock", yarn_lock.read) == {"package.json": [b"top"]}


@pytest.mark.parametrize(
    ("path", "installed"),
    [
        (b"node_modules/x/package.json", True),
        (b"a/node_modules/@x/y/package.json", True),
        (b"a/vendor/x/y/composer.json", True),
        (b"vendor/x/Cargo.toml", True),
        (b"vendor/x/package.json", False),
        (b"my_node_modules/x/package.json", False),
        (b"package.json", False),
        (b"node_modules", False),
    ],
)
def test_which_manifests_are_of_installed_packages(path, installed):
    assert beside.is_installed(path) is installed
