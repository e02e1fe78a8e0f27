"""People, the owners that repositories belong to, and who may do what in Keyhole."""
