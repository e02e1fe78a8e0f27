"""Small parts of the front: which paths are the gateway's, bodies under limits, reports, places."""

from __future__ import annotations

import asyncio
import gzip

import pytest

from keyhole.core.canonical import Target
from keyhole.core.errors import MalformedRequest
from keyhole.gateway import body as bodies
from keyhole.gateway.app import claims
from keyhole.gateway.body import Body, ClientGone
from keyhole.gateway.errors import PayloadTooLarge, RequestTimeout, TooBusy, UnsupportedMediaType
from keyhole.gateway.git import protocol_version
from keyhole.gateway.http import HttpRequest
from keyhole.gateway.inflate import inflated
from keyhole.gateway.pktline import packets
from keyhole.gateway.places import Places
from keyhole.gateway.push import Command, Push
from keyhole.gateway.report import Outcome, all_refused, encoded


@pytest.mark.parametrize(
    "path",
    [
        b"/api/v3",
        b"/api/v3/user",
        b"//api/v3/user",
        b"/API/v3/user",
        b"/api%2fv3/user",
        b"/o/r.git",
        b"/o/r.git/HEAD",
        b"/o/r/info/refs",
        b"/o/r/git-upload-pack",
        b"/o/r%2egit/info/refs",
        b"/o/r.GIT/config",
        b"*",
        b"",
        b"/api/graphql",
        b"/x/y/z/git-receive-pack",
    ],
)
def test_the_gateway_claims(path):
    assert claims(path)


@pytest.mark.parametrize(
    "path", [b"/", b"/tokens", b"/static/x.css", b"/api", b"/apiv3", b"/o/r", b"/o/gitx/info"]
)
def test_pages_keep(path):
    assert not claims(path)


def _body(*chunks: bytes, declared: int | None = None, gone: bool = False) -> Body:
    messages = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    messages.append(
        {"type": "http.disconnect"} if gone else {"type": "http.request", "body": b"", "more_body": False}
    )

    async def receive():
        return messages.pop(0)

    return Body(receive, declared)


def _request(body: Body, encoding: str = "") -> HttpRequest:
    headers = ((b"content-encoding", encoding.encode()),) if encoding else ()
    return HttpRequest("POST", Target((), ()), headers, "", body)


def _inflated(body: Body, limit: int, encoding: str = "gzip") -> bytes:
    async def read():
        return b"".join([piece async for piece in inflated(_request(body, encoding), limit)])

    return asyncio.run(read())


def test_a_body_is_read_in_order_up_to_its_limit():
    assert asyncio.run(_body(b"ab", b"cd").read(4)) == b"abcd"
    with pytest.raises(PayloadTooLarge):
        asyncio.run(_body(b"ab", b"cd").read(3))
    with pytest.raises(PayloadTooLarge):
        asyncio.run(_body(declared=5).read(4))


@pytest.mark.parametrize("declared", [3, 5])
def test_G14_a_length_that_is_not_true(declared):
    with pytest.raises(MalformedRequest):
        asyncio.run(_body(b"ab", b"cd", declared=declared).read(100))


def test_G14_a_client_that_goes_away_in_the_middle():
    with pytest.raises(ClientGone):
        asyncio.run(_body(b"ab", gone=True).read(100))


def test_L1_a_body_that_does_not_come(monkeypatch):
    monkeypatch.setattr(bodies, "PATIENCE", 0.05)

    async def never():
        await asyncio.Event().wait()

    with pytest.raises(RequestTimeout):
        asyncio.run(Body(never).read(10))


def test_L1_a_body_that_dribbles_is_given_up_though_it_never_falls_silent(monkeypatch):
    monkeypatch.setattr(bodies, "PATIENCE", 0.1)

    async def dribble():
        await asyncio.sleep(0.03)
        return {"type": "http.request", "body": b"a", "more_body": True}

    with pytest.raises(RequestTimeout):
        asyncio.run(Body(dribble).read(1000))


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 65537, 131072, 1_000_000])
def test_G13_gzip_of_any_size_in_pieces(size):
    sent = gzip.compress(bytes(size))
    assert _inflated(_body(*[sent[at : at + 7] for at in range(0, len(sent), 7)]), 1_000_000) == bytes(size)


