"""Code scans: what was asked, how it runs, what it found."""
