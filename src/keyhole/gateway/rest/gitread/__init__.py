"""Reading git for REST answers: bytes in, frozen values out, no JSON and no HTTP.

Every function takes a git directory and names that were validated before: object ids are hexadecimal, refs are
well formed. Time and size of every process are limited.
"""
