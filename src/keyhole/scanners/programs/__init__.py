"""Scanners that are programs of their own: found, started in a sandbox, and never believed without proof."""
