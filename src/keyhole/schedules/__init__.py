"""Code scans that run by themselves: at times, or when something was pushed."""
