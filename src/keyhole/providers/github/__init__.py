"""GitHub as an upstream: GitHub.com, GitHub Enterprise Server, and the sandbox, through one client."""
