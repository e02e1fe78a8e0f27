"""The second stage: passwords, connection strings and other credentials that no provider gave a format.

It sees only what the fast pass noticed, a name such as `password` and something that is assigned to it, and decides by
what the name says (`names`), by what the value looks like (`values`) and by how little that looks like words (`model`).
"""
