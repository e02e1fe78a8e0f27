"""Code scanning as GitHub does it: an upload replaces what its tool said of the branch in the same category."""

from __future__ import annotations

import base64
import gzip
import json

import pytest

from keyhole.testing.github import gitdata

pytestmark = pytest.mark.loopback
TIDE = "/repos/harbour/tide-api"


@pytest.fixture
def ask(fine, tide):
    return fine(contents="read", security_events="write")


@pytest.fixture
def upload(ask, tide):
    commit = gitdata.resolve(tide.git_dir, "refs/heads/main")

    def send(*runs, ref="refs/heads/main"):
        packed = gzip.compress(json.dumps({"version": "2.1.0", "runs": runs}).encode())
        body = {"commit_sha": commit, "ref": ref, "sarif": base64.b64encode(packed).decode()}
        status, _, answer = ask("POST", f"{TIDE}/code-scanning/sarifs", body)
        assert status == 202, answer
        return ask("GET", f"{TIDE}/code-scanning/sarifs/{answer['id']}")[2]

    return send


@pytest.fixture
def states(ask):
    def look(query=""):
        found = ask("GET", f"{TIDE}/code-scanning/alerts{query}")[2]
        return {each["rule"]["id"]: each["state"] for each in found}

    return look


def run(*rules, category=None, tool="Acme"):
    results = [{"ruleId": rule, "message": {"text": rule}} for rule in rules]
    details = {} if category is None else {"automationDetails": {"id": category}}
    return {"tool": {"driver": {"name": tool}}, "results": results, **details}


def test_an_upload_closes_what_it_has_no_more_and_opens_it_again(upload, states):
    upload(run("a", "b"))
    upload(run("a"))
    assert states() == {"a": "open", "b": "fixed"}
    assert states("?state=open") == {"a": "open"}
    upload(run("b"))
    assert states() == {"a": "fixed", "b": "open"}


@pytest.mark.parametrize(
    "other",
    [
        {"category": "two/"},
        {"category": "one/more/2026"},
        {"category": "one"},
        {"tool": "Other", "category": "one/"},
    ],
)
def test_another_category_or_tool_closes_nothing(upload, states, other):
    upload(run("a", category="one/"))
    upload(run("b", **other))
    assert states() == {"a": "open", "b": "open"}
    upload(run(category="one/another-run"))
    assert states() == {"a": "fixed", "b": "open"}


def test_what_two_categories_have_is_one_alert_that_both_must_close(upload, states):
    upload(run("a", category="one/"), run("a", category="two/"))
    upload(run(category="one/"))
    assert states() == {"a": "open"}
    upload(run(category="two/"))
    assert states() == {"a": "fixed"}


def test_branches_stand_for_themselves(upload, states):
    upload(run("a"))
    upload(run("a", "b"), ref="refs/heads/dev")
    upload(run())
    assert states("?ref=main") == {"a": "fixed"}
    assert states("?ref=refs/heads/dev") == {"a": "open", "b": "open"}


def test_what_was_dismissed_stays_so(upload, states, ask):
    upload(run("a"))
    ask("PATCH", f"{TIDE}/code-scanning/alerts/1", {"state": "dismissed", "dismissed_reason": "won't fix"})
    upload(run())
    assert states() == {"a": "dismissed"}


@pytest.mark.parametrize(
    ("runs", "why"),
    [
        ([run("a"), run("b")], "same tool and category"),
        ([run("a", category="one/1"), run("b", category="one/2")], "same tool and category"),
        ([run(category=f"{number}/") for number in range(21)], "more runs than allowed"),
    ],
)
def test_a_document_that_is_not_processed_says_why(upload, ask, runs, why):
    done = upload(*runs)
    assert done["processing_status"] == "failed"
    assert why in done["errors"][0]
    assert ask("GET", f"{TIDE}/code-scanning/alerts")[0] == 404
