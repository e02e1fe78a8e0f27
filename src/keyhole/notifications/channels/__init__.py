"""Kinds of channels: one file each, found by walking this package. `interface.py` says what one is."""
