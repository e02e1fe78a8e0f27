"""Who is let in where: other repositories, bad tokens, the dumb protocol, wire-level nonsense."""

from __future__ import annotations

import base64
import gzip
import zlib

import pytest

FLUSH = b"0000"


@pytest.fixture(scope="module")
def keyhole(keyhole_server):
    keyhole_server.make_repo("door/one", {"README.md": "one\n"})
    keyhole_server.make_repo("door/one-secret", {"README.md": "secret\n"})
    keyhole_server.make_repo("other/one", {"README.md": "other\n"})
    keyhole_server.make_repo("door/open", {"README.md": "open\n"})
    keyhole_server.do("set_public", number=keyhole_server.ids["door/open"], public=True)
    return keyhole_server


@pytest.fixture(scope="module")
def reader(keyhole):
    return keyhole.token("door/one", contents="read")


@pytest.fixture(scope="module")
def writer(keyhole):
    return keyhole.token("door/one", contents="write")


@pytest.mark.parametrize(
    "name", ["door/one-secret", "other/one", "door/absent", "absent/one", "door/one2", "door/on"]
)
def test_N6_hidden_and_absent_repositories_are_alike(keyhole, reader, name):
    done = keyhole.git("clone", f"{keyhole.url}/{name}.git", "nowhere", token=reader, check=False)
    assert f"repository '{keyhole.url}/{name}.git/' not found" in done.stderr
    answers = {
        keyhole.http("GET", f"/{path}.git/info/refs?service=git-upload-pack", reader)[2].partition(
            b"Explain"
        )[0]
        for path in (name, "door/absent")
    }
    assert answers == {b"Repository not found.\n"}


def test_a_public_repository_is_read_by_any_token_and_written_by_none(keyhole, reader, writer):
    work = keyhole.clone("door/open", reader)
    keyhole.commit(work, {"a": "1"})
    done = keyhole.git("push", "origin", "main", at=work, token=writer, check=False)
    assert "Permission to door/open.git denied" in done.stderr


def test_without_a_token_even_the_public_one_asks_for_it(keyhole):
    status, headers, body = keyhole.http("GET", "/door/open.git/info/refs?service=git-upload-pack")
    assert (status, headers["www-authenticate"]) == (401, 'Basic realm="Keyhole"')
    assert b"Requires authentication" in body


@pytest.mark.parametrize("path", ["door/one.git", "door/one", "DOOR/One.git"])
def test_N4_names_with_and_without_git_in_any_case(keyhole, reader, path):
    assert keyhole.http("GET", f"/{path}/info/refs?service=git-upload-pack", reader)[0] == 200


@pytest.mark.parametrize(
    "carrier",
    [
        "Bearer {t}",
        "bearer {t}",
        "token {t}",
        "TOKEN {t}",
        "Basic user:{t}",
        "basic x-access-token:{t}",
        "Basic {t}:",
        "Basic {t}:x-oauth-basic",
    ],
)
def test_P2_every_carrier_gets_the_same_verdicts(keyhole, reader, carrier):
    scheme, _, rest = carrier.format(t=reader.text).partition(" ")
    value = base64.b64encode(rest.encode()).decode() if scheme.lower() == "basic" else rest
    for path, expected in {
        "/door/one.git/info/refs?service=git-upload-pack": 200,
        "/door/one.git/info/refs?service=git-receive-pack": 403,
        "/door/one-secret.git/info/refs?service=git-upload-pack": 404,
        "/api/v3/repos/door/one": 200,
        "/api/v3/repos/door/one-secret": 404,
    }.items():
        assert keyhole.http("GET", path, Authorization=f"{scheme} {value}")[0] == expected


