"""What a GitHub token can do, found out by requests that change nothing."""
