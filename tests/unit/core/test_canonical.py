"""Bytes of a target: one reading or refused. The names of the bad inputs are those of the security document."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyhole.core.canonical import check_headers, parse_target
from keyhole.core.errors import BadCredentials, KeyholeError, MalformedRequest

API = b"/api/v3"

GOOD_PATHS = {
    "root": (b"/", ()),
    "api-root": (API, ("api", "v3")),
    "api-root-with-slash": (API + b"/", ("api", "v3")),
    "git": (b"/o/r.git/info/refs", ("o", "r.git", "info", "refs")),
    "plain": (API + b"/repos/o/r", ("api", "v3", "repos", "o", "r")),
    "PyGithub-top-directory": (API + b"/repos/o/r/contents/", ("api", "v3", "repos", "o", "r", "contents")),
    "octokit-all-refs": (
        API + b"/repos/o/r/git/matching-refs/",
        ("api", "v3", "repos", "o", "r", "git", "matching-refs"),
    ),
    "octokit-default-tarball": (API + b"/repos/o/r/tarball/", ("api", "v3", "repos", "o", "r", "tarball")),
    "octokit-default-zipball": (API + b"/repos/o/r/zipball/", ("api", "v3", "repos", "o", "r", "zipball")),
    "octokit-encoded-slash": (
        API + b"/repos/o/r/git/ref/heads%2Fmain",
        ("api", "v3", "repos", "o", "r", "git", "ref", "heads/main"),
    ),
    "lower-case-hex": (API + b"/x/a%2fb%c3%a9", ("api", "v3", "x", "a/b\u00e9")),
    "space": (API + b"/x/a%20b", ("api", "v3", "x", "a b")),
    "composed-and-decomposed": (API + b"/x/%C3%A9/e%CC%81", ("api", "v3", "x", "\u00e9", "e\u0301")),
    "percent-sign": (API + b"/x/100%25.txt", ("api", "v3", "x", "100%.txt")),
    "reserved-encoded": (API + b"/x/%3B%3F%23%5B", ("api", "v3", "x", ";?#[")),
    "reserved-raw": (API + b"/x/user:a...b@c+d=e", ("api", "v3", "x", "user:a...b@c+d=e")),
    "three-dots": (API + b"/x/...", ("api", "v3", "x", "...")),
    "hidden-file": (API + b"/x/.github/workflows", ("api", "v3", "x", ".github", "workflows")),
}


@pytest.mark.parametrize("name", GOOD_PATHS)
def test_paths_that_real_clients_send(name):
    raw, segments = GOOD_PATHS[name]
    assert parse_target(raw, b"").segments == segments


BAD_PATHS = {
    "N1-double-slash-first": b"//repos/o/r",
    "N1-double-slash-inside": API + b"/repos//o/r",
    "N1-double-slash-last": API + b"/repos/o/r//",
    "N1-trailing-slash": API + b"/repos/o/r/",
    "N1-trailing-slash-git": b"/o/r.git/",
    "N1-trailing-slash-below-contents": API + b"/repos/o/r/contents/src/",
    "N1-two-trailing-slashes-contents": API + b"/repos/o/r/contents//",
    "N1-dot": API + b"/./repos/o/r",
    "N1-dot-last": API + b"/repos/o/r/.",
    "N1-dot-dot": API + b"/repos/o/r/../x",
    "N1-dot-dot-first": b"/../etc/passwd",
    "N1-dot-dot-last": API + b"/repos/o/r/contents/..",
    "N1-matrix-parameter": API + b"/repos/o/r;x=1",
    "N1-semicolon-in-file": API + b"/repos/o/r/contents/a;b",
    "N2-encoded-dots-lower": API + b"/repos/o/r/%2e%2e/x",
    "N2-encoded-dots-upper": API + b"/repos/o/r/%2E%2E/x",
    "N2-half-encoded-dots": API + b"/repos/o/r/.%2e/x",
    "N2-encoded-dot-in-name": API + b"/repos/o/r%2egit",
    "N2-dots-and-encoded-slash": API + b"/repos/o/r/contents/..%2fx",
    "N2-encoded-slash-then-dots": API + b"/repos/o/r/contents/a%2F..",
    "N2-encoded-slash-then-dot": API + b"/repos/o/r/contents/a%2F.%2Fb",
    "N2-encoded-slash-first": API + b"/repos/o/r/contents/%2Fetc",
    "N2-encoded-slash-last": API + b"/repos/o/r/contents/a%2F",
    "N2-encoded-slash-twice": API + b"/repos/o/r/contents/a%2F%2Fb",
    "N2-encoded-slash-alone": API + b"/repos/o/r/contents/%2F",
    "N2-encoded-slash-git": b"/o%2Fr.git/info/refs",
    "N2-encoded-slash-before-api": b"/api%2Fv3/repos/o/r",
    "N2-encoded-twice": API + b"/repos/o/r/%252e%252e/x",
    "N2-encoded-twice-slash": API + b"/repos/o/r/contents/a%252Fb",
    "N2-encoded-three-times": API + b"/repos/o/r/contents/a%25252Fb",
    "N2-overlong-dot": API + b"/repos/o/r/%c0%ae%c0%ae/x",
    "N2-overlong-slash": API + b"/repos/o/r/contents/a%c0%afb",
    "N2-overlong-three-bytes": API + b"/x/%e0%80%af",
    "N2-surrogate": API + b"/x/%ed%a0%80",
    "N2-beyond-unicode": API + b"/x/%f4%90%80%80",
    "N2-cut-sequence": API + b"/x/%c3",
    "N2-latin-1": API + b"/x/%e9",
    "N2-encoded-backslash": API + b"/repos/o/r/contents/a%5cb",
    "N2-encoded-backslash-upper": API + b"/repos/o/r/contents/..%5C..%5Cx",
    "N2-raw-backslash": API + b"/repos/o/r\\..\\x",
    "N2-encoded-nul": API + b"/repos/o/r%00.git",
    "N2-encoded-line-end": API + b"/repos/o/r%0d%0aHost:x",
    "N2-encoded-line-feed": API + b"/repos/o/r%0a",
    "N2-encoded-tab": API + b"/repos/o/r%09",
    "N2-encoded-escape": API + b"/x/%1b%5b31m",
    "N2-encoded-delete": API + b"/x/%7f",
    "N2-encoded-c1-control": API + b"/x/%c2%9b",
    "N2-not-hexadecimal": API + b"/x/%zz",
    "N2-unicode-escape": API + b"/x/%u002e",
    "N2-lone-percent": API + b"/x/%",
    "N2-lone-percent-inside": API + b"/x/50%/y",
    "N2-cut-escape": API + b"/x/a%2",
    "N2-encoded-letter": API + b"/repos/%6f/r",
    "N2-encoded-digit": API + b"/repos/o/r%31",
    "N2-encoded-hyphen": API + b"/repos/o/a%2db",
    "N2-encoded-underscore": API + b"/repos/o/a%5Fb",
    "N2-encoded-tilde": API + b"/x/%7Ea",
    "N2-raw-nul": API + b"/repos/o/r\x00",
    "N2-raw-tab": API + b"/repos/o/\tr",
    "N2-raw-line-feed": API + b"/repos/o/r\n",
    "N2-raw-space": API + b"/repos/o/r x",
    "N2-raw-utf-8": API + "/x/é".encode(),
    "N2-raw-high-byte": API + b"/x/\xff",
    "N3-absolute-form": b"http://keyhole.example/api/v3/user",
    "N3-absolute-form-other-scheme": b"file:///etc/passwd",
    "N3-authority-form": b"keyhole.example:443",
    "N3-asterisk-form": b"*",
    "N3-fragment": API + b"/user#frag",
    "N3-encoded-query-mark-raw": API + b"/user?x=1",
    "N3-empty": b"",
    "N3-relative": b"api/v3/user",
    "N3-bracket": API + b"/x/[a]",
    "N3-quote": API + b'/x/"a"',
    "N3-angle": API + b"/x/<script>",
    "N3-pipe": API + b"/x/a|b",
    "N3-caret": API + b"/x/a^b",
    "L5-path-of-9000-bytes": API + b"/" + b"a" * 9000,
    "L5-300-segments": API + b"/a" * 300,
}


@pytest.mark.parametrize("name", BAD_PATHS)
def test_path_that_is_not_canonical_is_refused(name):
    with pytest.raises(MalformedRequest) as refused:
        parse_target(BAD_PATHS[name], b"")
    assert refused.value.status == 400


GOOD_QUERIES = {
    "none": (b"", ()),
    "two": (b"per_page=3&page=2", (("per_page", "3"), ("page", "2"))),
    "no-value": (b"recursive", (("recursive", ""),)),
    "plus-is-space": (b"q=a+b%20c%2Bd", (("q", "a b c+d"),)),
    "equals-in-value": (b"cursor=abc==", (("cursor", "abc=="),)),
    "brackets": (b"owner%5B%5D=a", (("owner[]", "a"),)),
    "slash-and-question-mark": (b"ref=heads/main?", (("ref", "heads/main?"),)),
    "percent": (b"q=100%25", (("q", "100%"),)),
    "non-ascii": (b"path=%C3%A9", (("path", "\u00e9"),)),
}


@pytest.mark.parametrize("name", GOOD_QUERIES)
def test_queries_that_real_clients_send(name):
    raw, pairs = GOOD_QUERIES[name]
    assert parse_target(b"/", raw).query == pairs


BAD_QUERIES = {
    "G1-same-name-twice": b"service=git-upload-pack&service=git-receive-pack",
    "G1-same-name-and-value-twice": b"service=git-upload-pack&service=git-upload-pack",
    "G1-same-name-with-and-without-value": b"a&a=1",
    "N2-encoded-letter-hides-a-name": b"per_page=1&per_p%61ge=100",
    "N2-query-overlong": b"a=%c0%ae",
    "N2-query-not-hexadecimal": b"a=%zz",
    "N2-query-lone-percent": b"a=%",
    "N2-query-nul": b"a=%00",
    "N2-query-line-end": b"a=%0d%0a",
    "N2-query-not-utf-8": b"a=%ff",
    "N2-query-raw-space": b"a= b",
    "N2-query-raw-utf-8": "a=é".encode(),
    "N3-query-fragment": b"a=1#b",
    "A-empty-pair": b"a=1&&b=2",
    "A-trailing-ampersand": b"a=1&",
    "A-leading-ampersand": b"&a=1",
    "A-no-name": b"=1",
    "A-semicolon-separates": b"a=1;b=2",
    "A-name-with-space": b"a+b=1",
    "A-name-with-accent": b"%C3%A9=1",
    "L5-65-parameters": b"&".join(b"a%d=1" % number for number in range(65)),
    "L5-9000-bytes": b"a=" + b"x" * 9000,
}


@pytest.mark.parametrize("name", BAD_QUERIES)
def test_query_that_is_not_canonical_is_refused(name):
    with pytest.raises(MalformedRequest):
        parse_target(b"/api/v3/user", BAD_QUERIES[name])


@pytest.mark.parametrize(
    "query",
    [
        "access_token=x",
        "token=x",
        "private_token=x",
        "ACCESS_TOKEN=x",
        "page=1&token=",
        "client_secret=x",
        "oauth_token=x",
        "authorization=Bearer+x",
        "name=khp_" + "a" * 49,
        "token",
        "job_token=1",
        "password=p",
    ],
    ids=lambda query: f"P2-query-{query.partition('=')[0]}",
)
def test_token_in_the_query_is_never_taken(query):
    with pytest.raises(BadCredentials) as refused:
        parse_target(b"/api/v3/user", query.encode())
    assert refused.value.status == 401


HOST = (b"host", b"keyhole.example")
GOOD_HEADERS = {
    "host": [HOST],
    "host-with-port": [(b"host", b"localhost:8470")],
    "host-address": [(b"host", b"127.0.0.1:8470")],
    "host-ipv6": [(b"host", b"[::1]:8470")],
    "length": [HOST, (b"content-length", b"12")],
    "chunked": [HOST, (b"transfer-encoding", b"chunked")],
    "several-cookies": [HOST, (b"cookie", b"a=1"), (b"cookie", b"b=2")],
    "latin-1-in-a-value": [HOST, (b"user-agent", b"caf\xe9")],
}


@pytest.mark.parametrize("name", GOOD_HEADERS)
def test_headers_that_real_clients_send(name):
    check_headers(GOOD_HEADERS[name])


BAD_HEADERS = {
    "T2-two-authorizations": [HOST, (b"authorization", b"Bearer a"), (b"authorization", b"Bearer b")],
    "T2-two-equal-authorizations": [HOST, (b"authorization", b"Bearer a"), (b"Authorization", b"Bearer a")],
    "P19-no-host": [],
    "P19-two-hosts": [HOST, HOST],
    "P19-two-different-hosts": [HOST, (b"HOST", b"evil.example")],
    "P19-empty-host": [(b"host", b"")],
    "P19-host-with-path": [(b"host", b"keyhole.example/x")],
    "P19-host-with-user": [(b"host", b"a@keyhole.example")],
    "P19-host-list": [(b"host", b"a.example, b.example")],
    "P19-host-with-space": [(b"host", b"a b")],
    "P19-host-port-not-a-number": [(b"host", b"a:b")],
    "P19-host-not-ascii": [(b"host", "ä.example".encode())],
    "P19-length-and-chunked": [HOST, (b"content-length", b"3"), (b"transfer-encoding", b"chunked")],
    "P19-two-lengths": [HOST, (b"content-length", b"3"), (b"content-length", b"4")],
    "P19-two-equal-lengths": [HOST, (b"content-length", b"3"), (b"content-length", b"3")],
    "P19-length-list": [HOST, (b"content-length", b"3, 3")],
    "P19-length-plus": [HOST, (b"content-length", b"+3")],
    "P19-length-negative": [HOST, (b"content-length", b"-1")],
    "P19-length-hexadecimal": [HOST, (b"content-length", b"0x3")],
    "P19-length-underscore": [HOST, (b"content-length", b"1_0")],
    "P19-length-empty": [HOST, (b"content-length", b"")],
    "P19-length-of-40-digits": [HOST, (b"content-length", b"9" * 40)],
    "P19-encoding-identity": [HOST, (b"transfer-encoding", b"identity")],
    "P19-encoding-list": [HOST, (b"transfer-encoding", b"gzip, chunked")],
    "P19-encoding-vertical-tab": [HOST, (b"transfer-encoding", b"\x0bchunked")],
    "P19-encoding-twice": [HOST, (b"transfer-encoding", b"chunked"), (b"transfer-encoding", b"chunked")],
    "G13-content-encoding-twice": [HOST, (b"content-encoding", b"gzip"), (b"content-encoding", b"gzip")],
    "P19-line-feed-in-value": [HOST, (b"x", b"a\nb: c")],
    "P19-carriage-return-in-value": [HOST, (b"x", b"a\rb")],
    "P19-nul-in-value": [HOST, (b"x", b"a\x00b")],
    "P19-escape-in-value": [HOST, (b"x", b"\x1b[31m")],
    "P19-space-in-name": [HOST, (b"transfer-encoding ", b"chunked")],
    "P19-colon-in-name": [HOST, (b"a:b", b"c")],
    "P19-empty-name": [HOST, (b"", b"c")],
    "L5-101-headers": [HOST, *[(b"x", b"y")] * 100],
    "L5-header-of-9000-bytes": [HOST, (b"x", b"y" * 9000)],
    "L5-40000-bytes-of-headers": [HOST, *[(b"x", b"y" * 8000)] * 5],
}


@pytest.mark.parametrize("name", BAD_HEADERS)
def test_headers_with_two_readings_are_refused(name):
    with pytest.raises(MalformedRequest):
        check_headers(BAD_HEADERS[name])


LIMITS = {
    "path": (lambda size: parse_target(b"/" + b"a" * (size - 1), b""), 8192),
    "segments": (lambda size: parse_target(b"/a" * size, b""), 256),
    "query": (lambda size: parse_target(b"/", b"a=" + b"x" * (size - 2)), 8192),
    "parameters": (lambda size: parse_target(b"/", b"&".join(b"a%d" % number for number in range(size))), 64),
    "headers": (lambda size: check_headers([HOST, *[(b"x", b"y")] * (size - 1)]), 100),
    "header": (lambda size: check_headers([HOST, (b"x", b"y" * size)]), 8192),
    "all-headers": (
        lambda size: check_headers([HOST, *[(b"x", b"y" * 8000)] * 4, (b"x", b"y" * (size - 32024))]),
        32768,
    ),
}


@pytest.mark.parametrize("name", LIMITS)
def test_l5_each_limit_is_exactly_what_it_says(name):
    ask, limit = LIMITS[name]
    ask(limit)
    with pytest.raises(MalformedRequest):
        ask(limit + 1)


def test_a_target_is_a_value():
    target = parse_target(b"/a", b"b=c")
    with pytest.raises(AttributeError):
        target.segments = ()
    assert hash(target) == hash(parse_target(b"/a", b"b=c"))


def test_an_authorization_of_a_megabyte_is_a_bad_credential():
    with pytest.raises(BadCredentials):
        check_headers([HOST, (b"authorization", b"Bearer " + b"a" * 1_000_000)])


text = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="\\/"), min_size=1
)
part = text.filter(lambda each: each not in {".", ".."})


@given(
    st.lists(part, min_size=1, max_size=8),
    st.dictionaries(st.text("abcxyz_[].", min_size=1, max_size=9), text),
)
def test_rendering_is_the_one_spelling(parts, query):
    raw = API + "".join("/" + quote(each, safe="") for each in parts).encode()
    pairs = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query.items())
    try:
        target = parse_target(raw, pairs.encode())
    except KeyholeError:  # too long, encoded twice, or it names a credential: refused, the same each time
        return
    assert target.segments[2:] == tuple(parts)
    assert target.query == tuple(query.items())
    path, _, rest = target.render().partition(b"?")
    again = parse_target(path, rest)
    assert again == target
    assert again.render() == target.render()


@given(st.binary(max_size=60).map(lambda tail: API + b"/" + tail), st.binary(max_size=60))
def test_any_bytes_are_refused_or_have_one_reading(raw_path, raw_query):
    try:
        target = parse_target(raw_path, raw_query)
    except (MalformedRequest, BadCredentials):
        return
    path, _, query = target.render().partition(b"?")
    assert parse_target(path, query) == target
    assert all(each not in ("", ".", "..") for segment in target.segments for each in segment.split("/"))
    assert not any(
        ord(character) < 32 or character == "\\" for segment in target.segments for character in segment
    )