_DOORS = {
    "G2-no-service": ("GET", "/door/one.git/info/refs", 403),
    "G2-empty-service": ("GET", "/door/one.git/info/refs?service=", 403),
    "G2-unknown-service": ("GET", "/door/one.git/info/refs?service=git-upload-archive", 403),
    "G2-service-twice": (
        "GET",
        "/door/one.git/info/refs?service=git-upload-pack&service=git-receive-pack",
        400,
    ),
    "G2-more-parameters": ("GET", "/door/one.git/info/refs?service=git-upload-pack&x=1", 403),
    "G2-service-in-other-case": ("GET", "/door/one.git/info/refs?Service=git-upload-pack", 403),
    "G3-HEAD": ("GET", "/door/one.git/HEAD", 404),
    "G3-packs": ("GET", "/door/one.git/objects/info/packs", 404),
    "G3-object": ("GET", "/door/one.git/objects/ab/cdef", 404),
    "G3-config": ("GET", "/door/one.git/config", 404),
    "G3-hooks": ("GET", "/door/one.git/hooks/pre-receive", 404),
    "G3-marker": ("GET", "/door/one.git/keyhole-id", 404),
    "G3-config-through-info": ("GET", "/door/one.git/info/../config", 400),
    "G3-config-through-encoded-dots": ("GET", "/door/one.git/info/%2e%2e/config", 400),
    "G3-refs-by-post": ("POST", "/door/one.git/info/refs?service=git-upload-pack", 404),
    "G3-pack-by-get": ("GET", "/door/one.git/git-upload-pack", 404),
    "G4-archive": ("POST", "/door/one.git/git-upload-archive", 404),
    "N1-double-slash": ("GET", "//door/one.git/info/refs?service=git-upload-pack", 400),
    "N1-inner-double-slash": ("GET", "/door//one.git/info/refs?service=git-upload-pack", 400),
    "N1-trailing-slash": ("GET", "/door/one.git/info/refs/?service=git-upload-pack", 400),
    "N1-dot": ("GET", "/door/./one.git/info/refs?service=git-upload-pack", 400),
    "N2-encoded-letter": ("GET", "/door/%6fne.git/info/refs?service=git-upload-pack", 400),
    "N2-encoded-slash": ("GET", "/door%2fone.git/info/refs?service=git-upload-pack", 400),
    "N2-double-encoded": ("GET", "/door/one%252egit/info/refs?service=git-upload-pack", 400),
    "N2-nul": ("GET", "/door/one.git/info/refs%00?service=git-upload-pack", 400),
    "N2-bad-escape": ("GET", "/door/one%zz.git/info/refs?service=git-upload-pack", 400),
    "N4-kelvin": ("GET", "/door/one%e2%84%aa.git/info/refs?service=git-upload-pack", 404),
    "N5-git-git": ("GET", "/door/one.git.git/info/refs?service=git-upload-pack", 404),
    "N5-wiki": ("GET", "/door/one.wiki.git/info/refs?service=git-upload-pack", 404),
    "N5-only-git": ("GET", "/door/.git/info/refs?service=git-upload-pack", 404),
    "N5-dash": ("GET", "/door/-one.git/info/refs?service=git-upload-pack", 404),
    "N5-dot-at-end": ("GET", "/door/one./info/refs?service=git-upload-pack", 404),
    "N5-101-characters": ("GET", f"/door/{'a' * 101}.git/info/refs?service=git-upload-pack", 404),
    "N5-deeper": ("GET", "/x/door/one.git/info/refs?service=git-upload-pack", 404),
    "T2-token-in-query": ("GET", "/door/one.git/info/refs?service=git-upload-pack&access_token=x", 401),
    "A2-options": ("OPTIONS", "/door/one.git/info/refs?service=git-upload-pack", 405),
    "A2-trace": ("TRACE", "/door/one.git/info/refs?service=git-upload-pack", 405),
    "A2-lower-case": ("get", "/door/one.git/info/refs?service=git-upload-pack", 405),
    "A2-unknown": ("PURGE", "/door/one.git/info/refs?service=git-upload-pack", 405),
    "A2-propfind": ("PROPFIND", "/door/one.git/", 405),
}


