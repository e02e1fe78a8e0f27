"""From hits to findings: where history first has each, per path, and on which line its latest version has it."""

from __future__ import annotations

import hashlib
import itertools
import json

from hypothesis import given
from hypothesis import strategies as st

from keyhole.core.finding import Finding
from keyhole.core.terms import Confidence, Kind, Severity
from keyhole.scanners.collect import Collector
from keyhole.scanners.examination import Found, Site
from keyhole.scanners.hits import About, Hit
from keyhole.scanners.introduction import Introduction
from keyhole.scanners.limits import Limits
from keyhole.scanners.objects import Trouble
from keyhole.scanners.shown import Shown

HIT = Hit("a-rule", 0, 1, f"a-rule:{'0' * 32}", "")
ABOUT = About("It", Severity.HIGH, Confidence.HIGH, "Why.", "Fix.", (), Kind.SECRET)


class Knowing:
    """A scanner that only knows what its rule says."""

    def about(self, _rule):
        return ABOUT


def blob(name):
    return hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest().encode()


def introduced(second, path):
    commit = f"{second:040x}"
    return Introduction((second, commit), commit, "", path)


def places(versions):
    """Path, line and latest line of the finding of these versions: second, path and line of each."""
    collector, known = Collector(Limits(), Trouble()), {}
    for number, (second, path, line) in enumerate(versions):
        collector.add(Found("one", HIT, Site(blob(str(number)), "blob", line, 1)))
        known[blob(str(number))] = [introduced(second, path)]
    (told,) = collector.findings({"one": Knowing()}, known, Shown([]))
    finding = Finding.from_json(json.loads(json.dumps(told)))
    return [(each.path, each.line, each.latest) for each in finding.locations]


def test_per_path_the_first_commit_and_the_line_in_its_latest_version():
    assert places([(5, "a", 3)]) == [("a", 3, 0)]
    assert places([(5, "a", 3), (7, "a", 9), (6, "a", 4), (8, "b", 1)]) == [("a", 3, 9), ("b", 1, 0)]
    assert places([(5, "a", 3), (7, "a", 3)]) == [("a", 3, 0)]
    assert places([(7, "a", 9), (7, "a", 4), (5, "a", 6)]) == [("a", 6, 4)], "of one version the upper line"


@given(
    st.lists(
        st.tuples(st.integers(1, 4), st.sampled_from("ab"), st.integers(1, 4)), min_size=1, max_size=6
    ).flatmap(st.permutations)
)
def test_the_order_in_which_objects_are_read_changes_nothing(versions):
    expected = []
    for path, group in itertools.groupby(
        sorted(versions, key=lambda each: each[1]), key=lambda each: each[1]
    ):
        of_path = list(group)
        first = min((second, line) for second, _, line in of_path)
        last = max(second for second, _, _ in of_path)
        latest = min(line for second, _, line in of_path if second == last)
        expected.append((first[0], path, first[1], latest if latest != first[1] else 0))
    assert places(versions) == [each[1:] for each in sorted(expected)]
