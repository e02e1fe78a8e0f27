"""One module for each kind of thing; each has a `router`, and is found by walking the package."""
