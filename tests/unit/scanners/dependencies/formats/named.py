"""What a reader finds in a text, in the short form that tests compare, and texts as the tools write them."""

from __future__ import annotations

import json
from pathlib import Path

from keyhole.core.library import Relation

SAMPLES = Path(__file__).with_name("samples")
"""Files named `<module of the format>.<what is special>.txt`, as each tool would write them; made up, all of them."""


def named(read, content):
    text = content if isinstance(content, bytes) else content.encode()
    return [(each.ecosystem, each.name, each.version) for each in read(text)]


def sample(name):
    return (SAMPLES / f"{name}.txt").read_bytes()


_SHORT = {Relation.DIRECT: "direct", Relation.TRANSITIVE: "transitive", Relation.UNKNOWN: "unknown"}


def told(read, content, **manifests):
    """Name and version -> relation, path, and whether for developing, in words."""
    text = json.dumps(content) if isinstance(content, dict) else content
    given = {name: [each.encode()] for name, each in manifests.items()}
    found = list(read(text.encode(), given) if given else read(text.encode()))
    return {
        f"{each.name} {each.version}": " ".join(
            (
                _SHORT[each.relation],
                *(["by", " > ".join(each.via)] if each.via else []),
                *(["dev"] if each.dev else []),
            )
        )
        for each in found
    }
