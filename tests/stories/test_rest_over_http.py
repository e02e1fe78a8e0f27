"""REST over a socket: every way to carry a token, every route to the same content, redirects, cut-off methods."""

from __future__ import annotations

import base64
import json
import secrets
import shutil
import subprocess
import tarfile

import pytest

from tests import canaries

HELLO, SECRET = "/api/v3/repos/http/app", "/api/v3/repos/http/secret"


@pytest.fixture(scope="module")
def canary():
    """What only who may read contents may see. Not planted: it is in a repository and may be cloned."""
    return f"content-{secrets.token_hex(16)}"


@pytest.fixture(scope="module")
def keyhole(keyhole_server, canary):
    keyhole_server.make_repo("http/app", {"README.md": "# app\n", "src/deep/canary.txt": f"{canary}\n"})
    keyhole_server.make_repo("http/secret", {"README.md": f"{canary}\n"})
    keyhole_server.make_repo("http/open", {"README.md": "public\n"})
    keyhole_server.do("set_public", number=keyhole_server.ids["http/open"], public=True)
    return keyhole_server


@pytest.fixture(scope="module")
def reader(keyhole):
    return keyhole.token("http/app", contents="read")


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


CARRIERS = {
    "Bearer": lambda token: f"Bearer {token}",
    "token": lambda token: f"token {token}",
    "lower-case bearer": lambda token: f"bearer {token}",
    "upper-case TOKEN": lambda token: f"TOKEN {token}",
    "Basic, as password": lambda token: basic(f"x-access-token:{token}"),
    "Basic, as password of anybody": lambda token: basic(f"somebody:{token}"),
    "Basic, as user": lambda token: basic(f"{token}:"),
    "Basic, as user of x-oauth-basic": lambda token: basic(f"{token}:x-oauth-basic"),
}
ROUTES = [
    ("GET", f"{HELLO}/contents/README.md"),
    ("GET", HELLO),
    ("HEAD", HELLO),
    ("GET", SECRET),
    ("GET", f"{SECRET}/contents/README.md"),
    ("GET", "/api/v3/user"),
    ("GET", "/api/v3/user/repos"),
    ("GET", f"{HELLO}/issues"),
    ("GET", f"{HELLO}/collaborators"),
    ("DELETE", f"{HELLO}/git/refs/heads/main"),
    ("POST", f"{HELLO}/git/refs"),
    ("PUT", f"{HELLO}/contents/x"),
    ("GET", "/api/v3/repos/http/open/commits"),
    ("GET", "/api/v3/repos/http/absent"),
    ("GET", "/api/v3/orgs/http/repos"),
    ("DELETE", HELLO),
]


@pytest.mark.parametrize("carrier", [name for name in CARRIERS if name != "Bearer"])
def test_p2_the_verdict_does_not_depend_on_how_the_token_is_carried(keyhole, reader, carrier):
    for method, path in ROUTES:
        body = b"{}" if method in ("POST", "PUT") else None
        status, headers, answer = keyhole.http(
            method, path, body=body, Authorization=CARRIERS[carrier](reader.text)
        )
        expected = keyhole.http(method, path, reader, body=body)
        assert (method, path, status) == (method, path, expected[0])
        assert headers.get("x-accepted-github-permissions") == expected[1].get(
            "x-accepted-github-permissions"
        )
        assert without_id(answer) == without_id(expected[2])


def without_id(answer: bytes) -> object:
    value = json.loads(answer or b"null")
    return (
        {key: item for key, item in value.items() if key != "explain"} if isinstance(value, dict) else value
    )


@pytest.mark.parametrize("name", ["access_token", "token", "private_token", "oauth_token"])
def test_p2_a_token_in_the_address_is_never_taken_and_never_recorded(keyhole, reader, name):
    status, _, answer = keyhole.http("GET", f"{HELLO}?{name}={reader.text}")
    assert (status, json.loads(answer)["message"]) == (401, "Bad credentials")
    assert reader.text not in keyhole.log.read_text()


def test_p3_the_same_content_by_every_route_needs_the_same_permission(keyhole, canary, reader):
    blob = json.loads(keyhole.http("GET", f"{HELLO}/contents/src/deep/canary.txt", reader)[2])["sha"]
    number = keyhole.ids["http/app"]
    routes = [
        "contents/src/deep/canary.txt",
        f"git/blobs/{blob}",
        "commits/main",
        "git/trees/main?recursive=1",
        "tarball/main?download=1",
        "zipball/main?download=1",
        "tarball/main",
        "compare/main...main",
        "readme",
    ]
    lacking = keyhole.token(
        "http/app", issues="write", pull_requests="write", administration="write", statuses="write"
    )
    seen = 0
    for place in (HELLO, f"/api/v3/repositories/{number}"):
        for route in routes:
            for accept in ("application/json", "application/vnd.github.raw", "application/vnd.github.diff"):
                status, _, body = keyhole.http("GET", f"{place}/{route}", lacking, Accept=accept)
                assert (route, status, canary.encode() in body) == (route, 403, False)
                seen += canary.encode() in keyhole.http("GET", f"{place}/{route}", reader, Accept=accept)[2]
    assert seen >= 4  # the canary would have been seen
    refused = keyhole.git(
        "clone",
        "-q",
        f"{keyhole.url}/http/app.git",
        str(keyhole.folder / "never"),
        token=lacking,
        check=False,
    )
    assert refused.returncode != 0
    assert (keyhole.clone("http/app", reader) / "src/deep/canary.txt").read_text().strip() == canary


