"""Environments and policies: by which measure the findings of a scan are judged."""
