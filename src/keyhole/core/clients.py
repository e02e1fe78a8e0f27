"""Telling clients apart by their addresses, for counting what each of them does."""

from __future__ import annotations

import ipaddress


def network(address: str) -> str:
    """The network of one client: the address, or of IPv6 the 64 bits that one client has 2^64 addresses under."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if found.version == 6:
        return ipaddress.ip_network((found, 64), strict=False).network_address.compressed
    return found.compressed
