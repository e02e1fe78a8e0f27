"""Scanners: each a pure function of the unique objects of a repository, run in a child that can be killed.

`child.run` is the way in for everybody; `registry` finds the scanners; `locate` finds the repository below a path.
"""
