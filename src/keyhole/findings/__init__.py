"""Findings through their life: what is open, since when, and what was decided about it."""
