"""P18, U6: which addresses are opened. Over a hundred that must not be, and none of them is connected to."""

from __future__ import annotations

import socket

import pytest

from keyhole.core.errors import InvalidInput
from keyhole.core.secret import Secret
from keyhole.providers import addresses
from keyhole.providers.addresses import CannotLookUp, pin
from keyhole.providers.outgoing import Outgoing

NOT_AN_ADDRESS = [
    "", " ", "https", "https:", "https:/", "https://", "https:///path", "//host/x", "/path", "host/x",
    "localhost", "127.0.0.1", "https:host", "https:/host", "https:\\\\host", "https:/\\host",
    "https://\\host", "http://192.0.2.1/", "http://one.example/", "HTTP://one.example/",
    "ftp://one.example/", "file:///etc/passwd", "gopher://one.example/", "ws://one.example",
    "data:text/plain,x", "javascript:alert(1)", "ext::sh -c id", "unix:///run/docker.sock",
    "https://user@one.example/", "https://user:password@one.example/", "https://one.example@127.0.0.1/",
    "https://@one.example/", "https://one.example:@127.0.0.1/", "https://one.example#@127.0.0.1/",
    "https://one.example/#fragment", "https://one.example\\@127.0.0.1/", "https://one.example /",
    " https://one.example/", "https://one.example/ ", "https://one.example/\n",
    "https://one.example/\r\nHost: x", "https://one.\texample/", "https://one.example/\x00",
    "https://one.example/é", "https://one.example/\x7f", "https://one.example:0/",
    "https://one.example:65536/", "https://one.example:-1/", "https://one.example:x/",
    "https://one.example:/", "https://one.example:80:90/", "https://one.example:٤٤٣/", "https://[::1/",
    "https://::1/", "https://[::1]x/", "https://x[::1]/", "https://[::1%25lo]/", "https://[::1%lo]/",
    "https://[one.example]/", "https://[127.0.0.1]/", "https://[v1.x]/", "https://" + "a" * 9000,
]  # fmt: skip

ODD_HOSTS = [
    "one.example.", "localhost.", "127.0.0.1.", ".one.example", "one..example", ".", "..", "-one.example",
    "one-.example", "2130706433", "017700000001", "0x7f000001", "0x7f.0.0.1", "0x7f.1", "127.1", "127.0.1",
    "0177.0.0.1", "127.0.0.01", "127.0.0.256", "127.0.0.1.1", "1.2.3", "0", "00", "0.0", "1.2.3.0x4",
    "one.example.127", "one.0x7f", "%31%32%37.0.0.1", "127%2e0.0.1", "ⓛocalhost", "ｌｏｃａｌｈｏｓｔ",
    "loc\u00adalhost", "127。0。0。1", "①②⑦.0.0.1", "büro.example", "one!example", "one,example",
    "one;example", "a" * 64 + ".example", ".".join(["a" * 60] * 5), "*.example", "$HOST", "one_.-example",
]  # fmt: skip

PRIVATE = [
    "127.0.0.1", "127.0.0.2", "127.255.255.254", "10.0.0.1", "10.255.255.255", "172.16.0.1",
    "172.31.255.255", "192.168.0.1", "192.168.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.255",
    "192.0.0.1", "192.0.0.170", "192.0.2.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1",
    "192.88.99.1", "240.0.0.1", "0.1.2.3", "168.63.129.16", "[::1]", "[0:0:0:0:0:0:0:1]", "[fc00::1]",
    "[fd00:ec2::254]", "[fdff::1]", "[fec0::1]", "[2001:db8::1]", "[3fff::1]", "[100::1]", "[2001::1]",
    "[2001:10::1]", "[::127.0.0.1]", "[::2]", "[4000::1]", "[5f00::1]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[::ffff:10.0.0.1]", "[::ffff:192.168.1.1]", "[64:ff9b::127.0.0.1]",
    "[64:ff9b::a00:1]", "[64:ff9b:1::1]", "[2002:7f00:1::]", "[2002:a00:1::1]", "[2002:c0a8:101::1]",
]  # fmt: skip

NEVER = [
    "0.0.0.0", "169.254.169.254", "169.254.0.1", "224.0.0.1", "239.255.255.255", "255.255.255.255", "[::]", "[fe80::1]",
    "[febf::1]", "[ff02::1]", "[ff0e::1]", "[::ffff:169.254.169.254]", "[::ffff:0.0.0.0]", "[64:ff9b::a9fe:a9fe]",
    "[2002:a9fe:a9fe::]",
]  # fmt: skip


def test_there_are_enough_of_them():
    assert len({*NOT_AN_ADDRESS, *ODD_HOSTS, *PRIVATE, *NEVER}) > 160


@pytest.fixture
def nobody_asks(monkeypatch):
    """A resolver that must not be needed."""
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("a name server was asked"))


@pytest.mark.parametrize("url", NOT_AN_ADDRESS)
@pytest.mark.usefixtures("nobody_asks")
def test_what_is_no_plain_address_is_refused_unasked(url):
    for allow_private in (False, True):
        if allow_private and url.lower().startswith("http://"):
            continue  # judged by where it leads, below
        with pytest.raises(InvalidInput) as refused:
            pin(url, allow_private=allow_private)
        assert "password" not in refused.value.message.replace("or a password in it", "")


