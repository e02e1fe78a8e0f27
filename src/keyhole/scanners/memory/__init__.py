"""What a scan leaves for the next one of the same repository."""
