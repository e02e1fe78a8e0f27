"""Own rules: found where they lie, refused by file, rule and field, and never silently left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from keyhole.scanners.interface import Tools
from keyhole.scanners.secrets import SCANNER, own
from keyhole.scanners.secrets.lint import faults
from keyhole.scanners.secrets.rules import all_rules
from keyhole.scanners.secrets.shapes import make

GUIDE = Path(__file__).parents[4] / "docs" / "secret-rules.md"
RULES = re.search(r"```toml\n(.*?)```", GUIDE.read_text(), re.DOTALL)[1]


@pytest.fixture(autouse=True)
def nothing_of_its_own_stays():
    yield
    own.look_in(None)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "acme.toml").write_text(RULES)
    (tmp_path / "notes.txt").write_text("not rules")
    own.look_in(tmp_path)
    return tmp_path


def test_the_rules_of_the_guide_are_good_ones():
    assert faults(own.read((("guide", RULES),)), beside=all_rules()) == []


def test_rules_in_the_folder_find_and_change_the_version(folder):
    before = SCANNER.rules_version()
    examiner = SCANNER.open(Tools(lambda _: "0" * 32))
    (hit,) = examiner.examine(make("key = acme_<hex:32>", 1).encode())
    assert (hit.rule, examiner.about(hit.rule).title) == ("acme-api-key", "Acme API key")
    (folder / "acme.toml").write_text(
        RULES.replace("{32}", "{36}").replace(":32>", ":36>").replace(":33>", ":37>")
    )
    assert SCANNER.rules_version() != before


def test_texts_given_by_another_process_are_used_as_they_are(folder):
    given = [list(pair) for pair in own.texts()]
    own.use(given)
    assert [rule.id for rule in own.own_rules()] == ["acme-api-key", "acme-legacy-key"]


@pytest.mark.parametrize(
    ("what", "instead", "says"),
    [
        (
            'severity = "high"',
            'severity = "worst"',
            r"acme\.toml, rule acme-api-key: severity: must be critical",
        ),
        ('title = "Acme API key"', "", r"acme\.toml, rule acme-api-key: title: is missing"),
        (
            "token = ",
            "tokem = ",
            r"acme\.toml, rule acme-api-key: token: write that, or near",
        ),
        ('title = "Acme API key"', "title = 7", "title: must be a text"),
        ('examples = ["acme_', 'examples = "acme_', r"acme\.toml: is not TOML|examples: must be a list"),
        ("[[rule]]", "[[rules]]", r"acme\.toml: there is no section rules"),
        ("[[rule]]", "[[rule", r"acme\.toml: is not TOML"),
        ('id = "acme-api-key"', 'id = "npm-access-token"', "npm-access-token is used twice"),
        (
            "token = 'acme_[0-9a-f]{32}'",
            "token = '[0-9a-f]{32}'",
            "acme-api-key: scan: has nothing to look for",
        ),
        ("token = 'acme_[0-9a-f]{32}'", "token = 'acme_(['", "token: is no pattern"),
        ("token = 'acme_", "entropy = 9\ntoken = 'acme_", "entropy: must be a number of bits"),
        ("token = 'acme_", "after = 99999999\ntoken = 'acme_", "after: must be a whole number up to"),
        ('near = "acme"', 'near = "."', "acme-legacy-key: near: must be names"),
        ("acme_<hex:32>", "acme_<hex:30>", "acme-api-key: examples: .* is found by no rule"),
    ],
)
def test_a_wrong_file_is_refused_by_file_rule_and_field(folder, what, instead, says):
    (folder / "acme.toml").write_text(RULES.replace(what, instead, 1))
    with pytest.raises(own.WrongRules, match=says):
        SCANNER.rules_version()


def test_all_wrong_fields_of_all_files_are_told(folder):
    wrong = RULES.replace('severity = "high"', 'severity = "worst"').replace(
        'title = "Acme API key"', "surprise = 1"
    )
    (folder / "acme.toml").write_text(wrong.replace("acme_[0-9a-f]{32}", "acme_[0-9a-f]+"))
    (folder / "other.toml").write_text("[[rule")
    with pytest.raises(own.WrongRules, match=r"token: may match without end.* \(and 5 more\)\.") as refused:
        own.own_rules()
    begin = "acme.toml, rule acme-api-key: "
    assert [each.removeprefix(begin).split(": ")[0] for each in refused.value.problems] == [
        "token",
        "surprise",
        "title",
        "severity",
        "acme.toml, rule acme-legacy-key",
        "other.toml",
    ]


def test_a_folder_that_is_not_there_is_an_error_not_no_rules(tmp_path):
    own.look_in(tmp_path / "nowhere")
    with pytest.raises(own.WrongRules, match="cannot be read"):
        own.own_rules()


def test_a_folder_without_a_file_of_rules_is_an_error_not_no_rules(folder):
    (folder / "acme.toml").rename(folder / "acme.toml.old")
    with pytest.raises(own.WrongRules, match="has no"):
        own.own_rules()


def test_a_file_that_is_no_text_is_an_error(folder):
    (folder / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(own.WrongRules, match="is not UTF-8"):
        own.own_rules()
