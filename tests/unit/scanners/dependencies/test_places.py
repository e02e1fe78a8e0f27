"""What lies inside of the repository is its own; a file that is named and not read is a gap."""

from __future__ import annotations

import pytest

from keyhole.scanners.dependencies.examiner import Packages
from tests.unit.scanners.dependencies.advisories import index_of, record


def gaps(tmp_path, *files):
    return Packages(index_of(tmp_path, record(), record(name="x", ecosystem="Go"))).assess(files).gaps


@pytest.mark.parametrize(
    ("path", "line", "own"),
    [
        (b"a/requirements.txt", b"-e ../shared", b"shared/setup.py"),
        (b"requirements/dev.txt", b"-e ..", b"pyproject.toml"),
        (b"requirements.txt", b"-e .", b"setup.cfg"),
        (b"requirements.txt", b"./part[dev]", b"part/setup.py"),
        (b"requirements.txt", b"--editable=part/", b"part/pyproject.toml"),
        ("é/requirements.txt".encode(), b"-e ./part", "é/part/setup.py".encode()),
    ],
)
def test_a_folder_with_files_of_its_own_is_assessed_there_and_any_other_is_a_gap(tmp_path, path, line, own):
    assert gaps(tmp_path, (path, line), (own, b"")) == ()
    assert len(gaps(tmp_path, (path, line))) == 1
    assert len(gaps(tmp_path, (path, line), (b"elsewhere/" + own, b""))) == 1


def test_what_a_folder_asks_for_is_compared(tmp_path):
    asking = (b"part/setup.py", b"setup(install_requires=['tool'])")
    assert gaps(tmp_path, (b"requirements.txt", b"-e ./part"), asking) == (
        "1 file that no lock file settles was not assessed: part/setup.py",
    )


def test_what_is_locked_needs_no_files_of_its_own(tmp_path):
    text = (
        b'[[package]]\nname = "part"\nversion = "1"\n[package.source]\ntype = "directory"\nurl = "../part"\n'
    )
    assert gaps(tmp_path, (b"a/poetry.lock", text)) == ()


@pytest.mark.parametrize(
    ("path", "line", "other"),
    [
        (b"requirements/dev.txt", b"-r base.txt", b"requirements/base.txt"),
        (b"requirements.txt", b"-r requirements/base.txt", b"requirements/base.txt"),
        (b"a/requirements.txt", b"-c ../constraints.txt", b"constraints.txt"),
        (b"\xff/requirements.txt", b"-r dev-requirements.txt", b"\xff/dev-requirements.txt"),
        ("é/requirements.txt".encode(), "-r ../ü/requirements.txt".encode(), "ü/requirements.txt".encode()),
    ],
)
def test_a_file_is_no_gap_if_it_is_there_to_be_read_by_itself(tmp_path, path, line, other):
    assert gaps(tmp_path, (path, line), (other, b"")) == ()
    assert len(gaps(tmp_path, (path, line))) == 1


@pytest.mark.parametrize(
    ("path", "line", "name"),
    [
        (b"requirements.txt", b"-r base.in", "base.in"),
        (b"requirements.txt", b"-r base.txt", "base.txt"),
        (b"requirements.txt", b"-r ../requirements.txt", "../requirements.txt"),
        (b"requirements.txt", b"-r $HOME/requirements.txt", "$HOME/requirements.txt"),
        (b"requirements.txt", b"-r https://example.org/requirements.txt", "example.org/requirements.txt"),
    ],
)
def test_a_file_that_nobody_reads_is_a_gap_and_no_package(tmp_path, path, line, name):
    found = Packages(index_of(tmp_path, record())).assess([(path, line)])
    assert found.gaps == (f"1 file named by requirements was not assessed: {name}",)
    assert found.libraries == ()


def test_many_such_files_are_one_gap(tmp_path):
    text = b"".join(b"-r %d.in\n" % number for number in range(5))
    assert gaps(tmp_path, (b"requirements.txt", text)) == (
        "5 files named by requirements were not assessed: 0.in, 1.in, 2.in and 2 more",
    )


def test_a_folder_outside_is_a_gap_and_one_inside_is_none(tmp_path):
    text = b"require example.org/y v1.0.0\nreplace example.org/y => ../y\n"
    assert gaps(tmp_path, (b"sub/go.mod", text)) == ()
    assert gaps(tmp_path, (b"go.mod", text)) == (
        "1 package without one exact version was not assessed: example.org/y",
    )
    assert len(gaps(tmp_path, (b"requirements.txt", b"-e ../outside"))) == 1


def test_a_version_with_a_wildcard_gives_no_finding(tmp_path):
    found = Packages(index_of(tmp_path, record(name="flask"))).assess([(b"requirements.txt", b"flask==1.*")])
    assert (found.issues, found.gaps) == (
        (),
        ("1 package without one exact version was not assessed: flask",),
    )


def test_a_version_that_cannot_be_compared_with_an_advisory_is_a_gap(tmp_path):
    index = index_of(tmp_path, record(events=[{"introduced": "1.0"}, {"fixed": "2.0"}]))
    found = Packages(index).assess([(b"requirements.txt", b"tool==1.0-foo")])
    (gap,) = found.gaps
    assert gap.startswith(
        "1 package at a version that not all advisories about it can be compared with was not"
    )
    assert gap.endswith("assessed: tool 1.0-foo")
    assert found.issues == ()
    assert found.notes[0].startswith("0 packages of 1 file compared")
