"""P18, U2-U5, U8: the one client. Real servers on loopback that do what servers should not."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
import zlib

import pytest

from keyhole.core.secret import Secret
from keyhole.providers import addresses
from keyhole.providers.outgoing import Outgoing, Unreachable, Untrusted
from tests import canaries
from tests.unit.providers.http_kit import Authority, said, serving, whole_request

pytestmark = pytest.mark.loopback

LARGEST = 100_000


def client(**more):
    return Outgoing(**{"allow_private": True, "timeout": 10, "largest": LARGEST, **more})


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


def test_what_is_asked_is_sent_byte_for_byte():
    with serving(said(201, b"made", X_One="1", X_ONE="2", Set_Cookie="a=b")) as server:
        reply = client().request(
            "POST",
            f"{server.url}/a%2e%2e/%2F/../b//c;x?q=%20+&q=",
            headers={"X-Y": "z", "user-agent": "me"},
            body=b"{}",
        )
    request = server.requests[0]
    assert request.startswith(b"POST /a%2e%2e/%2F/../b//c;x?q=%20+&q= HTTP/1.1\r\n")
    assert request.lower().count(b"user-agent") == 1
    assert f"\r\nHost: localhost:{server.port}\r\n".encode() in request
    assert b"\r\nConnection: close\r\n" in request
    assert request.endswith(b"\r\n\r\n{}")
    assert (reply.status, reply.body) == (201, b"made")
    assert reply.headers.all("x-one") == ["1", "2"]
    assert reply.headers.get("X-OnE") == "1"
    assert "set-cookie" in reply.headers
    assert "a=b" not in repr(reply)


def test_an_address_without_a_path_asks_for_the_root():
    with serving(said()) as server:
        client().request("GET", server.url)
        client().request("GET", f"{server.url}?x=1")
    assert [request.split(b" ")[1] for request in server.requests] == [b"/", b"/?x=1"]


def test_w5_a_secret_is_sent_and_shown_nowhere():
    token = canaries.plant("outgoing header")
    with serving(lambda connection, request: connection.sendall(b"garbage " + request)) as server:
        for url in (server.url, Secret(f"{server.url}/{token}")):
            with pytest.raises(Unreachable) as broken:
                client().request("GET", url, headers={"Authorization": Secret(f"Bearer {token}")})
            assert token not in f"{broken.value!r} {broken.value.hint} {broken.value.__cause__!r}"
    with serving(said()) as other:
        reply = client().request("GET", Secret(f"{other.url}/{token}"))
    assert reply.url == other.url
    assert f"Bearer {token}".encode() in server.requests[0]
    for bad in ("a\r\nX: y", "a\nb", "ü", "a\x00"):
        with pytest.raises(ValueError, match="one line") as refused:
            client().request("GET", server.url, headers={"Authorization": Secret(token + bad)})
        assert token not in str(refused.value)


@pytest.mark.parametrize(
    "name", ["Host", "content-length", "Transfer-Encoding", "connection", "a b", "", "x:", "é"]
)
def test_framing_is_not_for_callers(name):
    with serving(said()) as server, pytest.raises(ValueError, match="header"):
        client().request("GET", server.url, headers={name: "x"})
    assert not server.connections


@pytest.mark.parametrize("method", ["get", "GET /", "", "GET\r\n"])
def test_a_method_is_one_word(method):
    with pytest.raises(ValueError, match="method"):
        client().request(method, "http://localhost/")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_u4_no_redirect_is_followed(status):
    with serving(said()) as target:
        for place in (
            target.url,
            f"//localhost:{target.port}/",
            "/loop",
            "https://evil.example/",
            f"http://user:pw@localhost:{target.port}/",
        ):
            with serving(said(status, b"", Location=place)) as server:
                reply = client().request("GET", server.url, headers={"Authorization": Secret("Bearer x")})
            assert (reply.status, reply.headers.get("location")) == (status, place)
            assert server.connections == 1
    assert target.connections == 0


def test_u6_a_name_that_answers_differently_the_second_time_gains_nothing(monkeypatch):
    real = socket.getaddrinfo
    asked = []

    def flips(host, port, *rest, **more):
        if host != "rebind.example":
            return real(host, port, *rest, **more)
        asked.append(host)
        return real("127.0.0.1" if len(asked) == 1 else "127.0.0.9", port, *rest, **more)

    monkeypatch.setattr(addresses.socket, "getaddrinfo", flips)
    with serving(said(200, b"first")) as server:
        assert client().request("GET", f"http://rebind.example:{server.port}/").body == b"first"
    assert asked == ["rebind.example"]
    assert f"Host: rebind.example:{server.port}".encode() in server.requests[0]


def test_the_next_checked_address_is_tried(monkeypatch):
    real = socket.getaddrinfo

    def both(host, port, *rest, **more):
        if host == "two.example":
            return [*real("::1", port, *rest, **more), *real("127.0.0.1", port, *rest, **more)]
        return real(host, port, *rest, **more)

    monkeypatch.setattr(addresses.socket, "getaddrinfo", both)
    with serving(said(200, b"second")) as server:
        assert client().request("GET", f"http://two.example:{server.port}/").body == b"second"


def test_u5_environment_netrc_and_proxies_are_not_asked(monkeypatch, tmp_path, authority):
    with serving(said(200, b"proxy")) as proxy, serving(said(200, b"real"), authority.context()) as server:
        for name in ("http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.setenv("HOME", str(tmp_path))
        (tmp_path / ".netrc").write_text("machine localhost login me password netrc-password\n")
        assert client(ca_file=str(authority.file)).request("GET", server.url).body == b"real"
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
        with pytest.raises(Untrusted):
            client().request("GET", server.url)
    assert proxy.connections == 0
    assert b"authorization" not in b"".join(server.requests).lower()


def test_u5_tls_that_proves_who_it_is(authority):
    with serving(said(200, b"hello"), authority.context()) as server:
        assert client(ca_file=str(authority.file)).request("GET", server.url).body == b"hello"


@pytest.mark.parametrize("what", ["expired", "wrong name", "address", "self-signed"])
def test_u5_tls_that_does_not(what, authority, tmp_path):
    token = canaries.plant(f"tls {what}")
    trust = Authority(tmp_path) if what == "self-signed" else authority
    context = authority.context(
        "other.example" if what == "wrong name" else "localhost", expired=what == "expired"
    )
    with serving(said(), context) as server:
        url = server.url.replace("localhost", "127.0.0.1") if what == "address" else server.url
        with pytest.raises(Untrusted, match="could not prove who it is"):
            client(ca_file=str(trust.file)).request("GET", url, headers={"Authorization": Secret(token)})
    assert not server.requests


def test_u5_old_tls_and_no_tls_at_all(authority):
    old = authority.context()
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    with serving(said(), old) as server, pytest.raises(Unreachable):
        client(ca_file=str(authority.file)).request("GET", server.url)
    with serving(said()) as plain, pytest.raises(Unreachable):
        client(ca_file=str(authority.file), timeout=2).request("GET", plain.url.replace("http:", "https:"))
    assert not server.requests


def test_u5_authorities_that_cannot_be_read_are_explained(tmp_path):
    nonsense = tmp_path / "ca.pem"
    nonsense.write_text("nothing")
    with serving(said()) as server:
        for path in (nonsense, tmp_path / "absent.pem"):
            with pytest.raises(Exception, match="KEYHOLE_CA_FILE="):
                client(ca_file=str(path)).request("GET", server.url.replace("http:", "https:"))


BROKEN = {
    "nothing": b"",
    "no status": b"hello\r\n\r\n",
    "HTTP/0.9": b"<html>",
    "half a head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "interim only": b"HTTP/1.1 100 Continue\r\n\r\n",
    "an interim as the last": b"HTTP/1.1 103 Early\r\n\r\n",
    "short": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
    "bad chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
    "short chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc",
    "huge status line": b"HTTP/1.1 200 " + b"x" * 200_000 + b"\r\n\r\n",
    "huge header": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1_000_000 + b"\r\n\r\n",
    "many headers": b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * 2000 + b"\r\n",
    "declared too large": b"HTTP/1.1 200 OK\r\nContent-Length: 100001\r\n\r\n",
    "too large": b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (LARGEST + 1),
    "too large in chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    + (b"1000\r\n" + b"x" * 4096 + b"\r\n") * 50,
    "an endless chunk length": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"0" * 500_000,
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_u3_what_is_no_whole_answer_is_none(what):
    with serving(BROKEN[what]) as server, pytest.raises(Unreachable):
        client().request("GET", server.url)


def test_u3_interim_answers_before_the_real_one_are_skipped_but_not_for_ever():
    with serving(b"HTTP/1.1 100 Continue\r\n\r\n" * 10 + said(200, b"real")) as server:
        assert client().request("GET", server.url).body == b"real"

    def flood(connection, _request):
        while True:
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)

    with serving(flood) as server, pytest.raises(Unreachable, match="larger"):
        client().request("GET", server.url)


def test_u3_bytes_after_the_answer_are_nobodys_answer():
    with serving(said(200, b"mine") + said(200, b"poison")) as server:
        assert [client().request("GET", server.url).body for _ in range(2)] == [b"mine", b"mine"]
    assert server.connections == 2


def test_u3_a_reset_connection():
    def reset(connection, _request):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with serving(reset) as server, pytest.raises(Unreachable, match="connection to localhost"):
        client().request("GET", server.url)
    with pytest.raises(Unreachable, match="refuses connections"):
        client().request("GET", server.url)


def test_u8_what_is_compressed_stays_so_and_counts_as_sent():
    bomb = zlib.compress(b"\0" * 50_000_000, 9)
    assert len(bomb) < LARGEST
    with serving(said(200, bomb, Content_Encoding="deflate")) as server:
        reply = client().request("GET", server.url)
    assert reply.body == bomb
    assert b"Accept-Encoding: identity" in server.requests[0]


@pytest.mark.parametrize(
    "stage", ["before the head", "in the head", "in the body", "drip in the head", "drip in the body"]
)
def test_u2_a_server_that_stalls_or_drips_is_left_at_the_deadline(stage):
    ended = threading.Event()

    def stall(connection, _request):
        head = b"HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n"
        if stage != "before the head":
            connection.sendall(head if "head" in stage else head + b"\r\nx")
        while "drip" in stage and not ended.wait(0.05):
            connection.sendall(b"X: y\r\n" if "head" in stage else b"x")
        ended.wait(20)

    with serving(stall) as server:
        with pytest.raises(Unreachable, match="did not answer in time"):
            client(timeout=0.5).request("GET", server.url)
        ended.set()


def test_u2_a_server_that_does_not_read_is_left_too():
    ended = threading.Event()
    server = socket.create_server(("127.0.0.1", 0))
    try:
        with pytest.raises(Unreachable, match="in time"):
            client(timeout=0.5).request(
                "POST", f"http://127.0.0.1:{server.getsockname()[1]}/", body=b"x" * 50_000_000
            )
    finally:
        ended.set()
        server.close()


def test_u2_a_handshake_that_never_comes(authority):
    server = socket.create_server(("127.0.0.1", 0))
    try:
        with pytest.raises(Unreachable, match="in time"):
            client(timeout=0.5, ca_file=str(authority.file)).request(
                "GET", f"https://localhost:{server.getsockname()[1]}/"
            )
    finally:
        server.close()


def test_head_and_empty_answers():
    with serving(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n") as server:
        assert client().request("HEAD", server.url).body == b""
    for status in (204, 304):
        with serving(f"HTTP/1.1 {status} x\r\n\r\n".encode()) as server:
            assert client().request("GET", server.url).status == status


def test_the_kit_reads_whole_requests():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc")
        assert whole_request(theirs).endswith(b"abc")


def test_the_settings_decide_what_is_open(settings):
    from keyhole.providers.outgoing import configured

    assert not configured().allow_private
    settings.KEYHOLE_ALLOW_PRIVATE_ADDRESSES = True
    settings.KEYHOLE_CA_FILE = "/some/ca.pem"
    assert (configured().allow_private, configured().ca_file) == (True, "/some/ca.pem")
