"""How much a scan may take."""

from __future__ import annotations

from typing import NamedTuple


class Limits(NamedTuple):
    """How much a scan may take. Whatever is cut off by one of these makes the result incomplete, with the reason."""

    seconds: float = 1800.0
    """Wall time for everything."""
    memory_bytes: int = 512 << 20
    """Private memory of each process of the scan (RLIMIT_DATA)."""
    objects: int = 10_000_000
    """Unique objects listed."""
    object_bytes: int = 256 << 20
    """Largest object that is read."""
    total_bytes: int = 64 << 30
    """Sum of the sizes of all objects read."""
    findings: int = 10_000
    """Different findings kept."""
    sites: int = 500_000
    """Places kept, of all findings together, before they are turned into commits and paths."""
    archive_bytes: int = 128 << 20
    """Unpacked bytes of one archive, all archives inside it included."""
    archive_ratio: int = 250
    """How many times its own size an archive may become, once that is more than 16 MiB."""
    archive_members: int = 20_000
    """Files of one archive, those of all archives inside it included."""
    archive_depth: int = 4
    """Archives and compressed files inside each other."""
    archive_size: int = 64 << 20
    """Largest archive that is opened, as it is stored."""
    history_lines: int = 20_000_000
    """Changed paths of history read to find the commits of findings."""
