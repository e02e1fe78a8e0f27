"""Sealed upstream credentials: connect, watch, rotate, remove."""
