"""Keyhole: fine-grained tokens for Git repositories, a gateway that enforces them, and code scans."""

__version__ = "0.1.0"
