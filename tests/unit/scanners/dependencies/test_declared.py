"""What a manifest asks for is direct, with a version only if it is exact; what lies beside it is no package."""

from __future__ import annotations

import re

import pytest

from keyhole.core.library import Relation
from keyhole.scanners.dependencies.declared import declared
from keyhole.scanners.dependencies.manifests import Wanted
from keyhole.scanners.dependencies.package import Malformed

EXACT = re.compile(r"=?(\d+(?:\.\d+)*)")


def found(wanted, content=b""):
    return {each.name: each for each in declared("npm", content, wanted, EXACT)}


def test_what_is_exact_has_a_version_and_the_rest_is_for_a_lock_file():
    content = b'{\n"left": "1.2.3",\n"right": "^2"\n}'
    left, right = found(Wanted(direct={"left": "1.2.3", "right": "^2"}), content).values()
    assert (left.version, left.managed, left.line) == ("1.2.3", False, 2)
    assert (right.version, right.managed, right.line) == ("", True, 3)
    assert {left.relation, right.relation} == {Relation.DIRECT}


def test_only_what_nothing_else_asks_for_is_for_developing():
    both = found(Wanted(direct={"a": "1"}, developing={"a": "1", "b": "1"}))
    assert (both["b"].dev, both["a"].dev) == (True, False)


@pytest.mark.parametrize(
    ("how", "name", "version"),
    [("npm:axios@0.21.0", "axios", "0.21.0"), ("npm:@a/b@^1", "@a/b", ""), ("npm:axios", "axios", "")],
)
def test_under_another_name_the_package_counts_that_is_installed(how, name, version):
    content = b'{\n"axios": "1",\n"x": "' + how.encode() + b'"\n}'
    wanted = Wanted(direct={"axios": "1", "x": how})
    last = list(declared("npm", content, wanted, EXACT))[-1]
    assert (last.name, last.version, last.line, last.managed) == (name, version, 3, not version)


@pytest.mark.parametrize("how", ["workspace:*", "link:../x"])
def test_what_lies_in_the_repository_is_no_package(how):
    assert found(Wanted(direct={"mine": how})) == {}


def test_what_is_no_manifest_is_said():
    with pytest.raises(Malformed):
        found(None)


@pytest.mark.parametrize(
    "how", ["@ git+https://example.org/x@1.0", "@ https://example.org/x.whl", "@dev", "catalog:"]
)
def test_what_has_no_version_here_is_for_a_lock_file(how):
    package = found(Wanted(direct={"x": how}))["x"]
    assert (package.version, package.managed, package.folder) == ("", True, "")


def test_a_requirement_of_a_folder_names_it():
    package = found(Wanted(direct={"x": "@ file:../x"}))["x"]
    assert (package.folder, package.alone) == ("../x", True)
