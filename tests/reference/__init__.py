"""The reference instance and its kin."""
