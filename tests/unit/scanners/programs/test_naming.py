"""Copies have harmless names, as like the real ones as can be."""

from __future__ import annotations

import pytest

from keyhole.scanners.programs.naming import plain_path
from keyhole.scanners.programs.running import is_plain


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (b"a/b.tf", "a/b.tf"),
        (b".checkov.yaml", "dot.checkov.yaml"),
        (b".github/workflows/a.yml", "dot.github/workflows/a.yml"),
        (b"new\nline.tf.json", "_7.tf.json"),
        ("é/a b.yaml".encode(), "_7/_7.yaml"),
        (b"-rf", "_7"),
        (b"..", "dot.."),
        (b"a/../../etc/passwd", "a/dot../dot../etc/passwd"),
        (b"x" * 200 + b".py", "_7.py"),
    ],
)
def test_what_a_path_becomes(path, name):
    assert plain_path(7, path) == name
    assert is_plain(name)
