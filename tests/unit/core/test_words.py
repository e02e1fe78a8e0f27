import pytest

from keyhole.core.permissions import Group, Level, vocabulary
from keyhole.core.words import _WORDS, COMMON, level_word, phrase, words


def test_every_permission_of_the_table_has_words_and_nothing_else_has():
    assert set(_WORDS) == set(vocabulary().permissions)


@pytest.mark.parametrize(
    "permission", vocabulary().permissions.values(), ids=lambda permission: permission.name
)
def test_exactly_the_levels_that_exist_have_a_phrase(permission):
    known = words(permission.name)
    assert known.about.endswith(".")
    assert bool(known.read) == (Level.READ in permission.levels)
    assert bool(known.write) == (Level.WRITE in permission.levels)


def test_what_a_form_shows_first_are_repository_permissions():
    assert {vocabulary().permissions[name].group for name in COMMON} == {Group.REPOSITORY}


def test_levels_are_worded_as_on_the_form():
    assert [level_word(level) for level in (None, Level.READ, Level.WRITE, Level.ADMIN)] == [
        "No access",
        "Read",
        "Write",
        "Admin",
    ]


def test_admin_has_a_phrase_of_its_own():
    assert phrase("organization_projects", Level.ADMIN) == "administer projects"
