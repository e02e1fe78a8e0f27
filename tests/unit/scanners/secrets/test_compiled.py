"""Patterns are compiled once, and what was kept is used only if it is what was kept."""

from __future__ import annotations

import hyperscan
import pytest

from keyhole.core.secret import Secret
from keyhole.scanners.kept import Kept
from keyhole.scanners.secrets import compiled
from keyhole.scanners.secrets.compiled import NO_END, Pattern, reach_of

RULES = ["ab[0-9]{3}", "cd+e"]


@pytest.fixture
def kept(tmp_path):
    return Kept(tmp_path, Secret("of the tests"))


def database(rules, kept):
    def patterns():
        return [Pattern(number, rule.encode(), once=False) for number, rule in enumerate(rules)]

    return compiled.database(rules, patterns, kept)[0]


def matches(made, text):
    found = []
    made.scan(text, match_event_handler=lambda rule, _start, end, _flags, _: found.append((rule, end)))
    return found


@pytest.fixture
def compilations(monkeypatch):
    made = []
    original = hyperscan.Database

    def counted(*args, **kwargs):
        made.append(1)
        return original(*args, **kwargs)

    monkeypatch.setattr(hyperscan, "Database", counted)
    return made


def test_the_second_time_nothing_is_compiled_and_the_matches_are_the_same(kept, compilations):
    first, second = database(RULES, kept), database(RULES, kept)
    assert len(compilations) == 1
    text = b"xx ab123 cdde"
    assert matches(first, text) == matches(second, text) == [(0, 8), (1, 13)]


def test_other_patterns_are_another_database(kept, compilations):
    database(RULES, kept)
    database(RULES[::-1], kept)
    database(["".join(RULES)], kept)
    assert len(compilations) == 3


def test_without_a_place_to_keep_it_and_with_a_damaged_one_it_is_compiled(kept, tmp_path, compilations):
    database(RULES, None)
    database(RULES, kept)
    (file,) = tmp_path.iterdir()
    file.write_bytes(b"x" + file.read_bytes()[1:])
    assert matches(database(RULES, kept), b"ab123") == [(0, 5)]
    assert len(compilations) == 3


def test_a_sealed_file_that_is_no_database_is_not_loaded(kept, tmp_path, compilations):
    database(RULES, kept)
    (file,) = tmp_path.iterdir()
    kept.write(file.name, b"nonsense" * 100)
    database(RULES, kept)
    assert len(compilations) == 2


def test_a_match_can_be_as_good_as_many():
    made, _ = compiled.database(["b"], lambda: [Pattern(7, b"b", once=True)], None)
    assert matches(made, b"bbb") == [(7, 1)]


def test_how_far_matches_reach_is_kept_with_them(kept):
    patterns = [Pattern(0, b"ab[0-9]{3,7}", once=False), Pattern(1, rb"\bcd", once=True)]
    for _ in range(2):
        assert compiled.database(["any"], lambda: patterns, kept)[1] == 9


@pytest.mark.parametrize("expression", [b"a+", b"(", b"a{2,}b"])
def test_a_pattern_without_an_end_reaches_anywhere(expression):
    assert reach_of([Pattern(0, b"ab", once=False), Pattern(1, expression, once=False)]) == NO_END
