"""Writing git for REST: objects first, then one ref moved with the value it must have had; no JSON and no HTTP."""
