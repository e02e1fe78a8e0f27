"""Telling people what happened, at the places that they have chosen.

Other rooms use `publish` and `Event`, and nothing else of this one.
"""
