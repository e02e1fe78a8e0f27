"""Objects read straight from git's pack files, each delta's base once, by several processes.

git answers one object at a time and inflates a base again for many of its deltas. Here a base stays in memory while
everything that was stored as a difference from it is made, so that each stored byte is inflated once. Only packs
that are exactly as documented are read so; whatever else there is, git reads.
Source: gitformat-pack(5).
"""
