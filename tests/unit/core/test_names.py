"""Names of owners and repositories: those that are, and those that other tools would read differently."""

from __future__ import annotations

import pytest

from keyhole.core.errors import InvalidInput
from keyhole.core.names import alike, fold, owner_name, repository_name


@pytest.mark.parametrize(
    "name", ["r", "R", "a-b", "a_b", "a.b", ".github", "1", "CON", "x" * 100, "r.gitx", "wiki"]
)
def test_repository_names_that_exist(name):
    assert repository_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "r.git",
        "r.GIT",
        "r.git.git",
        "r.wiki",
        "r.wiki.git",
        "r.",
        ".git",
        ".",
        "..",
        "-r",
        "--upload-pack=x",
        "x" * 101,
        "",
        " ",
        "r ",
        "r\n",
        "r\x00",
        "a/b",
        "a\\b",
        "a%2fb",
        "r\u0301",
        "\u212a",
        "\uff52",
        "\u0131",
        "stra\u00dfe",
        "a:b",
        "~",
        "*",
    ],
    ids=lambda name: f"N5-{name[:12]!a}-{len(name)}",
)
def test_repository_names_that_do_not(name):
    with pytest.raises(InvalidInput) as refused:
        repository_name(name)
    assert refused.value.field == "name"


@pytest.mark.parametrize("name", ["o", "octo-org", "octo_acme", "A1", "x" * 39])
def test_owner_names_that_exist(name):
    assert owner_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "-o",
        "o-",
        "_o",
        "o_",
        "o.o",
        "x" * 40,
        "o/p",
        "..",
        "o\n",
        "o o",
        "\u212a",
        "\uff4f",
        "\u0131d",
        "stra\u00dfe",
        "o\u0301",
        "o@p",
    ],
    ids=lambda name: f"N4-{name[:12]!a}-{len(name)}",
)
def test_owner_names_that_do_not(name):
    with pytest.raises(InvalidInput) as refused:
        owner_name(name)
    assert refused.value.field == "owner"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Prod", "prod", True),
        ("  Prod  1", "prod 1", True),
        ("Prod\u00a01", "prod 1", True),
        ("ｐｒｏｄ", "Prod", True),
        ("STRASSE", "straße", True),
        ("Caf\u00e9", "cafe\u0301", True),
        ("Prod", "Prod 1", False),
        ("Cafe", "Café", False),
    ],
)
def test_names_for_people_are_compared_as_people_tell_them_apart(one, other, same):
    assert (alike(one, ["Else", other]) == other) is same
    assert (alike(other, [one]) == one) is same


def test_fold_is_for_ascii_letters_alone():
    assert fold("Octo-ORG_1.Z") == "octo-org_1.z"
    assert fold("@[`{") == "@[`{"
    for untouched in ("\u212a", "\u0130", "\u00df", "\u00c9", "\uff21", "\u01c5"):
        assert fold(untouched) == untouched
