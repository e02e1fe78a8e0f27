"""Options that exclude each other are refused by name; none of them is left out without a word."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from keyhole.cli.main import keyhole

NEW = ("schedule", "new", "Nightly", "a/b")
ACCEPT = ("findings", "accept", "1", "--until", "2030-01-01", "--reason", "Ours.")


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ((*ACCEPT, "--everywhere", "--rule-in-repository"), ("--everywhere", "--rule-in-repository")),
        ((*ACCEPT, "--rule-in-repository", "--everywhere"), ("--everywhere", "--rule-in-repository")),
        (
            ("findings", "false-positive", "1", "--reason", "x", "--everywhere", "--rule-in-repository"),
            ("--everywhere", "--rule-in-repository"),
        ),
        ((*NEW, "--every", "nightly", "--poll", "3"), ("--every", "--poll")),
        ((*NEW, "--cron", "0 2 * * *", "--poll", "5"), ("--cron", "--poll")),
        ((*NEW, "--at", "2030-01-01T06:00", "--poll", "3"), ("--at", "--poll")),
        ((*NEW, "--every", "nightly", "--cron", "0 2 * * *"), ("--cron", "--every")),
        ((*NEW, "--on-push", "--zone", "Europe/Berlin"), ("--on-push", "--zone")),
    ],
    ids=lambda value: " ".join(value[-4:]),
)
def test_options_that_exclude_each_other_are_named(command, names):
    done = CliRunner().invoke(keyhole, command)
    assert done.exit_code == 2
    assert f"{names[0]} and {names[1]} exclude each other" in done.output


def test_a_schedule_without_a_time_is_told_which_there_are():
    done = CliRunner().invoke(keyhole, NEW)
    assert done.exit_code == 2
    assert "--cron, --every, --at, --on-push" in done.output
