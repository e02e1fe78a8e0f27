"""GitHub's JSON shapes: pure functions from values to plain data."""
