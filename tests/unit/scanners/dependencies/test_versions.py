"""Versions sort as their ecosystems' own programs sort them.

The vectors hold, per line, two versions and how the real program compares them: node-semver 7 (loose), Maven 3.8.7's
ComparableVersion, Composer's VersionParser with PHP's version_compare, Ruby's Gem::Version, and packaging.
`benchmarks/version_order.py` asks the programs themselves, about many more.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyhole.scanners.dependencies.versions import (
    LONGEST,
    key,
    maven,
    nuget,
    orders,
    packagist,
    pub,
    pypi,
    rubygems,
    semver,
)

VECTORS = sorted((Path(__file__).parent / "vectors").glob("*.tsv"))
ECOSYSTEMS = sorted(orders())


def compared(ecosystem, one, other):
    a, b = key(ecosystem, one), key(ecosystem, other)
    return (a > b) - (a < b)


@pytest.mark.parametrize("module", [maven, nuget, packagist, pub, pypi, rubygems, semver])
def test_each_order_is_found_under_the_names_it_gives(module):
    assert {orders()[ecosystem] for ecosystem in module.ECOSYSTEMS} == {module.key}


@pytest.mark.parametrize("file", VECTORS, ids=lambda file: file.stem)
def test_as_the_real_program_says(file):
    lines = [line.split("\t") for line in file.read_text().splitlines()]
    assert len(lines) > 1000
    wrong = [line for line in lines if compared(file.stem, line[0], line[1]) != int(line[2])]
    assert not wrong


@pytest.mark.parametrize(
    ("ecosystem", "ascending"),
    [
        ("Go", "v1.0.0-0.20170424173420-06e7a29f36a3 v1.0.0-rc.1 v1.0.0 v1.0.1 v1.1.0-pre v1.1.0"),
        ("crates.io", "0.1.0-alpha 0.1.0-alpha.1 0.1.0-alpha.beta 0.1.0-beta.2 0.1.0-beta.11 0.1.0 0.2.0"),
        ("Pub", "1.0.0-alpha 1.0.0 1.0.0+1 1.0.0+2 1.0.0+a 1.0.1"),
        ("NuGet", "1.0.0-Alpha 1.0.0-beta 1.0.0 1.0.0.1 1.0.1 1.10 2"),
        ("Hex", "1.0.0-dev 1.0.0 1.0.1"),
        ("SwiftURL", "0.9 1.0.0-beta 1.0.0"),
        ("GitHub Actions", "v1 v1.0.1 v2 v10"),
        ("Maven", "1-alpha 1-beta 1-milestone 1-rc 1-SNAPSHOT 1 1-sp 1-jre 1-1 1.1"),
        ("PyPI", "banana 0.9.dev1 0.9a1 0.9 0.9.post1 1!0.1"),
    ],
)
def test_in_order(ecosystem, ascending):
    for lower, higher in pairwise(ascending.split()):
        assert compared(ecosystem, lower, higher) == -1, (lower, higher)


@pytest.mark.parametrize(
    ("ecosystem", "one", "other"),
    [
        ("npm", "1.2.3+build", "1.2.3+other"),
        ("Go", "v2.0.0+incompatible", "2.0.0"),
        ("Packagist", "7", "7.0.0"),
        ("Packagist", "2.3", "v2.3.0.0"),
        ("NuGet", "1.0.0-BETA", "1.0-beta"),
        ("Maven", "1", "1.0.0.RELEASE"),
        ("RubyGems", "1.0", "1"),
        ("PyPI", "1.0", "1.0.0"),
    ],
)
def test_the_same(ecosystem, one, other):
    assert compared(ecosystem, one, other) == 0


@pytest.mark.parametrize("ecosystem", ECOSYSTEMS)
@pytest.mark.parametrize("text", ["", "1" * (LONGEST + 1)])
def test_no_version_at_all(ecosystem, text):
    with pytest.raises(ValueError, match="not a version"):
        key(ecosystem, text)


@pytest.mark.parametrize(
    ("ecosystem", "text"),
    [
        ("npm", "latest"),
        ("Packagist", "dev-main"),
        ("RubyGems", "1..2"),
        ("PyPI", "***"),
        ("Maven", "-1" * 100),
    ],
)
def test_what_has_no_order_is_refused(ecosystem, text):
    with pytest.raises(ValueError, match="not a"):
        key(ecosystem, text)


TEXTS = st.text(st.sampled_from("0123456789.-+abcrvRCx_!"), min_size=1, max_size=14)


@pytest.mark.parametrize("ecosystem", ECOSYSTEMS)
@given(texts=st.lists(TEXTS, min_size=3, max_size=3))
def test_whatever_is_a_version_has_its_place_among_the_others(ecosystem, texts):
    """Anything else raises ValueError, never something else; of three versions no two orders contradict."""
    keys = []
    for text in texts:
        try:
            keys.append(key(ecosystem, text))
        except ValueError:
            continue
    for one in keys:
        for other in keys:
            assert (one < other) + (other < one) + (one == other) == 1
    assert all(lower <= higher for lower, higher in pairwise(sorted(keys)))


@pytest.mark.parametrize("text", ["1.0beta" + "1" * 200 + "!", "1.0p" + "1.1-1" * 45 + "!"])
def test_a_text_made_to_be_hard_to_read_is_simply_no_version(text):
    with pytest.raises(ValueError, match="not a version"):
        key("Packagist", text)
