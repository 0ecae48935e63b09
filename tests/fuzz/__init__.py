"""Hostile input: every instance is read, or refused with faults. `python -m fuzz.run` goes on for longer."""
