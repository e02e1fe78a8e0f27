"""The small parts of the REST surface: media types, pages, strict bodies, names of comparisons, entity tags, docs."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyhole.core.grant import Access, make
from keyhole.core.permissions import Level, vocabulary
from keyhole.core.request import Owner, OwnerKind, Repository
from keyhole.gateway.errors import UnsupportedMediaType
from keyhole.gateway.http import Response
from keyhole.gateway.rest import answers, bodies, compare_names, document, media, paging, registry, versions
from keyhole.gateway.rest.gitread import languages
from keyhole.gateway.rest.older_names import documented
from keyhole.gateway.rest.present import repositories
from keyhole.gateway.rest.present.contents import wrapped
from keyhole.gateway.rest.present.links import Links, node_id
from keyhole.gateway.rest.problems import BadJson, FieldError, UnknownVersion, ValidationFailed

DOCUMENT = Path(__file__).parents[4] / "docs" / "rest-api.md"


class TestMediaTypes:
    @pytest.mark.parametrize(
        ("accept", "param", "header"),
        [
            ("", "", "github.v3; format=json"),
            ("*/*", "", "github.v3; format=json"),
            ("application/json", "", "github.v3; format=json"),
            ("application/vnd.github+json", "", "github.v3; format=json"),
            ("application/vnd.github.v3+json", "", "github.v3; format=json"),
            ("application/vnd.github.v3.raw", "raw", "github.v3; param=raw"),
            ("application/vnd.github.raw+json", "raw", "github.v3; param=raw; format=json"),
            ("application/vnd.github.RAW", "raw", "github.v3; param=raw"),
            ("text/html, application/vnd.github.raw", "raw", "github.v3; param=raw"),
            ("application/vnd.github.machine-man-preview+json", "", "github.v3; format=json"),
            ("application/vnd.github.raw;q=0.9, */*", "raw", "github.v3; param=raw"),
        ],
    )
    def test_what_is_asked_for(self, accept, param, header):
        found = media.asked(accept, frozenset({"raw"}))
        assert (found.param, found.header) == (param, header)

    @pytest.mark.parametrize(
        "accept", ["text/html", "application/vnd.github.html", "application/xml", "image/*"]
    )
    def test_what_is_not_served(self, accept):
        with pytest.raises(UnsupportedMediaType):
            media.asked(accept, frozenset({"raw"}))


class TestPages:
    @pytest.mark.parametrize(
        ("query", "number", "size"),
        [
            ({}, 1, 30),
            ({"page": "2", "per_page": "5"}, 2, 5),
            ({"per_page": "101"}, 1, 100),
            ({"per_page": "0"}, 1, 30),
            ({"page": "-1"}, 1, 30),
            ({"page": "x", "per_page": "1e9"}, 1, 30),
            ({"page": "٣"}, 1, 30),
            ({"page": "9" * 30}, 1, 30),
            ({"page": "999999999"}, 1_000_000, 30),
        ],
    )
    def test_which_page(self, query, number, size):
        page = paging.page_of(query)
        assert (page.number, page.size) == (number, size)

    @given(st.integers(1, 50), st.integers(1, 100), st.integers(0, 3000))
    def test_the_pages_together_are_the_list_and_the_links_lead_through_it(self, number, size, total):
        items = list(range(total))
        page, seen = paging.Page(1, size), []
        while True:
            seen += page.cut(items)
            links = paging.links(page, total)
            if "next" not in links:
                break
            page = paging.Page(links["next"], size)
        assert seen == items
        links = paging.links(paging.Page(number, size), total)
        assert ("prev" in links) == ("first" in links) == (number > 1)
        assert all(1 <= target <= max(1, -(-total // size)) for target in links.values())


class TestBodies:
    @given(
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers(-(2**62), 2**62)
            | st.text(st.characters(exclude_categories=["Cs"])),
            lambda inner: (
                st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
            ),
            max_leaves=20,
        )
    )
    def test_what_json_writes_is_read_back_or_is_no_object(self, value):
        raw = json.dumps(value, ensure_ascii=False).encode()
        if isinstance(value, dict):
            assert bodies.parse(raw) == value
        else:
            with pytest.raises(BadJson):
                bodies.parse(raw)

    @given(st.binary(max_size=200))
    def test_any_bytes_end_in_an_object_or_a_400(self, raw):
        with suppress(BadJson):
            assert isinstance(bodies.parse(raw), dict)

    def test_a_field_of_another_type_is_named(self):
        fields = bodies.Fields("Thing", {"a": 1, "b": [1], "c": "x", "d": None, "e": {"f": True}})
        for take, name in (
            (fields.text, "a"),
            (fields.texts, "b"),
            (fields.objects, "b"),
            (fields.part, "c"),
            (fields.flag, "c"),
        ):
            with pytest.raises(ValidationFailed) as wrong:
                take(name)
            assert wrong.value.errors == (FieldError("Thing", name, "invalid"),)
        with pytest.raises(ValidationFailed) as absent:
            fields.text("z")
        assert absent.value.errors[0].code == "missing_field"
        assert (fields.is_null("d"), fields.is_null("z"), fields.part("e").flag("f")) == (True, False, True)


class TestComparisons:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("a...b", [("", "", "a"), ("", "", "b")]),
            ("o:a...b", [("o", "", "a"), ("", "", "b")]),
            ("a...o:r:b/c", [("", "", "a"), ("o", "r", "b/c")]),
        ],
    )
    def test_sides(self, text, expected):
        assert [(side.owner, side.repository, side.ref) for side in compare_names.sides(text)] == expected

    @pytest.mark.parametrize(
        "text", ["", "a", "a..b", "...b", "a...", "a...b...c", ":a...b", "o:...b", "a:b:c:d...e"]
    )
    def test_what_is_no_comparison(self, text):
        assert compare_names.sides(text) is None


class TestAnswers:
    def test_names_that_are_no_utf8_are_shown_with_a_replacement(self):
        assert answers.encode({"name": "caf\udce9"}) == '{"name":"caf\ufffd"}'.encode()

    def test_an_entity_tag_belongs_to_its_subject(self):
        one, other = (answers.entity_tag(Response(200, b"x"), subject) for subject in ("1 a", "2 a"))
        assert one != other
        assert answers.matches(f'"x", {one}', one)
        assert answers.matches(one.removeprefix("W/"), one)
        assert not answers.matches(other, one)
        assert not answers.matches("", one)

    def test_a_422_lists_its_errors_between_message_and_documentation(self):
        answer = answers.failed(
            ValidationFailed(FieldError("Label", "color", "invalid")), documentation_url="d"
        )
        value = json.loads(answer.body)
        assert list(value) == ["message", "errors", "documentation_url", "status", "explain"]
        assert value["errors"] == [{"resource": "Label", "code": "invalid", "field": "color"}]


class TestNames:
    @pytest.mark.parametrize(
        ("method", "path", "expected"),
        [
            ("GET", "repos/o/r/git/refs", "repos/o/r/git/matching-refs"),
            ("GET", "repos/o/r/git/refs/heads/x", "repos/o/r/git/ref/heads/x"),
            ("HEAD", "repos/o/r/statuses/abc", "repos/o/r/commits/abc/statuses"),
            ("POST", "repos/o/r/statuses/abc", "repos/o/r/statuses/abc"),
            ("DELETE", "repos/o/r/git/refs/heads/x", "repos/o/r/git/refs/heads/x"),
            ("GET", "orgs/o/r/git/refs", "orgs/o/r/git/refs"),
            ("GET", "repos/git/refs", "repos/git/refs"),
        ],
    )
    def test_older_addresses_are_the_documented_operation(self, method, path, expected):
        assert documented(method, tuple(path.split("/"))) == tuple(expected.split("/"))

    @pytest.mark.parametrize(
        ("name", "language"),
        [
            ("a.py", "Python"),
            ("A.PY", "Python"),
            ("Makefile", "Makefile"),
            ("py", None),
            ("a.json", None),
            ("README.md", None),
            ("x.h", "C"),
        ],
    )
    def test_languages(self, name, language):
        assert languages.language_of(name) == language

    def test_base64_in_lines_of_sixty(self):
        assert wrapped(b"x" * 46) == "eHh4" * 15 + "\n" + "eA==\n"
        assert wrapped(b"") == ""

    def test_node_ids_are_github_first_form(self):
        assert node_id("Repository", 1296269) == "MDEwOlJlcG9zaXRvcnkxMjk2MjY5"

    @pytest.mark.parametrize("version", ["2022-11-27", "2026-03-10 ", "latest", "2026-03-10,2022-11-28"])
    def test_unknown_versions(self, version):
        with pytest.raises(UnknownVersion):
            versions.selected(version)


REPOSITORY_KEYS = frozenset(
    re.findall(
        r"\w+",
        """
