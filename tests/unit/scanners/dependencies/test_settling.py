"""A manifest is settled by what holds for it, and never by the versions of another project of the repository."""

from __future__ import annotations

import json

import pytest

from keyhole.scanners.dependencies.examiner import Packages

NPM = json.dumps({"packages": {"": {}, "packages/a": {}, "node_modules/tool": {"version": "1.0.0"}}}).encode()
YARN = b'# yarn lockfile v1\n\ntool@^1.0.0:\n  version "1.0.0"\n'
PNPM = b"""\
lockfileVersion: '9.0'
importers:
  ../../packages/a:
    dependencies: {}
packages:
  tool@1.0.0:
    resolution: {integrity: x}
"""
ASKING = b'{"name": "a", "dependencies": {"tool": "^1.0.0"}}'
CRATE = b'[package]\nname = "%b"\n[dependencies]\ntool = "1"\n'
CARGO = b"""\
[[package]]
name = "a"
version = "0.1.0"
[[package]]
name = "tool"
version = "1.0.0"
source = "registry+https://example.org"
"""
UV = (
    b'[[package]]\nname = "tool"\nversion = "1.0"\n[[package]]\nname = "a"\nsource = { virtual = "libs/a" }\n'
)
PROJECT = b'[project]\nname = "a"\ndependencies = ["tool>=1"]\n'
CSPROJ = b'<Project><ItemGroup><PackageReference Include="Tool" /></ItemGroup></Project>'
CENTRAL = b'<Project><ItemGroup><PackageVersion Include="Tool" Version="1.0.0" /></ItemGroup></Project>'
CATALOG = b'[libraries]\ntool = { module = "g:tool" }\n'
GRADLE = b"g:tool:1.0=compileClasspath\n"


def loose(files):
    """Paths of the manifests that ask for the package without anything that settles it."""
    found = Packages(None).assess(files.items()).libraries
    return [each.path for each in found if not each.version]


@pytest.mark.parametrize(
    ("manifest", "files"),
    [
        (b"packages/a/package.json", {b"package-lock.json": NPM}),
        (b"a/package.json", {b"a/package-lock.json": NPM}),
        (
            b"packages/a/package.json",
            {b"yarn.lock": YARN, b"package.json": b'{"workspaces": ["packages/*"]}'},
        ),
        (b"packages/a/package.json", {b"common/config/rush/pnpm-lock.yaml": PNPM}),
        (
            b"packages/a/package.json",
            {b"common/config/subspaces/x/pnpm-lock.yaml": PNPM.replace(b"../p", b"../../p")},
        ),
        (b"node_modules/a/package.json", {b"package-lock.json": NPM}),
        (b"libs/a/pyproject.toml", {b"uv.lock": UV}),
        (b"libs/a/pyproject.toml", {b"libs/a/requirements/base.txt": b"tool==1.0\n"}),
        (b"src/a/Cargo.toml", {b"Cargo.lock": CARGO}),
        (b"src/a/Cargo.toml", {b"app/Cargo.lock": CARGO}),
        (b"src/a/Cargo.toml", {b"Cargo.lock": CARGO, b"tests/a/Cargo.toml": b'[package]\nname = "a"\n'}),
        (b"src/a/a.csproj", {b"src/Directory.Packages.props": CENTRAL}),
        (b"gradle/libs.versions.toml", {b"app/gradle.lockfile": GRADLE}),
    ],
)
def test_what_holds_for_it_settles_it(manifest, files):
    assert loose(files | {manifest: ASKED[manifest.rpartition(b"/")[2]]}) == []


@pytest.mark.parametrize(
    ("manifest", "files"),
    [
        (b"examples/a/package.json", {b"package-lock.json": NPM}),
        (b"package.json", {b"web/package-lock.json": NPM}),
        (b"b/package.json", {b"a/package-lock.json": NPM}),
        (
            b"examples/a/package.json",
            {b"yarn.lock": YARN, b"package.json": b'{"workspaces": ["packages/*"]}'},
        ),
        (b"packages/a/package.json", {b"yarn.lock": YARN, b"package.json": b"{}"}),
        (b"libs/b/pyproject.toml", {b"uv.lock": UV}),
        (b"libs/a/pyproject.toml", {b"requirements.txt": b"tool==1.0\n"}),
        (b"src/a/Cargo.toml", {b"app/Cargo.lock": CARGO, b"tests/a/Cargo.toml": b'[package]\nname = "a"\n'}),
        (b"src/a/Cargo.toml", {b"Cargo.lock": CARGO.replace(b'"a"', b'"b"')}),
        (b"src/a/a.csproj", {b"tests/Directory.Packages.props": CENTRAL}),
        (b"src/a/a.csproj", {b"src/other.csproj": CENTRAL.replace(b"PackageVersion", b"PackageReference")}),
        (b"one/gradle/libs.versions.toml", {b"two/gradle.lockfile": GRADLE}),
    ],
)
def test_what_another_project_has_settles_nothing(manifest, files):
    assert loose(files | {manifest: ASKED[manifest.rpartition(b"/")[2]]}) == [manifest.decode()]


ASKED = {
    b"package.json": ASKING,
    b"pyproject.toml": PROJECT,
    b"Cargo.toml": CRATE % b"a",
    b"a.csproj": CSPROJ,
    b"libs.versions.toml": CATALOG,
}


def test_a_lock_file_that_is_a_link_settles_its_folder():
    scanner = Packages(None)
    assert scanner.same(b"a/package-lock.json", [b"b/package-lock.json"])
    found = scanner.assess([(b"a/package.json", ASKING), (b"b/package-lock.json", NPM)]).libraries
    assert [each.path for each in found] == ["b/package-lock.json"]


def test_the_packages_of_the_repository_need_no_lock_file():
    manifest = b'{"dependencies": {"a": "^1.0.0"}}'
    assert loose({b"b/package.json": manifest, b"a/package.json": b'{"name": "a"}'}) == []


def test_projects_that_import_each_other_end():
    one = (
        b"<project><groupId>g</groupId><artifactId>%b</artifactId><parent><groupId>g</groupId>"
        b"<artifactId>%b</artifactId></parent><dependency><groupId>h</groupId><artifactId>x</artifactId>"
        b"</dependency></project>"
    )
    assert loose({b"a/pom.xml": one % (b"a", b"b"), b"b/pom.xml": one % (b"b", b"a")}) == [
        "a/pom.xml",
        "b/pom.xml",
    ]


def test_patterns_without_end_are_given_up_and_what_they_would_settle_is_not_assessed(monkeypatch):
    monkeypatch.setattr("keyhole.scanners.dependencies.settling._MOST_COMPARED", 2)
    root = {b"yarn.lock": YARN, b"package.json": b'{"workspaces": ["a/*", "packages/*"]}'}
    manifests = {b"packages/%d/package.json" % number: ASKING for number in range(3)}
    assert loose(root | manifests) == ["packages/1/package.json", "packages/2/package.json"]


def test_no_number_of_files_takes_long():
    files: dict[bytes, bytes] = {b"%d/Package.swift" % number: b"" for number in range(1_000)}
    files |= {b"gradle/%d.versions.toml" % number: CATALOG for number in range(1_000)}
    files |= {b"%d/gradle.lockfile" % number: b"g:other:1.0=x\n" for number in range(1_000)}
    assert len(loose(files)) == 1_000
