"""Rebuilds the reference instance from the tables in `sources`."""
