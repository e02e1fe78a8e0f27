"""Formats of reports: one module each, found by walking this package."""