def test_a13_two_tokens_one_address_no_shared_answer(keyhole, reader):
    tag = keyhole.http("GET", HELLO, reader)[1]["etag"]
    assert keyhole.http("GET", HELLO, reader, If_None_Match=tag)[0] == 304
    other = keyhole.token("http/secret", contents="read")
    status, headers, body = keyhole.http("GET", HELLO, other, If_None_Match=tag)
    assert (status, json.loads(body)["message"]) == (404, "Not Found")
    assert headers["cache-control"] == "private, no-store"
    assert keyhole.http("GET", HELLO, other, If_None_Match="*")[0] == 404


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "PROPFIND", "get"])
def test_a2_methods_that_nothing_answers(keyhole, reader, method):
    assert keyhole.http(method, HELLO, reader)[0] in (400, 405)


def test_a1_head_is_get_without_the_body(keyhole, reader):
    for path in (HELLO, SECRET, f"{HELLO}/issues", f"{HELLO}/contents/README.md"):
        get, head = keyhole.http("GET", path, reader), keyhole.http("HEAD", path, reader)
        assert (head[0], head[2]) == (get[0], b"")
        assert head[1].get("etag") == get[1].get("etag")


@pytest.mark.parametrize(
    "headers",
    [
        {"X_HTTP_Method_Override": "DELETE"},
        {"X_Original_URL": "/api/v3/user"},
        {"X_Rewrite_URL": "/api/v3/user"},
        {"X_WEBAUTH_USER": "admin"},
        {"X_Forwarded_Uri": "/api/v3/user"},
    ],
)
def test_a3_a10_headers_that_other_servers_believe(keyhole, reader, headers):
    status, _, body = keyhole.http("GET", HELLO, reader, **headers)
    assert (status, json.loads(body)["full_name"]) == (200, "http/app")


def test_every_answer_has_an_id_that_explains_it(keyhole, reader):
    for method, path in ROUTES:
        _, headers, _ = keyhole.http(method, path, reader, body=b"{}" if method in ("POST", "PUT") else None)
        assert headers["x-github-request-id"] == headers["x-keyhole-explain"]
        assert f"{method} {path} " in keyhole.do("explain", number=headers["x-keyhole-explain"])
        assert headers["x-content-type-options"] == "nosniff"
    assert keyhole.do("audit_ok")


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here")
def test_curl_follows_the_redirect_of_an_archive_with_the_token(keyhole, reader, canary):
    place = keyhole.folder / "planted"
    place.mkdir(exist_ok=True)
    (place / "curlrc").write_text(f'header = "Authorization: Bearer {reader.text}"\n')
    target = keyhole.folder / "archive.tar.gz"
    subprocess.run(
        [
            "curl",
            "-q",
            "-sSfL",
            "-K",
            str(place / "curlrc"),
            "-o",
            str(target),
            f"{keyhole.url}{HELLO}/tarball/main",
        ],
        check=True,
        timeout=60,
    )
    with tarfile.open(target) as tar:
        member = next(name for name in tar.getnames() if name.endswith("canary.txt"))
        assert tar.extractfile(member).read().decode().strip() == canary


def test_what_keyhole_says_of_a_stranger_s_credential_is_its_kind_only(keyhole):
    secret = canaries.plant("classic token")
    for text in (secret, f"ghp_{secret[-36:]}", f"github_pat_{secret}"):
        status, _, body = keyhole.http("GET", "/api/v3/user", Authorization=f"Bearer {text}")
        assert (status, json.loads(body)["message"]) == (401, "Bad credentials")
        assert secret.encode() not in body


QUERIES = [
    "{viewer{login}}",
    'mutation{deleteRef(input:{refId:"x"}){clientMutationId}}',
    "{__schema{types{name}}}",
    "query A{viewer{login}} mutation B{x:createRef(input:{}){ref{name}}}",
    "fragment f on User{...f} {viewer{...f}}",
    "{a:viewer{login}" + "a:viewer{login}" * 2000 + "}",
    "{" * 1000 + "}" * 1000,
]


@pytest.mark.parametrize("query", QUERIES, ids=range(len(QUERIES)))
def test_a5_a6_no_graphql_query_is_allowed(keyhole, reader, query):
    status, headers, body = keyhole.http(
        "POST", "/api/graphql", reader, body=json.dumps({"query": query}).encode()
    )
    assert (status, json.loads(body)["message"]) == (403, "Resource not accessible by personal access token")
    assert "graphql" in keyhole.do("explain", number=headers["x-keyhole-explain"])


@pytest.mark.parametrize(
    "path",
    [
        "/api/graphql?query={viewer{login}}",
        "/api/v3/graphql",
        "/API/v3/user",
        "/api/V3/user",
        "/Api/v3",
        "/api/v3/API/v3/user",
        "/api/v3/nothing",
    ],
)
def test_a5_a6_other_spellings_of_the_way_in_lead_nowhere(keyhole, reader, path):
    assert keyhole.http("GET", path, reader)[0] in (400, 403, 404)
