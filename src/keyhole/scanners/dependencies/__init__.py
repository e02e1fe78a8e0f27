"""Packages that a repository uses, read from its lock files, and the advisories about them."""
