"""Backups: everything that Keyhole keeps in one file that only its owner can open, and back again."""
