"""The audit log: append-only, hash-chained, written before anything is done. If it cannot be written, nothing is."""
