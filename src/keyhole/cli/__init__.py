"""The command line: one file per command, found by name; thin over the same services as the web."""
