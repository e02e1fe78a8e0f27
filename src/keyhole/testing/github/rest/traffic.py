"""Traffic: nobody visits the sandbox's repositories."""

from __future__ import annotations

from typing import Any

from keyhole.testing.github.call import Call
from keyhole.testing.github.registry import answers


@answers("repos/get-clones", "repos/get-views")
def counts(call: Call) -> dict[str, Any]:
    """None."""
    return {"count": 0, "uniques": 0, "clones" if call.rule.id == "repos/get-clones" else "views": []}
