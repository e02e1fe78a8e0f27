"""Addresses that GitHub no longer documents but still answers, and that clients still ask for.

They are read as the documented operation that took their place, before anything is resolved or judged, so there is
no second way to the same data with a verdict of its own.
"""

from __future__ import annotations


def documented(method: str, segments: tuple[str, ...]) -> tuple[str, ...]:
    """The path as it is documented today; the same segments where it always was."""
    if method not in ("GET", "HEAD") or segments[:1] != ("repos",) or len(segments) < 5:
        return segments
    place, below = segments[:3], segments[3:]
    if below[:2] == ("git", "refs"):
        return (*place, "git", "ref", *below[2:]) if len(below) > 2 else (*place, "git", "matching-refs")
    if below[0] == "statuses" and len(below) == 2:
        return (*place, "commits", below[1], "statuses")
    return segments
