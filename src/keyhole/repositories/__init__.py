"""What is connected: repositories by immutable id, with the names they have and had."""