@pytest.mark.parametrize("host", ODD_HOSTS)
@pytest.mark.usefixtures("nobody_asks")
def test_a_host_that_programs_could_read_differently_is_refused_unasked(host):
    with pytest.raises(InvalidInput):
        pin(f"https://{host}/", allow_private=True)
    with pytest.raises(InvalidInput):
        pin(f"https://{host}:8443/x", allow_private=True)


@pytest.mark.parametrize("host", PRIVATE)
def test_addresses_that_are_not_public_need_permission(host):
    with pytest.raises(InvalidInput, match="private network") as refused:
        Outgoing().request("GET", f"https://{host}/secret-path")
    assert "KEYHOLE_ALLOW_PRIVATE_ADDRESSES" in refused.value.hint
    assert "secret-path" not in f"{refused.value} {refused.value.hint}"
    assert pin(f"https://{host}/", allow_private=True).addresses


@pytest.mark.parametrize("host", NEVER)
def test_addresses_that_are_never_opened(host):
    for allow_private in (False, True):
        with pytest.raises(InvalidInput) as refused:
            Outgoing(allow_private=allow_private).request("GET", f"https://{host}/")
        assert "KEYHOLE_ALLOW" not in refused.value.hint


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "140.82.121.6", "2606:50c0:8000::153", "2001:4860:4860::8888", "64:ff9b::808:808"]
)
def test_public_addresses_pass(address):
    host = f"[{address}]" if ":" in address else address
    assert pin(f"https://{host}/x").addresses == (address,)
    assert pin(f"https://{host}/x").curl_resolve == ""


def test_a_mapped_address_is_connected_to_as_what_it_is():
    assert pin("https://[::ffff:8.8.8.8]/").addresses == ("8.8.8.8",)


def resolver(*answers):
    """Answers one list after the other, then the last one for ever."""
    left = list(answers)
    asked = []

    def ask(host, port, **_):
        asked.append(host)
        found = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    ask.asked = asked
    return ask


@pytest.mark.parametrize(
    "bad",
    ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1", "fe80::1%eth0", "64:ff9b::7f00:1"],
)
def test_u6_one_bad_address_among_good_ones_spoils_the_name(monkeypatch, bad):
    for answer in ([bad], ["8.8.8.8", bad], [bad, "8.8.8.8"]):
        monkeypatch.setattr(addresses.socket, "getaddrinfo", resolver(answer))
        with pytest.raises(InvalidInput, match=r"rebind\.example leads to"):
            pin("https://rebind.example/")


def test_u6_the_name_is_looked_up_once_and_what_was_checked_is_pinned(monkeypatch):
    ask = resolver(["8.8.8.8", "1.1.1.1"], ["127.0.0.1"])
    monkeypatch.setattr(addresses.socket, "getaddrinfo", ask)
    pinned = pin("https://Rebind.Example:8443/x")
    assert ask.asked == ["rebind.example"]
    assert pinned.curl_resolve == "rebind.example:8443:8.8.8.8,1.1.1.1"
    assert pinned.authority == "rebind.example:8443"
    assert "/x" not in repr(pinned)


@pytest.mark.parametrize(
    "problem",
    [
        socket.gaierror(-2, "Name or service not known"),
        socket.gaierror(-3, "SERVFAIL"),
        UnicodeError("label"),
    ],
)
def test_u6_a_name_without_an_address(monkeypatch, problem):
    def ask(*_, **__):
        raise problem

    monkeypatch.setattr(addresses.socket, "getaddrinfo", ask)
    with pytest.raises(CannotLookUp, match=r"nowhere\.example cannot be looked up"):
        pin("https://nowhere.example/")


def test_u6_a_resolver_that_hangs_does_not_hold_us(monkeypatch):
    import threading

    hang = threading.Event()
    monkeypatch.setattr(addresses, "_LOOK_UP_SECONDS", 0.01)

    def ask(*_, **__):
        hang.wait(20)
        return []

    monkeypatch.setattr(addresses.socket, "getaddrinfo", ask)
    with pytest.raises(CannotLookUp):
        pin("https://slow.example/")
    hang.set()


@pytest.mark.parametrize(
    ("answer", "fine"),
    [
        (["127.0.0.1"], True),
        (["127.0.0.1", "::1"], True),
        (["10.0.0.1"], False),
        (["8.8.8.8"], False),
        (["127.0.0.1", "8.8.8.8"], False),
    ],
)
def test_without_tls_only_this_machine_and_only_where_allowed(monkeypatch, answer, fine):
    monkeypatch.setattr(addresses.socket, "getaddrinfo", resolver(answer))
    with pytest.raises(InvalidInput, match="https"):
        pin("http://sandbox.example/")
    if fine:
        assert pin("http://sandbox.example/", allow_private=True).port == 80
    else:
        with pytest.raises(InvalidInput, match="https"):
            pin("http://sandbox.example/", allow_private=True)


def test_an_address_that_is_a_secret_is_in_no_error():
    for url in (
        "https://10.0.0.1/services/T0/B0/SECRETPART",
        "https://user@x.example/SECRETPART",
        "ftp://x/SECRETPART",
    ):
        with pytest.raises(InvalidInput) as refused:
            Outgoing().request("POST", Secret(url))
        assert "SECRETPART" not in f"{refused.value} {refused.value.hint} {refused.value.__cause__}"
