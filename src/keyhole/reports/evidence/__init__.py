"""Evidence packs: what shows somebody else, without this Keyhole, how a scan was done and what it found."""
