"""Tests of reading and checking instances."""
