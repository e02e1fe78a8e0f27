from keyhole.core.permissions import Group, vocabulary
from keyhole.core.request import OwnerKind
from keyhole.web.forms.permissions import sections


def titles(section):
    return [row.title for row in (*section.first, *section.more)]


def test_every_permission_of_the_table_is_in_the_form_of_the_owner_that_has_it():
    known = vocabulary().permissions.values()
    repository, organization = sections(OwnerKind.ORGANIZATION, {})
    account = sections(OwnerKind.USER, {})[1]
    for section, group in (
        (repository, Group.REPOSITORY),
        (organization, Group.ORGANIZATION),
        (account, Group.ACCOUNT),
    ):
        assert sorted(titles(section)) == sorted(each.title for each in known if each.group is group)


def test_exactly_one_choice_of_each_row_is_checked():
    held = {"contents": "write", "pages": "read"}
    for section in sections(OwnerKind.ORGANIZATION, held):
        for row in (*section.first, *section.more):
            checked = [choice.value for choice in row.choices if choice.checked]
            assert checked == [held.get(row.name, "")]


def test_the_levels_offered_are_those_that_exist():
    rows = {
        row.name: [choice.word for choice in row.choices]
        for section in sections(OwnerKind.ORGANIZATION, {})
        for row in (*section.first, *section.more)
    }
    assert rows["workflows"] == ["No access", "Write"]
    assert rows["contents"] == ["No access", "Read", "Write"]
    assert rows["organization_projects"] == ["No access", "Read", "Write", "Admin"]


def test_common_ones_come_first_and_metadata_is_no_choice():
    repository = sections(OwnerKind.USER, {})[0]
    assert titles(repository)[:2] == ["Metadata", "Contents"]
    assert repository.first[0].fixed
    assert not any(row.fixed for row in (*repository.first[1:], *repository.more))


def test_the_rest_is_shown_when_one_of_them_is_held():
    assert not sections(OwnerKind.USER, {"contents": "read"})[0].open
    assert sections(OwnerKind.USER, {"pages": "read"})[0].open
