"""A kit for tests, Keyhole's own and other projects'."""
