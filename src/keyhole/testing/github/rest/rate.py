"""How much may still be asked; asking this does not count."""

from __future__ import annotations

from typing import Any

from keyhole.testing.github.answers import Source
from keyhole.testing.github.call import Call
from keyhole.testing.github.registry import answers

_OTHERS = {"search": 30, "graphql": 5000, "code_search": 10}


@answers("rate-limit/get", source=Source.DOCUMENTED)
def rate_limit(call: Call) -> dict[str, Any]:
    """The limits of who asks. Only the core one is counted here."""
    core = call.meters.state(call.actor, call.address, call.world.now())
    others = {
        name: {"limit": n, "used": 0, "remaining": n, "reset": core["reset"]} for name, n in _OTHERS.items()
    }
    return {"resources": {"core": core, **others}, "rate": core}
