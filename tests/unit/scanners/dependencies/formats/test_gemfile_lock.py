"""Bundler's lock file."""

from __future__ import annotations

import pytest

from keyhole.scanners.dependencies.formats import gemfile_lock
from keyhole.scanners.dependencies.package import Malformed
from tests.unit.scanners.dependencies.formats.named import named


def test_bundler():
    text = """GIT
  remote: https://example.org/x.git
  specs:
    forked (9.9)

GEM
  remote: https://rubygems.org/
  specs:
    rails (7.0.1)
      actionpack (= 7.0.1)
    nokogiri (1.13.0-x86_64-linux)

PLATFORMS
  ruby
"""
    assert named(gemfile_lock.read, text) == [
        ("RubyGems", "forked", ""),
        ("RubyGems", "rails", "7.0.1"),
        ("RubyGems", "nokogiri", "1.13.0"),
    ]


def test_gems_of_folders_are_told_only_where_they_may_be_outside():
    text = "PATH\n  remote: {}\n  specs:\n    part (1.0)\n"
    assert named(gemfile_lock.read, text.format("parts/part")) == []
    (package,) = gemfile_lock.read(text.format("../part").encode())
    assert (package.name, package.version, package.folder) == ("part", "", "../part")


@pytest.mark.parametrize(
    "text", ["a (1.0)", "GEM\n  specs:\n    a (1.0)\n<<<<<<< HEAD\n    b (1.0)\n=======\n>>>>>>> x\n"]
)
def test_what_bundler_would_not_read_is_told(text):
    with pytest.raises(Malformed):
        named(gemfile_lock.read, text)
