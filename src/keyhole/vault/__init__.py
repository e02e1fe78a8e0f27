"""Upstream credentials and other secrets, sealed."""
