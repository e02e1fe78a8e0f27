"""The register of external systems: every tool that holds one of our tokens."""
