"""Advisories about packages: fetched from OSV or read from files, and kept in one index for scans."""
