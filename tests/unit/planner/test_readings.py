"""What people paste, record and log, as operations; hostile files end with a reason."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyhole.core.errors import InvalidInput
from keyhole.core.permissions import vocabulary
from keyhole.planner import har
from keyhole.planner.accesslog import read_access_log
from keyhole.planner.asked import Asked, Unmatched, understand
from keyhole.planner.endpoints import read_endpoints, read_line

PULLS = "GET /repos/{owner}/{repo}/pulls"


@pytest.mark.parametrize(
    ("line", "read"),
    [
        (PULLS, PULLS),
        ("get /repos/acme/tool/pulls", PULLS),
        ("/repos/acme/tool/pulls", PULLS),
        ("`GET /repos/:owner/:repo/pulls`", PULLS),
        ("- GET /repos/<owner>/<repo>/pulls", PULLS),
        ("3. GET /repos/{o}/{r}/pulls?state=open#x", PULLS),
        ("HEAD /repos/acme/tool/pulls", PULLS),
        ("https://api.github.com/repos/acme/tool/pulls?per_page=100", PULLS),
        ("GET https://ghe.example.com/api/v3/repos/acme/tool/pulls", PULLS),
        ("GET http://127.0.0.1:8471/api/v3/repos/acme/tool/pulls", PULLS),
        ("curl -L https://api.github.com/repos/acme/tool/pulls", PULLS),
        ("curl -X PATCH http://h/api/v3/repos/a/b/git/refs/heads/x", "PATCH /repos/{owner}/{repo}/git/refs/{ref}"),
        ("curl https://api.github.com/repos/a/b/pulls -d '{}'", "POST /repos/{owner}/{repo}/pulls"),
        ("pulls/list", PULLS),
        ('10.0.0.1 - - [01/Aug/2026] "GET /api/v3/repos/a/b/pulls HTTP/1.1" 200 5', PULLS),
        ("GET /repos/a/b/contents/src/a%20b.txt", "GET /repos/{owner}/{repo}/contents/{path}"),
        ("GET /repos/{owner}/{repo}/compare/{base}...{head}", "GET /repos/{owner}/{repo}/compare/{basehead}"),
        ("PUT /repos/a/b/contents/.github/workflows/ci.yml", "PUT /repos/{owner}/{repo}/contents/{path} +workflows"),
        ("PUT /repos/a/b/contents/x +workflows", "PUT /repos/{owner}/{repo}/contents/{path} +workflows"),
        ("git clone https://github.com/acme/tool.git", "git clone"),
        ("git push +workflows", "git push +workflows"),
        ("https://github.com/acme/tool.git/info/refs?service=git-receive-pack", "git push"),
        ("https://github.com/acme/tool.git", "git clone"),
        ("POST https://github.com/acme/tool.git/git-upload-pack", "git clone"),
        ("GET /user", "GET /user"),
    ],
)  # fmt: skip
def test_a_line_is_read(line, read):
    found = read_endpoints(line)
    assert found.unmatched == ()
    assert found.lines == (read,)
    assert read_endpoints(read).lines == (read,), "its own spelling is read again"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("GET /repos/a/b/check-runs/1", "only a GitHub App"),
        ("POST /repos/a/b/check-suites", "only a GitHub App"),
        ("GET /user/packages", "classic token"),
        ("GET /notifications", "classic token"),
        ("POST https://api.github.com/graphql", "GraphQL"),
        ("GET /nothing/at/all", "no operation"),
        ("POST /repos/a/b/pulls/4/nothing", "no operation"),
        ("POST https://uploads.github.com/repos/a/b/releases/1/assets?name=x", "does not say"),
        ("GET https://github.com/acme/tool/pulls", "not an address of GitHub's API"),
        ("GET https://elsewhere.example/repos/a/b", "not an address of GitHub's API"),
        ("BREW /repos/a/b", "no endpoint"),
        ("git gc", "clone, fetch, pull and push"),
        ("curl 'https://api.github.com/user", "quotes"),
        ("curl -v", "no address"),
        ("some words about it", "no endpoint"),
        ("GET /repos/a/b/pulls +workflows", "does not"),
        ("GET /repos/a%2Fb/c/pulls", "encoded slash"),
        ("https://github.com/a/b.git/info/lfs/objects/batch", "LFS"),
        ("/repos/\u0430/b", "characters"),
        ("http://[::1/x", "not an address"),
        ("x" * 5000, "too long"),
    ],
)
def test_a_line_that_nothing_can_be_planned_for_says_why(line, why):
    found = read_endpoints(line)
    assert found.asked == ()
    assert why in found.unmatched[0].why
    assert len(found.unmatched[0].text) < 200


def test_every_documented_operation_is_found_by_its_template_its_id_and_with_values():
    for operation in vocabulary().operations:
        line = f"{operation.method} {operation.path}"
        for way in (line, operation.id, line.replace("{", ":").replace("}", "")):
            if way == operation.id and "/" not in way:
                continue
            found = read_line(way)
            named = found.line if isinstance(found, Asked) else found.text
            assert named == line, way


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused_and_never_shown_with_control_characters(text):
    found = read_endpoints(text)
    for each in found.unmatched:
        assert each.text.isprintable()
        assert each.why


@given(st.sampled_from(["GET", "POST", "", "\x00"]), st.text(max_size=100))
def test_any_address_is_understood_or_refused(method, address):
    assert isinstance(understand(method, address), (Asked, Unmatched))


@pytest.mark.parametrize("text", ["x" * 300_000, "GET /user\n" * 3000])
def test_too_much_text_is_refused(text):
    with pytest.raises(InvalidInput):
        read_endpoints(text)


def recording(*requests):
    return json.dumps({"log": {"entries": [{"request": each} for each in requests]}}).encode()


def test_a_recording_counts_what_it_holds():
    pulls = {"method": "GET", "url": "https://api.github.com/repos/a/b/pulls?page=2"}
    found = har.read_har(
        b"\xef\xbb\xbf"
        + recording(
            pulls,
            pulls,
            {"method": "OPTIONS", "url": "https://api.github.com/repos/a/b/pulls"},
            {"method": "POST", "url": "https://ghe.example.com/api/graphql"},
            {"method": "GET", "url": "https://cdn.example/x"},
            {"method": "GET", "url": "http://[broken"},
            {"method": 7, "url": None},
        )
    )
    assert [(each.line, each.count) for each in found.asked] == [(PULLS, 2)]
    assert "GraphQL" in found.unmatched[0].why
    assert found.notes[0].startswith("3 entries are not about GitHub's API")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\x01\x02",
        b"\xff\xfe{",
        b"null",
        b"[]",
        b'{"log": null}',
        b'{"log": {"entries": {}}}',
        b'{"a":' * 50_000,
        b"[" * 200_000,
        b'{"log": {"entries": [' + b"1" * 5000 + b"]}}",
    ],
)
def test_a_file_that_is_no_recording_is_refused(content):
    with pytest.raises(InvalidInput, match="cannot be read as a HAR"):
        har.read_har(content)


def test_a_recording_that_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(har, "LARGEST", 100)
    with pytest.raises(InvalidInput, match="at most 100 are read"):
        har.read_har(b" " * 101)
    monkeypatch.setattr(har, "LARGEST", 10_000)
    monkeypatch.setattr(har, "_MOST_ENTRIES", 3)
    with pytest.raises(InvalidInput, match="at most 3 are read"):
        har.read_har(recording({}, {}, {}, {}))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda each: (
            st.lists(each) | st.dictionaries(st.sampled_from(["request", "method", "url", "x"]), each)
        ),
        max_leaves=12,
    )
)
def test_any_entries_are_read_or_left_out(entries):
    content = json.dumps({"log": {"entries": entries if isinstance(entries, list) else [entries]}}).encode()
    assert har.read_har(content).asked == ()


def entry(operation, outcome="allowed", action="rest:act", **subject):
    return json.dumps(
        {"seq": 1, "action": action, "outcome": outcome, "subject": {"operation": operation, **subject}}
    )


def test_a_log_is_what_was_allowed():
    lines = [
        entry("pulls/list"),
        entry("pulls/list"),
        entry("git/push", action="git:act", used={"contents": "write", "workflows": "write"}),
        entry("issues/create", outcome="denied", action="rest:refuse"),
        entry("repository", action="repository:connect"),
        entry("no/such"),
        "not a line",
    ]
    found = read_access_log("\n".join(lines).encode())
    assert [(each.line, each.count) for each in found.asked] == [(PULLS, 2), ("git push +workflows", 1)]
    assert found.notes == ("1 request that was refused is not planned for.", "1 line could not be read.")


def test_a_web_server_s_log_is_read_with_its_statuses():
    line = '10.0.0.1 - bot [01/Aug/2026:10:00:00 +0000] "{} HTTP/1.1" {} 512 "-" "bot/1"'
    lines = [
        line.format("GET /api/v3/repos/a/b/pulls?page=2", 200),
        line.format("POST /api/v3/repos/a/b/issues", 403),
        line.format("GET /a/b.git/info/refs?service=git-upload-pack", 200),
        line.format("GET /favicon.ico", 200),
    ]
    found = read_access_log("\n".join(lines).encode())
    assert found.lines == (PULLS, "git clone")
    assert [each.text for each in found.unmatched] == ["GET /favicon.ico"]
    assert found.notes == ("1 request that was refused is not planned for.",)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_log_or_refused(content):
    refused = None
    try:
        read_access_log(content)
    except InvalidInput as problem:
        refused = problem
    assert refused is None or refused.field == "recording"


@pytest.mark.parametrize("content", [b"", b"\xff" * 1000, b"{}\n[]\n", b"[" * 100_000, b"text\n" * 50])
def test_a_file_that_is_no_log_is_refused(content):
    with pytest.raises(InvalidInput, match="access log"):
        read_access_log(content)
