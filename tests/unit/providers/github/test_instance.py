"""Which GitHub an address leads to."""

from __future__ import annotations

import pytest

from keyhole.core.errors import InvalidInput
from keyhole.providers.github.instance import GITHUB_COM, Instance, InstanceKind, instance_at
from keyhole.providers.outgoing import Outgoing, Unreachable
from tests.unit.providers.github.kit import OUT, answer
from tests.unit.providers.http_kit import said, serving

pytestmark = pytest.mark.loopback

COM = [
    "",
    " ",
    "github.com",
    "GitHub.com",
    "https://github.com",
    "https://github.com/",
    "http://github.com",
    "www.github.com",
    "api.github.com",
    "https://api.github.com/",
    "github.com:443",
    "https://github.com/api/v3",
]


@pytest.mark.parametrize("address", COM)
def test_github_com_is_known_without_asking(address):
    assert instance_at(address, Outgoing()) == GITHUB_COM


def test_data_residency_is_known_without_asking():
    expected = Instance(InstanceKind.GITHUB_COM, "https://octocorp.ghe.com", "https://api.octocorp.ghe.com")
    for address in ("octocorp.ghe.com", "https://api.octocorp.ghe.com", "https://OctoCorp.ghe.com/"):
        assert instance_at(address, Outgoing()) == expected


WRONG = [
    "https://github.com/octo/app",
    "https://user:password@github.com",
    "https://x@octo.ghe.com",
    "https://[::1",
    "ftp://github.example.com",
    "https://github.example.com/api/v4",
    "https://h:x/",
    "https://",
    "github.example.com?x",
    "https://h.example#x",
    "a b",
]


@pytest.mark.parametrize("address", WRONG)
def test_what_is_no_address_of_a_github_is_refused_without_asking(address):
    with pytest.raises(InvalidInput):
        instance_at(address, Outgoing())


DESCRIBED = [
    (answer(200, {"installed_version": "3.17.2"}), InstanceKind.ENTERPRISE, "3.17.2"),
    (answer(200, {"keyhole_sandbox": True, "installed_version": "3.17.2"}), InstanceKind.SANDBOX, ""),
    (
        answer(401, {"message": "Must authenticate"}, X_GitHub_Enterprise_Version="enterprise-server@3.9.0"),
        InstanceKind.ENTERPRISE,
        "3.9.0",
    ),
    (answer(401, {"documentation_url": "https://docs.github.com/x"}), InstanceKind.ENTERPRISE, ""),
]


@pytest.mark.parametrize(("text", "kind", "version"), DESCRIBED)
def test_others_are_asked_once_and_without_a_credential(text, kind, version):
    with serving(text) as server:
        for address in (server.url, f"{server.url}/", f"{server.url}/api/v3/"):
            found = instance_at(address, OUT)
            assert found == Instance(kind, server.url, f"{server.url}/api/v3", version)
        assert found.name == f"localhost:{server.port}"
    assert all(request.startswith(b"GET /api/v3/meta HTTP/1.1\r\n") for request in server.requests)
    assert b"authorization" not in b"".join(server.requests).lower()


NOT_GITHUB = [
    said(200, b"<html>"),
    answer(200, {"verifiable_password_authentication": False}),
    answer(200, {"keyhole_sandbox": "true"}),
    answer(200, {"installed_version": "<script>"}),
    answer(404, {"message": "Not Found"}),
    answer(500),
    said(200, b"[" * 100_000),
]


@pytest.mark.parametrize("text", NOT_GITHUB)
def test_another_server_is_not_taken_for_a_github(text):
    with serving(text) as server, pytest.raises(InvalidInput, match="does not answer as a GitHub"):
        instance_at(server.url, OUT)


def test_u4_a_server_that_sends_us_on_is_told_and_not_followed():
    elsewhere = said(301, b"", Location="https://other.example/api/v3/meta")
    with serving(elsewhere) as server, pytest.raises(InvalidInput, match=r"other\.example"):
        instance_at(server.url, OUT)
    assert server.connections == 1


def test_nothing_there():
    with serving(b"") as server:
        pass
    with pytest.raises(Unreachable):
        instance_at(server.url, OUT)
    with pytest.raises(InvalidInput, match="private network"):
        instance_at(server.url.replace("http:", "https:"), Outgoing())
