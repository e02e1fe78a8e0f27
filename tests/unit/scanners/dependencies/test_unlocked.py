"""A manifest that is not read is a gap, unless a lock file or another that holds for it settles what it asks for."""

from __future__ import annotations

import pytest

from keyhole.scanners.dependencies import unlocked
from keyhole.scanners.dependencies.examiner import Packages
from tests.unit.scanners.dependencies.advisories import index_of, record

ASKING = {
    b"Gemfile": b'source "https://rubygems.org"\ngem "tool", "~> 1"\n',
    b"gems.rb": b"gemspec\n",
    b"mix.exs": b'defp deps do\n[{:tool, "~> 1.0"}, {:part, in_umbrella: true}]\nend\n',
    b"build.gradle": b'dependencies { implementation "g:tool:1.0" }\n',
    b"build.gradle.kts": b'dependencies { testImplementation("g:tool:$version") }\n',
    b"bun.lockb": b"#!/usr/bin/env bun\nbun-lockfile-format-v0\n\xff\x00",
    b"pubspec.yaml": b"name: app\ndependencies:\n  tool: ^1.0.0\n  flutter:\n    sdk: flutter\n",
    b"Package.swift": b'let x = [Package.Dependency.package(url: "https://example.org/tool", from: "1.0.0")]\n',
    b"setup.py": b'setup(install_requires=["tool>=1"])\n',
    b"setup.cfg": b"[options]\ninstall_requires =\n    tool>=1\n",
    b"pyproject.toml": b"""\
[project]
dynamic = ["dependencies"]
[tool.setuptools.dynamic]
dependencies.file = ["list.txt"]
""",
    b"environment.yml": b"dependencies:\n  - python=3.12\n  - numpy\n",
    b"environment.yaml": b"dependencies:\n- pip:\n  - requests==2.0\n",
}
LOCKED = {
    b"Gemfile": (b"Gemfile.lock", b"GEM\n  specs:\n    other (1.0)\n"),
    b"mix.exs": (b"mix.lock", b"%{}"),
    b"build.gradle": (b"gradle.lockfile", b"empty=\n"),
    b"build.gradle.kts": (b"gradle/dependency-locks/compile.lockfile", b"g:other:1.0\n"),
    b"bun.lockb": (b"bun.lock", b'{"packages": {}}'),
    b"pubspec.yaml": (b"pubspec.lock", b"packages: {}\n"),
    b"Package.swift": (
        b"App.xcodeproj/project.xcworkspace/xcshareddata/swiftpm/Package.resolved",
        b'{"pins": []}',
    ),
    b"setup.py": (b"requirements/base.txt", b""),
    b"setup.cfg": (b"poetry.lock", b""),
    b"pyproject.toml": (b"requirements.txt", b""),
}
NAMED = {
    b"apps/a/mix.exs": {
        b"mix.lock": b'%{\n  "tool": {:hex, :tool, "1.0.0", "x"},\n}\n',
        b"mix.exs": b'[apps_path: "apps"]\n',
    },
    b"a/build.gradle": {b"gradle/libs.versions.toml": b'[libraries]\ntool = "g:tool:1.0"\n'},
    b"a/pubspec.yaml": {
        b"pubspec.lock": b'packages:\n  tool:\n    source: hosted\n    version: "1.0.0"\n',
        b"pubspec.yaml": b"name: all\nworkspace:\n  - a\n",
    },
    b"a/Package.swift": {
        b"Package.resolved": b'{"pins": [{"location": "https://example.org/Tool.git", "state": {"version": "1.0.0"}}]}'
    },
    b"a/setup.py": {
        b"uv.lock": b"""\
[[package]]
name = "a"
version = "0"
source = { editable = "a" }
[[package]]
name = "Tool"
version = "1.0"
"""
    },
}
NOT_ASKING = {
    b"Gemfile": b'# gem "tool"\ngem "part", path: "parts/part"\n',
    b"mix.exs": b'defp deps do\n[{:part, path: "../part"}]\n# {:tool, "~> 1.0"}\nend\n',
    b"build.gradle": b"// implementation 'g:tool:1.0'\ndependencies { implementation project(':part') }\n",
    b"pubspec.yaml": b"name: app\nenvironment:\n  sdk: ^3.0.0\ndependencies:\n  part:\n    path: ../part\n",
    b"Package.swift": b'let package = Package(dependencies: [.package(path: "../part")])\n',
    b"setup.py": b"# install_requires=['tool']\nsetup(install_requires=[\n# 'tool'\n])\n",
    b"setup.cfg": b"[metadata]\nname = app\n[options]\ninstall_requires =\n\npackages = find:\n",
    b"pyproject.toml": b'[project]\ndynamic = ["version"]\n[tool.setuptools.dynamic]\nversion.file = "v.txt"\n',
    b"environment.yml": b"dependencies:\n  - python\n  - pip\n  - pip:\n    - -r requirements.txt\nname: x\n",
    b"environment.yaml": b"production:\n  - tool\n",
}


