"""Which GitHub an address leads to, as far as a plan depends on it."""

from __future__ import annotations

import pytest

from keyhole.core.errors import InvalidInput
from keyhole.planner.server import GITHUB_COM, assumed, called, is_github_com, prefills, server_at
from keyhole.providers.github.instance import InstanceKind
from keyhole.providers.outgoing import Outgoing
from keyhole.testing.github import GitHub

OUTGOING = Outgoing(allow_private=True, timeout=5)


@pytest.mark.parametrize("address", ["", "github.com", "https://github.com/", " GitHub.com "])
def test_github_com_is_known_without_asking(address):
    assert is_github_com(address)
    assert server_at(address, OUTGOING).instance == GITHUB_COM
    assert called(GITHUB_COM) == "GitHub.com"
    assert prefills(GITHUB_COM)


@pytest.mark.loopback
def test_a_sandbox_says_what_it_is_and_takes_the_link():
    with GitHub() as github:
        found = server_at(github.url, OUTGOING)
        assert found.instance.kind is InstanceKind.SANDBOX
        assert prefills(found.instance)
        assert called(found.instance) == "the sandbox"
        assert found.doubt == ""


@pytest.mark.loopback
def test_what_does_not_answer_is_planned_for_as_an_enterprise_server_and_the_doubt_is_told():
    with GitHub() as github:
        gone = github.url
    found = server_at(gone, OUTGOING)
    assert found.instance.kind is InstanceKind.ENTERPRISE
    assert "was not reached" in found.doubt
    assert not prefills(found.instance)
    assert called(found.instance) == gone.partition("://")[2]


@pytest.mark.parametrize(
    "address",
    ["", "//", "https://", "a@b.example", "http://[::1", "https://u:p@h.example", "ftp://h.example"],
)
def test_what_is_no_address_is_not_assumed_to_be_one(address):
    with pytest.raises(InvalidInput):
        assumed(address, "")
    assert assumed("ghe.example", "was not asked.").instance.api == "https://ghe.example/api/v3"
