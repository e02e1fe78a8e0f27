"""Method and path to one documented operation, by whole segments."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyhole.core.errors import MalformedRequest
from keyhole.core.permissions import vocabulary
from keyhole.core.resolve import resolve

OPERATIONS = vocabulary().operations
SPANNING = {"path", "ref", "branch", "tag", "dir", "basehead"}


def sample(name):
    return "7" if name in ("account_id", "repository_id") or name.endswith("_number") else f"x-{name}"


def segments(path, fill=sample):
    return tuple(fill(part[1:-1]) if part.startswith("{") else part for part in path.split("/")[1:] if part)


def named(path):
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_every_operation_is_found_at_its_own_path(operation):
    match = resolve(operation.method, segments(operation.path))
    assert match is not None
    assert match.operation is operation
    assert match.params == {name: sample(name) for name in named(operation.path)}


def test_spanning_parameters_take_slashes_raw_and_encoded():
    checked = 0
    for operation in OPERATIONS:
        if not SPANNING.intersection(named(operation.path)):
            continue
        encoded = segments(operation.path, lambda name: "a/b/c" if name in SPANNING else sample(name))
        spread = tuple(part for each in encoded for part in each.split("/"))
        for form in (spread, encoded):
            match = resolve(operation.method, form)
            assert match is not None
            assert match.operation is operation
            assert next(match.params[name] for name in SPANNING if name in match.params) == "a/b/c"
        checked += 1
    assert checked == 54


@pytest.mark.parametrize(
    "operation", [each for each in OPERATIONS if each.method == "GET"], ids=lambda each: each.id
)
def test_a1_head_is_judged_as_get(operation):
    assert resolve("HEAD", segments(operation.path)) == resolve("GET", segments(operation.path))


@pytest.mark.parametrize(
    ("asked", "operation"),
    [
        ("/repos/o/r/releases/latest", "repos/get-latest-release"),
        ("/repos/o/r/releases/7", "repos/get-release"),
        ("/repos/o/r/branches/main/protection", "repos/get-branch-protection"),
        ("/repos/o/r/branches/a/b/protection", "repos/get-branch-protection"),
        ("/repos/o/r/branches/protection", "repos/get-branch"),
        ("/repos/o/r/branches/protection/protection", "repos/get-branch-protection"),
        ("/repos/o/r/commits/a/b/status", "repos/get-combined-status-for-ref"),
        ("/repos/o/r/commits/abc/pulls", "repos/list-pull-requests-associated-with-commit"),
        ("/repos/o/r/commits/status", "repos/get-commit"),
        ("/repos/o/r/contents", "repos/get-content"),
        ("/repos/o/r/contents/contents", "repos/get-content"),
        ("/repos/o/r/git/matching-refs", "git/list-matching-refs"),
        ("/repos/o/r/tarball", "repos/download-tarball-archive"),
        ("/repos/o/r/zipball", "repos/download-zipball-archive"),
        ("/repos/o/r/compare/a/b...c/d", "repos/compare-commits-with-basehead"),
        ("/repos/repos/user", "repos/get"),
    ],
)
def test_literals_win_over_parameters_and_those_over_spanning_ones(asked, operation):
    found = resolve("GET", tuple(asked.split("/")[1:]))
    assert found is not None
    assert found.operation.id == operation


@pytest.mark.parametrize(
    ("sent", "name", "value"),
    [
        (("repos", "o", "r", "branches", "a/protection"), "branch", "a/protection"),
        (("repos", "o", "r", "git", "ref", "heads/feature/x"), "ref", "heads/feature/x"),
        (("repos", "o", "r", "labels", "kind/bug"), "name", "kind/bug"),
        (("repos", "o", "r", "environments", "eu/prod"), "environment_name", "eu/prod"),
        (("repos", "o", "r", "labels", "\u00e9"), "name", "\u00e9"),
        (("repos", "o", "r", "contents", "\u00e9", "e\u0301"), "path", "\u00e9/e\u0301"),
    ],
)
def test_an_encoded_slash_or_accent_is_part_of_a_name(sent, name, value):
    assert resolve("GET", sent).params[name] == value


MALFORMED = {
    "N2-encoded-slash-in-owner": ("GET", ("repos", "o/r", "x")),
    "N2-encoded-slash-in-repo": ("GET", ("repos", "o", "r/contents")),
    "N2-encoded-slash-joins-literals": ("GET", ("repos/o/r",)),
    "N2-encoded-slash-joins-contents": ("GET", ("repos", "o", "r", "contents/x")),
    "N2-encoded-slash-in-organization": ("GET", ("orgs", "o/p")),
    "N2-encoded-slash-in-number": ("GET", ("repos", "o", "r", "issues", "1/2")),
    "N2-encoded-slash-in-secret": ("GET", ("repos", "o", "r", "actions", "secrets", "A/B")),
    "N2-encoded-slash-nowhere": ("GET", ("no", "such/thing")),
    "N4-kelvin-owner": ("GET", ("repos", "\u212a", "r")),
    "N4-full-width-repo": ("GET", ("repos", "o", "\uff52")),
    "N4-dotless-i": ("GET", ("repos", "\u0131", "r")),
    "N4-sharp-s": ("GET", ("orgs", "stra\u00dfe")),
    "N4-composed": ("GET", ("users", "\u00e9")),
    "N4-decomposed": ("GET", ("users", "e\u0301")),
    "N4-full-width-number": ("GET", ("repos", "o", "r", "issues", "\uff11")),
    "N4-arabic-number": ("GET", ("repos", "o", "r", "pulls", "\u0661")),
    "N4-superscript-id": ("GET", ("repos", "o", "r", "releases", "\u00b2")),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_identifies_something_is_plain(name):
    with pytest.raises(MalformedRequest):
        resolve(*MALFORMED[name])


UNKNOWN = {
    "A2-lower-case-method": ("get", "/user"),
    "A2-unknown-method": ("FOO", "/user"),
    "A2-empty-method": ("", "/user"),
    "A2-trace": ("TRACE", "/user"),
    "A2-connect": ("CONNECT", "/user"),
    "A2-options": ("OPTIONS", "/user"),
    "A2-http-2-preface": ("PRI", "/"),
    "A4-post-where-get-is": ("POST", "/repos/o/r/branches/main"),
    "A4-put-repository": ("PUT", "/repos/o/r"),
    "A4-put-empty-path": ("PUT", "/repos/o/r/contents"),
    "A4-delete-empty-path": ("DELETE", "/repos/o/r/contents"),
    "A1-head-where-only-post-is": ("HEAD", "/markdown"),
    "A5-graphql": ("POST", "/graphql"),
    "N6-longer-literal": ("GET", "/repos2/o/r"),
    "N6-shorter-literal": ("GET", "/repo/o/r"),
    "N6-upper-case-literal": ("GET", "/REPOS/o/r"),
    "N6-more-segments": ("GET", "/x/repos/o/r"),
    "N6-only-owner": ("GET", "/repos/o"),
    "N6-section-alone": ("GET", "/repos"),
    "N6-unknown-below-a-repository": ("GET", "/repos/o/r/nothing"),
    "N6-unknown-below-an-operation": ("GET", "/user/nothing"),
    "N6-word-for-a-number": ("GET", "/repos/o/r/issues/seven"),
    "N6-word-for-an-id": ("GET", "/user/seven"),
    "N6-negative-number": ("GET", "/repos/o/r/pulls/-1"),
    "N6-template-itself-is-no-repository": ("GET", "/{owner}/{repo}"),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_p1_what_is_not_documented_is_nothing(name):
    method, path = UNKNOWN[name]
    assert resolve(method, tuple(part for part in path.split("/")[1:] if part)) is None


@given(
    st.sampled_from(["GET", "PUT", "POST", "PATCH", "DELETE"]),
    st.lists(
        st.sampled_from(
            sorted(
                {
                    part
                    for operation in OPERATIONS
                    for part in operation.path.split("/")
                    if part and "{" not in part
                }
                | {"x", "7"}
            )
        ),
        max_size=9,
    ).map(tuple),
)
def test_a_match_always_explains_the_whole_path(method, asked):
    match = resolve(method, asked)
    if match is None:
        return
    rebuilt = [
        part
        for each in match.operation.path.split("/")[1:]
        if each
        for part in (match.params[each[1:-1]] if each.startswith("{") else each).split("/")
        if part
    ]
    assert match.operation.method == method
    assert tuple(rebuilt) == asked


def test_a_long_path_is_resolved_in_linear_steps():
    # Backtracking over 256 segments must not multiply; the count of steps is what is held, not the time.
    calls = 0

    class Counted(tuple):
        __slots__ = ()

        def __getitem__(self, at):
            nonlocal calls
            calls += 1
            return super().__getitem__(at)

    assert resolve("GET", Counted(("repos", "o", "r", "branches", *["protection"] * 250, "x"))) is not None
    assert calls < 256 * 8