def assessed(tmp_path, *files):
    return Packages(index_of(tmp_path, record())).assess(files).gaps


@pytest.mark.parametrize("name", ASKING)
def test_alone_it_is_a_gap(tmp_path, name):
    gaps = assessed(tmp_path, (b"sub/" + name, ASKING[name]))
    assert gaps == (f"1 file that no lock file settles was not assessed: sub/{name.decode()}",)
    assert Packages(None).wants(b"sub/" + name)


@pytest.mark.parametrize("name", LOCKED)
def test_with_a_lock_file_beside_it_it_is_none(tmp_path, name):
    lock, content = LOCKED[name]
    files = ((b"sub/" + name, ASKING[name]), (b"sub/" + lock, content))
    assert not any("no lock file" in gap for gap in assessed(tmp_path, *files))
    elsewhere = (files[0], (b"other/" + lock, content))
    assert any("no lock file" in gap for gap in assessed(tmp_path, *elsewhere))


@pytest.mark.parametrize(
    ("lock", "content"),
    [
        ("poetry.lock", b'name = "a"\nversion = "0"\n[package.source]\ntype = "directory"\nurl = "sub"\n'),
        ("uv.lock", b'name = "a"\nversion = "0"\nsource = { directory = "sub" }\n'),
        ("pdm.lock", b'name = "a"\nversion = "0"\nfiles = [{file = "sub"}]\n'),
    ],
)
def test_a_folder_that_is_only_asked_for_by_its_path_is_not_locked_whole(tmp_path, lock, content):
    """Of such a folder not everything need be locked; of one in a workspace it is."""
    asking = b"setup(name='a', install_requires=['tool', 'other'])"
    locked = b"[[package]]\n" + content + b'[[package]]\nname = "tool"\nversion = "1.0"\n'
    gap = "1 file that no lock file settles was not assessed: sub/setup.py"
    assert gap in assessed(tmp_path, (b"sub/setup.py", asking), (lock.encode(), locked))


@pytest.mark.parametrize("path", NAMED)
def test_what_a_file_names_that_holds_for_it_is_settled_there(tmp_path, path):
    asking = (path, ASKING[path.rpartition(b"/")[2]])
    assert not any("no lock file" in gap for gap in assessed(tmp_path, asking, *NAMED[path].items()))
    elsewhere = [(b"other/" + file, content) for file, content in NAMED[path].items()]
    assert any("no lock file" in gap for gap in assessed(tmp_path, asking, *elsewhere))


def test_a_package_of_swift_is_locked_by_the_applications_below_it(tmp_path):
    lock = b"App/App.xcodeproj/project.xcworkspace/xcshareddata/swiftpm/Package.resolved"
    (content,) = NAMED[b"a/Package.swift"].values()
    for folder, gaps in ((b"", 0), (b"App/", 0), (b"Apps/", 1)):
        files = ((folder + b"Package.swift", ASKING[b"Package.swift"]), (lock, content))
        assert sum("no lock file" in gap for gap in assessed(tmp_path, *files)) == gaps


@pytest.mark.parametrize("name", NOT_ASKING)
def test_one_that_asks_for_nothing_is_none(tmp_path, name):
    assert assessed(tmp_path, (name, NOT_ASKING[name])) == ()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (b"setup.py", b"setup(install_requires=open('list').read().split())"),
        (b"setup.cfg", b"[options]\ninstall_requires = file: list.txt\n"),
        (
            b"pyproject.toml",
            b"project.dynamic = ['dependencies']\ntool.hatch.metadata.hooks.requirements_txt.files = ['x.in']",
        ),
        (b"pyproject.toml", b"["),
        (b"Gemfile", b"\xff"),
        (b"mix.exs", b"#" * 101),
    ],
)
def test_what_cannot_be_told_may_be_anything(tmp_path, monkeypatch, name, content):
    monkeypatch.setattr(unlocked, "LARGEST", 100)
    assert len(assessed(tmp_path, (name, content))) == 1


@pytest.mark.parametrize("name", [each for each in ASKING if each != b"bun.lockb"])
@pytest.mark.parametrize("piece", [b"[", b"\n ", b"'a", b'{:a, "', b"install_requires=['", b"- a:", b" #"])
def test_whatever_is_in_it_is_looked_through_in_no_time(tmp_path, name, piece):
    assessed(tmp_path, (name, b"install_requires = [" + piece * 20_000))
