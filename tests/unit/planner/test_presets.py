"""The data of the presets: complete, well formed, and refused when it is not."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest

from keyhole.core.errors import InvalidInput
from keyhole.core.permissions import Level
from keyhole.planner.features import FEATURES, feature
from keyhole.planner.plan import plan
from keyhole.planner.presets import Certainty, Kind, chosen, parse_preset, presets
from keyhole.planner.request import PlanRequest
from keyhole.planner.setup import BaseUrl, clients, filled_in

GOOD = """
title = "Tool"
about = "Does things."
row = 99
kinds = ["pat"]
certainty = "exact"
source = "https://tool.example/docs"

[permissions]
contents = "read"
"""


def test_all_rows_are_there_each_with_a_source():
    folder = files("keyhole.planner") / "data" / "presets"
    rows = [tomllib.loads((folder / f"{name}.toml").read_text())["row"] for name in presets()]
    assert sorted(rows) == list(range(1, 46))
    for preset in presets().values():
        assert preset.source.startswith("https://")
        assert preset.about.endswith(".")
        assert preset.selectable or not preset.permissions or preset.certainty is not Certainty.UNVERIFIED
    unsure = {preset.id for preset in presets().values() if preset.certainty is Certainty.UNVERIFIED}
    assert unsure == {
        "sonarqube-cloud", "cursor", "aikido", "codecov", "circleci", "vercel-netlify", "terraform-provider-github",
    }  # fmt: skip


@pytest.mark.parametrize(
    "preset", [each for each in presets().values() if each.selectable], ids=lambda each: each.id
)
def test_a_preset_is_planned_as_its_vendor_says(preset):
    made = plan(PlanRequest(presets=(preset.id,)))
    asked = {name: level for name, level in preset.permissions.items() if name != "metadata"}
    held = {name: level for name, level in made.permissions.items() if name != "metadata"}
    left_out = {demand.alternatives[0].keys().__iter__().__next__() for demand in made.dropped}
    assert held == {name: level for name, level in asked.items() if name not in left_out}
    assert dict(made.app_only) == dict(preset.app_only)
    for option in preset.options:
        assert (
            plan(PlanRequest(presets=(option.id,))).permissions.items() >= option.permissions.items()
            or made.dropped
        )


@pytest.mark.parametrize(
    "wanted", ["nothing", "", "semgrep.2", "semgrep.0", "semgrep.", "SEMGREP", "../semgrep", "semgrep.1\n"]
)
def test_an_id_of_nothing_is_refused(wanted):
    with pytest.raises(InvalidInput, match="no preset"):
        chosen(wanted)


@pytest.mark.parametrize(
    "wanted", ["cursor", "circleci", "copilot-coding-agent", "terraform-provider-github"]
)
def test_what_cannot_be_verified_cannot_be_chosen(wanted):
    with pytest.raises(InvalidInput, match="Nothing can be planned"):
        chosen(wanted)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('title = "Tool"\n', ""),
        ('kinds = ["pat"]', 'kinds = ["token"]'),
        ('certainty = "exact"', 'certainty = "sure"'),
        ('contents = "read"', 'contents = "admin"'),
        ('contents = "read"', 'content = "read"'),
        ('contents = "read"', 'contents = "READ"'),
        ("row = 99", 'colour = "red"'),
        ("[permissions]", '[app_only]\ncontents = "write"\n[permissions]'),
        ("[permissions]", '[why]\nissues = "x"\n[permissions]'),
        ("[permissions]", '[setup]\ncustom_base_url = "perhaps"\n[permissions]'),
        ("[permissions]", '[setup]\ncustom_base_url = "yes"\ntoken = "x"\n[permissions]'),
    ],
)
def test_a_file_that_is_not_as_documented_does_not_load(before, after):
    assert parse_preset("tool", GOOD).permissions == {"contents": Level.READ}
    with pytest.raises((ValueError, KeyError, TypeError, tomllib.TOMLDecodeError)):
        parse_preset("tool", GOOD.replace(before, after))


def test_set_up_texts_are_filled_in_and_hold_no_token():
    named = [text for each in (*presets().values(), *clients()) for text in each.setup.texts]
    assert len(named) >= 14
    for text in named:
        filled = filled_in(
            text, "https://keyhole.example:8443", "https://keyhole.example:8443/api/v3", "acme/tool"
        )
        assert "@" not in filled.text.replace("Bearer ", "").replace("@octokit", "").replace("-H @-", "")
        assert text.source.startswith("https://")
    renovate = presets()["renovate-self-hosted"].setup
    assert renovate.custom_base_url is BaseUrl.YES
    assert (
        "RENOVATE_ENDPOINT=https://ghe.example/api/v3/"
        in filled_in(renovate.texts[0], "https://ghe.example", "https://ghe.example/api/v3").text
    )


def test_apps_and_tokens_are_told_apart():
    assert presets()["sentry"].needs_app
    assert not presets()["argo-cd"].needs_app
    assert presets()["circleci"].kinds == (Kind.OAUTH,)


def test_features_add_up():
    everything = plan(PlanRequest(features=tuple(FEATURES)))
    assert everything.permissions["contents"] is Level.WRITE
    assert everything.permissions["members"] is Level.READ
    assert plan(PlanRequest(features=("scan",))).permissions == {
        "contents": Level.READ,
        "metadata": Level.READ,
    }
    with pytest.raises(InvalidInput, match="no feature"):
        feature("scans")
