"""Requirements files."""

from __future__ import annotations

from keyhole.scanners.dependencies.formats import requirements
from tests.unit.scanners.dependencies.formats.named import named


def test_requirements():
    text = """
# a comment
flask==2.0.1  # pinned
Django[argon2] == 4.2 ; python_version > "3"
requests>=2,<3
six===1.0
two==1.0,!=1.1
wild==1.*
-r other.txt
--hash=sha256:abc
git+https://example.org/x.git
pkg @ https://example.org/p.whl
hashed==1.0 \\
    --hash=sha256:00
"""
    assert named(requirements.read, text) == [
        ("PyPI", "flask", "2.0.1"),
        ("PyPI", "Django", "4.2"),
        ("PyPI", "requests", ""),
        ("PyPI", "six", "1.0"),
        ("PyPI", "two", ""),
        ("PyPI", "wild", "1."),
        ("PyPI", "pkg", ""),
        ("PyPI", "hashed", "1.0"),
    ]
