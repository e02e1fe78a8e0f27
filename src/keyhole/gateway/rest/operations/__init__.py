"""One file per family of operations; `registry.registered` finds them by walking this package."""
