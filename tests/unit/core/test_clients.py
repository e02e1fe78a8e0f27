"""One client is one network, however it writes its address, and nonsense is nobody in particular."""

from __future__ import annotations

import pytest

from keyhole.core.clients import network


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.9", "192.0.2.9"),
        ("2001:db8:0:1::5", "2001:db8:0:1::"),
        ("2001:0DB8:0000:0001:ffff:ffff:ffff:ffff", "2001:db8:0:1::"),
        ("", "unknown"),
        ("tide.example", "unknown"),
        ("192.0.2.9, 10.0.0.1", "unknown"),
    ],
)
def test_a_client_is_its_network(address, expected):
    assert network(address) == expected


def test_neighbours_in_other_networks_are_other_clients():
    assert network("2001:db8:0:1::1") != network("2001:db8:0:2::1")
    assert network("192.0.2.9") != network("192.0.2.10")
