"""Keyhole's own API for programs, at /api/keyhole/v1: thin endpoints over the services that the pages use too."""
