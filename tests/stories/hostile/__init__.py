"""Repositories that were made to do harm, built when they are needed: small on disk, and each of another kind."""
