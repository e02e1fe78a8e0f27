"""Rooms where a bug is a hole have a unit test for every module."""

from __future__ import annotations

import ast

import pytest

from tests.conventions.checkout import PACKAGE, ROOT, files, imported, name, tree, written_sources

MIRRORED = {"core", "tokens", "audit", "scanners", "vault"}
# Rows have no life of their own: the services that write them are tested on a real database.
COVERED_BY_SERVICES = {"models.py"}
UNIT = ROOT / "tests" / "unit"


def has_behaviour(path):
    """True when a module defines public functions, or classes with methods: constants need no test."""
    for node in tree(path).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            return True
        if isinstance(node, ast.ClassDef) and any(isinstance(each, ast.FunctionDef) for each in node.body):
            return True
    return False


def unit_tests():
    return [path for path in files() if path.is_relative_to(UNIT) and path.name.startswith("test_")]


mirrored = [
    path
    for path in written_sources()
    if path.relative_to(PACKAGE).parts[0] in MIRRORED
    and path.name not in COVERED_BY_SERVICES
    and has_behaviour(path)
]


@pytest.mark.parametrize("path", mirrored, ids=name)
def test_a_module_has_its_unit_test(path):
    relative = path.relative_to(PACKAGE)
    mirror = UNIT / relative.parent / f"test_{relative.name}"
    if mirror.exists():
        return
    module = ".".join(("keyhole", *relative.with_suffix("").parts)).removesuffix(".__init__")
    importers = [test for test in unit_tests() if module in imported(test)]
    assert importers, f"neither {name(mirror)} exists nor does a unit test import {module}"
