"""Telling people and systems what happened: rules, channels, deliveries."""