def test_G13_inflated_bytes_are_what_is_limited():
    with pytest.raises(PayloadTooLarge):
        _inflated(_body(gzip.compress(bytes(1_000_001))), 1_000_000)


_ZIPPED = gzip.compress(b"a", mtime=0)


@pytest.mark.parametrize("sent", [_ZIPPED[:-1], _ZIPPED + b"x", _ZIPPED * 2, b"", b"a"])
def test_G13_broken_gzip(sent):
    with pytest.raises(MalformedRequest):
        _inflated(_body(sent), 100)


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "identity", "gzip, gzip", "gzip,", "GZIPX"])
def test_G13_other_encodings(encoding):
    with pytest.raises(UnsupportedMediaType):
        _inflated(_body(b"a"), 100, encoding)


@pytest.mark.parametrize(
    ("header", "version"),
    [
        ("", 0),
        ("version=0", 0),
        ("version=1", 1),
        ("version=2", 2),
        ("version=3", 0),
        ("version=2:version=1", 0),
        ("version=22", 0),
        ("version=2\n", 0),
        ("x" * 10_000, 0),
    ],
)
def test_G4_one_reading_of_the_protocol_version(header, version):
    assert protocol_version(header) == version


def _push(*capabilities: str) -> Push:
    commands = (Command("0" * 40, "a" * 40, "refs/heads/a"), Command("0" * 40, "a" * 40, "refs/heads/b"))
    return Push(commands, frozenset(capabilities), "sha1")


def test_a_report_on_the_sideband():
    sent = encoded(
        _push("report-status", "side-band-64k"),
        all_refused(_push(), "as a whole", because_of={"refs/heads/b": "why"}, messages=("hello",)),
    )
    first, second, flush = packets(sent)
    assert first.data == b"\x02hello\n"
    assert [line.data for line in packets(second.data[1:])] == [
        b"unpack ok\n",
        b"ng refs/heads/a as a whole\n",
        b"ng refs/heads/b why\n",
        b"",
    ]
    assert flush.data == b""


def test_a_report_without_sideband_and_none_at_all():
    assert [line.data for line in packets(encoded(_push("report-status-v2"), Outcome()))] == [
        b"unpack ok\n",
        b"ok refs/heads/a\n",
        b"ok refs/heads/b\n",
        b"",
    ]
    assert encoded(_push(), Outcome()) == b""


def test_G10_no_reason_can_forge_a_line_of_the_report():
    sent = encoded(_push("report-status"), all_refused(_push(), "x\nok refs/heads/a\n\x1b[2J"))
    assert [line.data.count(b"\n") for line in packets(sent)] == [1, 1, 1, 0]
    assert b"\x1b" not in sent


def test_L4_who_finds_no_place_waits_and_who_finds_no_queue_is_told():
    async def story():
        places, release, order = Places(1, 1, 5.0), asyncio.Event(), []

        async def hold(name):
            async with places.one():
                order.append(name)
                await release.wait()

        first, second = asyncio.create_task(hold("first")), asyncio.create_task(hold("second"))
        for _ in range(5):
            await asyncio.sleep(0)
        with pytest.raises(TooBusy):
            await hold("third")
        release.set()
        await asyncio.gather(first, second)
        return order

    assert asyncio.run(story()) == ["first", "second"]


def test_L4_nobody_waits_for_ever():
    async def story():
        places = Places(1, 5, 0.05)
        async with places.one():
            with pytest.raises(TooBusy):
                async with places.one():
                    pass
        async with places.one():  # the place that nobody got is there again
            return True

    assert asyncio.run(story())
