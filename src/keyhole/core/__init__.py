"""The pure core: what a token is, what a request is, and the one place that says yes."""