allow_auto_merge allow_forking allow_merge_commit allow_rebase_merge allow_squash_merge allow_update_branch
archive_url archived assignees_url blobs_url branches_url clone_url collaborators_url comments_url commits_url
compare_url contents_url contributors_url created_at default_branch delete_branch_on_merge deployments_url description
disabled downloads_url events_url fork forks forks_count forks_url full_name git_commits_url git_refs_url git_tags_url
git_url has_discussions has_downloads has_issues has_pages has_projects has_wiki homepage hooks_url html_url id
is_template issue_comment_url issue_events_url issues_url keys_url labels_url language languages_url license
merges_url milestones_url mirror_url name network_count node_id notifications_url open_issues open_issues_count
organization owner permissions private pulls_url pushed_at releases_url size ssh_url stargazers_count stargazers_url
statuses_url subscribers_count subscribers_url subscription_url svn_url tags_url teams_url topics trees_url updated_at
url visibility watchers watchers_count web_commit_signoff_required
""",
    )
)
"""Keys that GitHub's own answer has, but for `temp_clone_token`."""


@pytest.mark.parametrize(
    ("held", "push", "pull"),
    [({}, False, False), ({"contents": Level.READ}, False, True), ({"contents": Level.WRITE}, True, True)],
)
def test_a_repository_has_github_s_keys_and_the_token_s_permissions(held, push, pull):
    owner = Owner(1, "octo", OwnerKind.ORGANIZATION)
    now = datetime.now(UTC)
    grant = make(
        owner=owner,
        access=Access.SELECTED,
        repository_ids=frozenset({7}),
        permissions=held,
        not_before=now,
        expires_at=None,
    )
    facts = repositories.Facts("", "main", 1, None, now, None)
    shown = repositories.full(
        Repository(7, owner, "r", public=False), facts, grant, Links("https://k.example")
    )
    assert set(shown) >= REPOSITORY_KEYS
    assert "temp_clone_token" not in shown
    assert shown["permissions"] == {
        "admin": False,
        "maintain": False,
        "push": push,
        "triage": False,
        "pull": pull,
    }
    assert all(
        value.startswith("https://k.example/")
        for key, value in shown.items()
        if key.endswith("_url") and value is not None
    )


def test_every_implementation_is_an_operation_of_the_table_and_reads_are_gets():
    operations = {operation.id: operation for operation in vocabulary().operations}
    for name, implementation in registry.registered().items():
        assert (operations[name].method == "GET") == (implementation.read is not None)
        assert (implementation.read is None) != (implementation.plan is None)


def test_the_same_operation_is_not_registered_twice():
    registry.registered()
    with pytest.raises(ValueError, match="twice"):
        registry.reads("repos/get")(lambda context: context)
    with pytest.raises(ValueError, match="not in the table"):
        registry.writes("repos/invented")(lambda context: context)


def test_the_document_lists_what_is_carried_out():
    text = DOCUMENT.read_text("utf-8")
    assert text == document.filled(text), "python -m keyhole.gateway.rest.document docs/rest-api.md"
