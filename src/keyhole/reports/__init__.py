"""Reports about scans and findings: files, shared links, mail, and evidence."""
