"""Upstreams that repositories come from: one file per kind."""