@pytest.mark.parametrize("name", _DOORS)
def test_doors(keyhole, reader, name):
    method, path, expected = _DOORS[name]
    answer = keyhole.raw(
        f"{method} {path} HTTP/1.1\r\nHost: k\r\nAuthorization: {reader.header}\r\n"
        "Connection: close\r\n\r\n".encode()
    )
    assert _status(answer) == expected
    assert b"x-github-request-id: " in answer
    assert b"set-cookie" not in answer.lower()
    assert b"cache-control: private, no-store" in answer


def _status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


_GOOD = "GET /door/one.git/info/refs?service=git-upload-pack HTTP/1.1\r\nHost: k\r\nAuthorization: {auth}\r\n"
_WIRE = {
    "T2-two-authorizations": (_GOOD + "Authorization: {auth}\r\n\r\n", {400}),
    "T2-two-different-authorizations": (_GOOD + "authorization: Bearer x\r\n\r\n", {400}),
    "N3-no-host": ("GET /door/one.git/HEAD HTTP/1.1\r\nAuthorization: {auth}\r\n\r\n", {400}),
    "N3-two-hosts": (_GOOD + "Host: evil\r\n\r\n", {400}),
    "N3-strange-host": (_GOOD.replace("Host: k", "Host: k/../x") + "\r\n", {400}),
    "N3-asterisk": (_GOOD.replace("/door/one.git/info/refs?service=git-upload-pack", "*") + "\r\n", {400}),
    "P19-length-and-chunked": (
        _GOOD + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        {400},
    ),
    "P19-two-lengths": (_GOOD + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef", {400}),
    "P19-negative-length": (_GOOD + "Content-Length: -1\r\n\r\n", {400}),
    "P19-unknown-encoding": (_GOOD + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", {400}),
    "P19-space-before-colon": (_GOOD + "X : y\r\n\r\n", {400}),
    "P19-folded-header": (_GOOD + "X: a\r\n b\r\n\r\n", {400}),
    "P19-nul-in-header": (_GOOD + "X: a\0b\r\n\r\n", {400}),
    "P19-too-many-headers": (_GOOD + "".join(f"X{n}: a\r\n" for n in range(120)) + "\r\n", {400, 431}),
    "P19-huge-header": (_GOOD + "X: " + "a" * 100_000 + "\r\n\r\n", {400, 431}),
    "P19-large-header": (_GOOD + "X: " + "a" * 9000 + "\r\n\r\n", {400}),
    "P19-version-1.2": (_GOOD.replace("HTTP/1.1", "HTTP/1.2") + "\r\n", {400}),
    "A4-get-with-body": (_GOOD + "Content-Length: 3\r\n\r\nabc", {400}),
    "A4-get-with-chunks": (_GOOD + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {400}),
    "A3-method-override": (_GOOD + "X-HTTP-Method-Override: POST\r\n\r\n", {200}),
    "A10-forwarded": (_GOOD + "X-Forwarded-Uri: /door/one-secret\r\nX-Original-URL: /x\r\n\r\n", {200}),
    "A11-connection-names-authorization": (_GOOD + "Connection: authorization, close\r\n\r\n", {200}),
}


@pytest.mark.parametrize("name", _WIRE)
def test_wire(keyhole, reader, name):
    sent, expected = _WIRE[name]
    answer = keyhole.raw(sent.replace("{auth}", reader.header).encode())
    assert _status(answer) in expected
    if _status(answer) == 200:
        assert answer.startswith(b"HTTP/1.1 200")
        assert b"service=git-upload-pack" in answer


def test_A1_head_is_judged_like_get(keyhole, reader):
    for path in (
        "/door/one.git/info/refs?service=git-upload-pack",
        "/door/one-secret.git/info/refs?service=x",
        "/door/one.git/info/refs?service=git-receive-pack",
    ):
        assert keyhole.http("HEAD", path, reader)[0] == keyhole.http("GET", path, reader)[0]
        assert keyhole.http("HEAD", path, reader)[2] == b""


def _post(keyhole, token, body, service="git-upload-pack", query="", **headers):
    return keyhole.http(
        "POST",
        f"/door/one.git/{service}{query}",
        token,
        body,
        **{"Content_Type": f"application/x-{service}-request", **headers},
    )


def _ls_refs() -> bytes:
    return b"0014command=ls-refs\n" + b"0001" + b"0009peel\n" + FLUSH


def test_G13_a_gzip_body_is_read(keyhole, reader):
    status, _, body = _post(
        keyhole, reader, gzip.compress(_ls_refs()), Content_Encoding="gzip", Git_Protocol="version=2"
    )
    assert status == 200
    assert b"refs/heads/main" in body


_BODIES = {
    "G13-bomb": (gzip.compress(bytes(20_000_000)), {"Content_Encoding": "gzip"}, 413),
    "G13-truncated": (gzip.compress(_ls_refs())[:-5], {"Content_Encoding": "gzip"}, 400),
    "G13-two-members": (gzip.compress(_ls_refs()) * 2, {"Content_Encoding": "gzip"}, 400),
    "G13-not-gzip": (_ls_refs(), {"Content_Encoding": "gzip"}, 400),
    "G13-zlib": (zlib.compress(_ls_refs()), {"Content_Encoding": "gzip"}, 400),
    "G13-twice": (gzip.compress(gzip.compress(_ls_refs())), {"Content_Encoding": "gzip, gzip"}, 415),
    "G13-br": (_ls_refs(), {"Content_Encoding": "br"}, 415),
    "G13-zstd": (_ls_refs(), {"Content_Encoding": "zstd"}, 415),
    "G13-identity": (_ls_refs(), {"Content_Encoding": "identity"}, 415),
    "G14-11-megabytes": (b"0" * 11_000_000, {}, 413),
    "G1-content-type": (_ls_refs(), {"Content_Type": "text/plain"}, 415),
    "G1-content-type-of-the-other": (
        _ls_refs(),
        {"Content_Type": "application/x-git-receive-pack-request"},
        415,
    ),
    "G5-length-0003": (b"0003", {}, 400),
    "G5-length-zzzz": (b"zzzz", {}, 400),
    "G5-length-ffff": (b"ffff" + b"a" * 100, {}, 400),
    "G5-cut": (_ls_refs()[:-6], {}, 400),
    "G5-missing-flush": (_ls_refs()[:-4], {}, 400),
    "G5-trailing": (_ls_refs() + b"x", {}, 400),
    "G5-second-request": (_ls_refs() + _ls_refs(), {}, 400),
    "G5-empty": (b"", {}, 400),
    "G15-packfile-uris": (b"0012command=fetch\n0001001cpackfile-uris http,https\n" + FLUSH, {}, 400),
    "G15-filter-sparse": (b"0012command=fetch\n0001001dfilter sparse:oid=main:x\n" + FLUSH, {}, 400),
    "G15-filter-combine": (
        b"0012command=fetch\n00010029filter combine:blob:none+combine:tree:1\n" + FLUSH,
        {},
        400,
    ),
    "G15-object-info": (b"0018command=object-info\n" + FLUSH, {}, 400),
    "G15-bundle-uri": (b"0017command=bundle-uri\n" + FLUSH, {}, 400),
    "G15-want-ref-option": (b"0012command=fetch\n00010012want --all:x/y\n" + FLUSH, {}, 400),
    "G15-server-option": (b"0014command=ls-refs\n0016server-option=x;y\n" + FLUSH, {}, 400),
}


@pytest.mark.parametrize("name", _BODIES)
def test_bodies_of_a_fetch(keyhole, reader, name):
    body, headers, expected = _BODIES[name]
    assert _post(keyhole, reader, body, **{"Git_Protocol": "version=2", **headers})[0] == expected


def test_G1_the_path_decides_and_no_query_is_taken(keyhole, reader, writer):
    for token in (reader, writer):
        assert _post(keyhole, token, FLUSH, "git-receive-pack", "?service=git-upload-pack")[0] == 400
    assert _post(keyhole, reader, FLUSH, "git-receive-pack")[0] == 403


def test_the_probe_of_a_large_push_is_answered(keyhole, writer):
    assert _post(keyhole, writer, FLUSH, "git-receive-pack")[::2] == (200, b"")
    assert _post(keyhole, writer, FLUSH + b"x", "git-receive-pack")[0] == 400


@pytest.mark.parametrize(
    "value",
    [
        "version=3",
        "version=2:version=1",
        "version=1:version=2",
        "version=02",
        "VERSION=2",
        "version=2 ",
        "x" * 5000,
        "version=2;x",
        "version=-1",
    ],
)
def test_G4_an_odd_protocol_version_is_0_and_changes_no_verdict(keyhole, reader, value):
    path = "/door/one.git/info/refs?service=git-upload-pack"
    status, _, body = keyhole.http("GET", path, reader, Git_Protocol=value)
    assert status == 200
    # Spaces around a header's value are no part of it (RFC 9110, 5.5).
    assert (b"version 2" in body) == (value == "version=2 ")
    assert b"version 1" not in body
    hidden = keyhole.http("GET", path.replace("one", "one-secret"), reader, Git_Protocol=value)
    assert hidden[0] == 404


_TOKENS = {
    "T1-empty": "",
    "T1-bearer-alone": "Bearer",
    "T1-bearer-space": "Bearer ",
    "T1-two-spaces": "Bearer  {t}",
    "T3-one-more": "Bearer {t}a",
    "T3-escaped-line-end": "Bearer {t}%0a",
    "T4-lower-case": "Bearer {lower}",
    "T3-quoted": 'Bearer "{t}"',
    "T6-no-colon": "Basic eDp4eA",
    "T6-not-base64": "Basic ???",
    "T7-classic": "Bearer ghp_" + "a" * 36,
    "T7-digest": "Digest username=x",
    "T8-jwt": "Bearer eyJhbGciOiJub25lIn0.e30.",
    "T5-long": "Bearer " + "k" * 8000,
    "T3-wrong-checksum": "Bearer {flipped}",
}


@pytest.mark.parametrize("name", _TOKENS)
def test_bad_tokens_are_401_in_the_same_words(keyhole, reader, name):
    flipped = reader.text[:-1] + ("a" if reader.text[-1] != "a" else "b")
    value = _TOKENS[name].format(t=reader.text, lower=reader.text.lower(), flipped=flipped)
    status, _, body = keyhole.http(
        "GET", "/door/one.git/info/refs?service=git-upload-pack", Authorization=value
    )
    assert status == 401
    assert body.startswith(b"Bad credentials\n")


def test_G18_a_repository_that_begins_to_borrow_from_another_one_is_gone(keyhole):
    thief = keyhole.make_repo("door/thief")
    token = keyhole.token("door/thief", contents="read")
    path = "/door/thief.git/info/refs?service=git-upload-pack"
    assert keyhole.http("GET", path, token)[0] == 200
    victim = keyhole.repositories / "door/one-secret.git"
    (thief / "objects/info").mkdir(exist_ok=True)
    (thief / "objects/info/alternates").write_text(f"{victim}/objects\n")
    secret = keyhole.git(f"--git-dir={victim}", "rev-parse", "main").stdout.strip()
    body = f"0011command=fetch0001000dthin-pack0032want {secret}\n0009done\n0000".encode()
    assert keyhole.http("GET", path, token)[0] == 404
    assert _post_to(keyhole, "door/thief", token, body)[0] == 404
    assert keyhole.http("GET", "/api/v3/repos/door/thief", token)[0] == 404


def _post_to(keyhole, name, token, body):
    return keyhole.http(
        "POST",
        f"/{name}.git/git-upload-pack",
        token,
        body,
        Git_Protocol="version=2",
        Content_Type="application/x-git-upload-pack-request",
    )
