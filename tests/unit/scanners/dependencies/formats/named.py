"""What a reader finds in a text, in the short form that tests compare, and texts as the tools write them."""

from __future__ import annotations

from pathlib import Path

SAMPLES = Path(__file__).with_name("samples")
"""Files named `<module of the format>.<what is special>.txt`, as each tool would write them; made up, all of them."""


def named(read, content):
    text = content if isinstance(content, bytes) else content.encode()
    return [(each.ecosystem, each.name, each.version) for each in read(text)]


def sample(name):
    return (SAMPLES / f"{name}.txt").read_bytes()
