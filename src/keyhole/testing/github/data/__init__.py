"""Digests of published descriptions; each says where it is from."""
